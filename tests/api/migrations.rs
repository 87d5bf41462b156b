//! Versions serve side by side during a rolling restart: what the newest release did not have yet only adds.

use std::collections::HashSet;

use sqlparser::ast::{AlterTableOperation, ColumnOption, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// The last migration of the release that `scripts/previous-release` builds. Moves with it.
const RELEASED: i64 = 6;

/// Whether the release before, which knows nothing of what a statement does, works on as if it had not been done. It may
/// not fill a new column, and a row of its own must not be refused.
fn only_adds(statement: &Statement, new_tables: &mut HashSet<String>) -> bool {
    match statement {
        Statement::CreateTable(table) => new_tables.insert(table.name.to_string()),
        Statement::CreateIndex(index) => !index.unique || new_tables.contains(&index.table_name.to_string()),
        Statement::AlterTable(table) => table.operations.iter().all(|operation| {
            let AlterTableOperation::AddColumn { column_def, .. } = operation else { return false };
            let has = |wanted: fn(&ColumnOption) -> bool| column_def.options.iter().any(|one| wanted(&one.option));
            let may_be_left_out = !has(|option| matches!(option, ColumnOption::NotNull))
                || has(|option| matches!(option, ColumnOption::Default(_)));
            may_be_left_out && !has(|option| matches!(option, ColumnOption::Check(_) | ColumnOption::Unique(_)))
        }),
        _ => false,
    }
}

fn all_only_add(sql: &str, new_tables: &mut HashSet<String>) -> Vec<String> {
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
    assert!(!statements.is_empty());
    statements.iter().filter(|one| !only_adds(one, new_tables)).map(ToString::to_string).collect()
}

#[test]
fn what_the_newest_release_does_not_have_only_adds() {
    let mut new_tables = HashSet::new();
    let migrator = sqlx::migrate!();
    let new: Vec<_> = migrator.iter().filter(|migration| migration.version > RELEASED).collect();
    assert!(!new.is_empty());
    for migration in new {
        let others = all_only_add(migration.sql.as_str(), &mut new_tables);
        assert!(others.is_empty(), "{}: {others:?}", migration.description);
    }
}

#[test]
fn what_would_stop_the_release_before_is_found() {
    for wrong in [
        "drop table payments",
        "alter table payments drop column reason",
        "alter table payments add column reason text not null",
        "alter table payments add column reason text unique",
        "alter table payments rename column reason to cause",
        "alter table payments alter column reason set not null",
        "alter table payments add constraint positive check (amount > 0)",
        "create unique index one on payments (merchant_order_id)",
        "update payments set reason = ''",
    ] {
        assert_eq!(all_only_add(wrong, &mut HashSet::new()).len(), 1, "{wrong}");
    }
    let right = "create table t (a int not null); create unique index one on t (a);
        alter table payments add column reason text not null default '';
        alter table payments add column cause text; create index two on payments (cause);";
    assert_eq!(all_only_add(right, &mut HashSet::new()), [""; 0]);
}
