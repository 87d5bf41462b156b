//! Every statement is about one organization, in each of its parts: that is what lets a database on several machines send
//! it to one of them, whole. It is read with a parser, so that an `or`, a subquery or a join cannot hide a table.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use sqlparser::ast::{
    Assignment, BinaryOperator, ConflictTarget, Expr, FromTable, Insert, JoinConstraint, JoinOperator,
    OnConflictAction, OnInsert, Query, SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableObject,
    TableWithJoins, UpdateTableFromKind, Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::{COLUMN, listed};
use crate::statements::{sources, statements};
use crate::support::TestApp;

/// Statements about several organizations: where they are, what they all have, and why that is right.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    ("due.rs", "select", "asks which organizations have something due, and locks nothing: see below"),
    ("backlog.rs", "limit $", "counts what waits, of all organizations, and locks nothing: see below"),
    ("shared.rs", "unnest($1::uuid[], $2::uuid[]", "never sent where organizations are on several machines"),
    ("mod.rs", "pg_extension", "asks the catalog"),
    ("mod.rs", "pg_sleep", "asks the server about itself"),
    ("mod.rs", "_sqlx_migrations", "asks which schema it is, when a server starts"),
];

/// What a part of a statement can see.
#[derive(Default)]
struct Scope {
    tables: Vec<Seen>,
}

struct Seen {
    name: String,
    from: From,
    /// Whether its rows are known to be of one organization.
    held: bool,
}

#[derive(PartialEq, Eq)]
enum From {
    /// A table.
    Table,
    /// What another part gives, which was looked at where it stands.
    Part,
    /// Parameters, which can be of any organization.
    Rows,
}

/// Looks at a statement; what is wrong with it.
struct Reader {
    /// Names of `with`, which were looked at where they stand.
    named: BTreeSet<String>,
    tables: BTreeSet<String>,
    functions: BTreeSet<String>,
    wrong: Vec<String>,
}

fn parsed(sql: &str) -> Vec<Statement> {
    // Two locks that the parser does not know.
    let sql = sql.replace("for no key update", "for update").replace("for key share", "for share");
    Parser::parse_sql(&PostgreSqlDialect {}, &sql).unwrap_or_else(|error| panic!("{error}:\n{sql}"))
}

/// What is wrong with a statement, and the functions that it calls.
fn read(sql: &str) -> (Vec<String>, BTreeSet<String>) {
    let parsed = parsed(sql);
    let mut reader =
        Reader { named: BTreeSet::new(), tables: BTreeSet::new(), functions: BTreeSet::new(), wrong: Vec::new() };
    for statement in &parsed {
        let _ = statement.visit(&mut Functions(&mut reader.functions));
        reader.statement(statement, &[]);
    }
    let reference = listed("reference");
    let known = [listed("distributed"), reference.clone()].concat();
    let (of_all, of_one): (Vec<_>, Vec<_>) =
        reader.tables.iter().partition(|table| reference.contains(&table.as_str()));
    if !of_all.is_empty() && !of_one.is_empty() {
        reader.wrong.push("a table that is everywhere is read together with one that is not".into());
    }
    for table in reader.tables.iter().filter(|table| !known.contains(&table.as_str())) {
        reader.wrong.push(format!("{table} is not in deploy/citus.sql"));
    }
    (reader.wrong, reader.functions)
}

struct Functions<'a>(&'a mut BTreeSet<String>);

impl Visitor for Functions<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expression {
            self.0.insert(function.name.to_string());
        }
        ControlFlow::Continue(())
    }
}

/// The queries that stand directly in a part of a statement.
#[derive(Default)]
struct Inner {
    depth: usize,
    queries: Vec<Query>,
}

impl Visitor for Inner {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.queries.push(query.clone());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

impl Reader {
    fn statement(&mut self, statement: &Statement, outer: &[&Scope]) {
        match statement {
            Statement::Query(query) => self.query(query, outer),
            Statement::Insert(insert) => self.insert(insert, outer),
            Statement::Update(update) => {
                let mut from = vec![&update.table];
                if let Some(UpdateTableFromKind::BeforeSet(more) | UpdateTableFromKind::AfterSet(more)) = &update.from {
                    from.extend(more);
                }
                self.moves_nothing(&update.assignments);
                self.part(update, &from, update.selection.as_ref(), outer);
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                let from: Vec<_> = from.iter().chain(delete.using.iter().flatten()).collect();
                self.part(delete, &from, delete.selection.as_ref(), outer);
            }
            other => self.wrong.push(format!("not known: {other}")),
        }
    }

    fn query(&mut self, query: &Query, outer: &[&Scope]) {
        for with in query.with.iter().flat_map(|with| &with.cte_tables) {
            // A recursive one sees itself.
            self.named.insert(with.alias.name.value.clone());
            self.query(&with.query, outer);
        }
        self.body(&query.body, outer);
    }

    fn body(&mut self, body: &SetExpr, outer: &[&Scope]) {
        match body {
            SetExpr::Select(select) => {
                let from: Vec<_> = select.from.iter().collect();
                self.part(&**select, &from, select.selection.as_ref(), outer);
            }
            SetExpr::Query(query) => self.query(query, outer),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, outer);
                self.body(right, outer);
            }
            SetExpr::Values(values) => self.inner(values, outer),
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
                self.statement(statement, outer);
            }
            other => self.wrong.push(format!("not known: {other}")),
        }
    }

    fn inner(&mut self, part: &impl Visit, outer: &[&Scope]) {
        let mut inner = Inner::default();
        let _ = part.visit(&mut inner);
        for query in &inner.queries {
            self.query(query, outer);
        }
    }

    /// Tables with their condition, and what stands within.
    fn part(&mut self, part: &impl Visit, from: &[&TableWithJoins], condition: Option<&Expr>, outer: &[&Scope]) {
        let (mut scope, mut conditions) = (Scope::default(), Vec::new());
        condition.into_iter().for_each(|condition| all_of(condition, &mut conditions));
        for from in from {
            self.see(&from.relation, &mut scope);
            for join in &from.joins {
                self.see(&join.relation, &mut scope);
                match &join.join_operator {
                    JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) => {
                        all_of(on, &mut conditions);
                    }
                    JoinOperator::CrossJoin(_) => {}
                    other => self.wrong.push(format!("a join that is not known: {other:?}")),
                }
            }
        }
        scope.hold(&conditions, outer);
        for seen in scope.tables.iter().filter(|seen| seen.from == From::Table && !seen.held) {
            self.wrong.push(format!("{} is not held to one organization", seen.name));
        }
        let scopes: Vec<_> = outer.iter().copied().chain([&scope]).collect();
        self.inner(part, &scopes);
    }

    fn see(&mut self, factor: &TableFactor, scope: &mut Scope) {
        let (name, from, held) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let table = name.to_string();
                let seen = alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.clone());
                match self.named.contains(&table) {
                    true => (seen, From::Part, true),
                    false => {
                        self.tables.insert(table.clone());
                        (seen, From::Table, listed("reference").contains(&table.as_str()))
                    }
                }
            }
            TableFactor::Derived { alias, .. } => (alias_of(alias), From::Part, true),
            TableFactor::UNNEST { alias, .. } => (alias_of(alias), From::Rows, false),
            other => return self.wrong.push(format!("not known: {other}")),
        };
        scope.tables.push(Seen { name, from, held });
    }

    fn insert(&mut self, insert: &Insert, outer: &[&Scope]) {
        let TableObject::TableName(name) = &insert.table else { return self.wrong.push("not a table".into()) };
        let table = name.to_string();
        self.tables.insert(table.clone());
        let everywhere = listed("reference").contains(&table.as_str());
        let place = insert.columns.iter().position(|column| column.to_string() == COLUMN);
        if let Some(source) = &insert.source {
            if let SetExpr::Values(values) = &*source.body {
                let mut inner = Inner::default();
                let _ = values.visit(&mut inner);
                if !inner.queries.is_empty() {
                    self.wrong.push("a query within the values of an insert".into());
                }
            }
            self.query(source, outer);
            if !everywhere && !place.is_some_and(|place| comes_from_one(&source.body, place)) {
                self.wrong.push(format!("{table} gets rows that are not of one organization"));
            }
        }
        let Some(OnInsert::OnConflict(conflict)) = &insert.on else { return };
        let columns = match &conflict.conflict_target {
            Some(ConflictTarget::Columns { columns, .. }) => columns.as_slice(),
            _ => &[],
        };
        if !everywhere && !columns.iter().any(|column| column.value == COLUMN) {
            self.wrong.push(format!("a conflict of {table} is not within one organization"));
        }
        if let OnConflictAction::DoUpdate(update) = &conflict.action {
            self.moves_nothing(&update.assignments);
        }
    }

    /// A row stays in its organization.
    fn moves_nothing(&mut self, assignments: &[Assignment]) {
        if assignments.iter().any(|assignment| assignment.target.to_string().split('.').next_back() == Some(COLUMN)) {
            self.wrong.push("moves rows to another organization".into());
        }
    }
}

fn alias_of(alias: &Option<TableAlias>) -> String {
    alias.as_ref().map_or_else(String::new, |alias| alias.name.value.clone())
}

/// The conditions that must all be true.
fn all_of<'a>(condition: &'a Expr, conditions: &mut Vec<&'a Expr>) {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            all_of(left, conditions);
            all_of(right, conditions);
        }
        Expr::Nested(inner) => all_of(inner, conditions),
        other => conditions.push(other),
    }
}

impl Scope {
    /// Notes which tables are held to the organization, by its parameter or by one that is.
    fn hold(&mut self, conditions: &[&Expr], outer: &[&Scope]) {
        while let Some(place) = self
            .tables
            .iter()
            .position(|seen| !seen.held && conditions.iter().any(|condition| self.holds(seen, condition, outer)))
        {
            self.tables[place].held = true;
        }
    }

    fn holds(&self, seen: &Seen, condition: &Expr, outer: &[&Scope]) -> bool {
        let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = condition else { return false };
        let is_its = |side: &Expr| match organization_of(side) {
            Some(Some(of)) => of == seen.name,
            // Without a name, it is that of the only table.
            Some(None) => self.tables.iter().filter(|seen| seen.from == From::Table).count() == 1,
            None => false,
        };
        let is_held = |side: &Expr| match side {
            Expr::Value(value) => value.value == Value::Placeholder("$1".into()),
            _ => organization_of(side).flatten().is_some_and(|of| {
                let mut all = outer.iter().flat_map(|scope| &scope.tables).chain(&self.tables);
                all.any(|other| other.name == of && other.held)
            }),
        };
        (is_its(left) && is_held(right)) || (is_its(right) && is_held(left))
    }
}

/// For the organization's column, the table that is named with it.
fn organization_of(expression: &Expr) -> Option<Option<String>> {
    match expression {
        Expr::Identifier(column) if column.value == COLUMN => Some(None),
        Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|part| part.value == COLUMN) => {
            Some(Some(parts[parts.len() - 2].value.clone()))
        }
        _ => None,
    }
}

/// Whether what a query gives in a place is the organization's parameter, or the column of what is held to it.
fn comes_from_one(body: &SetExpr, place: usize) -> bool {
    let is_one = |expression: &Expr, from_rows: bool| match expression {
        Expr::Value(value) => value.value == Value::Placeholder("$1".into()),
        other => !from_rows && organization_of(other).is_some(),
    };
    match body {
        SetExpr::Values(values) => values.rows.iter().all(|row| row.get(place).is_some_and(|one| is_one(one, true))),
        SetExpr::Select(select) => {
            let from_rows = select.from.iter().any(|from| matches!(from.relation, TableFactor::UNNEST { .. }));
            matches!(select.projection.get(place), Some(SelectItem::UnnamedExpr(one)) if is_one(one, from_rows))
        }
        _ => false,
    }
}

/// Each statement of `src/db` with its file.
fn all() -> Vec<(String, String)> {
    let files = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/db")));
    let read = |file: &Path| {
        let (name, source) =
            (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(file).unwrap());
        statements(&source).into_iter().map(|sql| (name.clone(), sql.to_owned())).collect::<Vec<_>>()
    };
    files.iter().flat_map(|file| read(file)).collect()
}

#[test]
fn every_statement_is_about_one_organization_in_each_part() {
    let (mut used, mut looked_at) = (BTreeSet::new(), 0);
    for (file, sql) in all() {
        let (wrong, _) = read(&sql);
        looked_at += 1;
        let exception = EXCEPTIONS.iter().position(|(of, what, _)| *of == file && sql.contains(what));
        match (wrong.is_empty(), exception) {
            (true, _) => {}
            (false, Some(exception)) => {
                used.insert(exception);
            }
            (false, None) => panic!("{file}: {wrong:?}\n{sql}"),
        }
    }
    assert!(looked_at > 100, "only {looked_at} statements were found");
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception that nothing needs");
}

/// They go to all machines: nothing is changed or locked there.
#[test]
fn what_asks_all_organizations_locks_nothing() {
    for (_, sql) in all().iter().filter(|(file, _)| ["due.rs", "backlog.rs"].contains(&file.as_str())) {
        let parsed = parsed(sql);
        let [Statement::Query(query)] = parsed.as_slice() else { panic!("not a query: {sql}") };
        assert!(query.locks.is_empty() && query.with.is_none() && !sql.contains("for update"), "{sql}");
        assert!(sql.contains("limit $"), "without a limit: {sql}");
    }
}

/// What a function gives must not depend on the machine on which it is called, nor on when.
#[tokio::test]
async fn no_statement_calls_what_differs_from_machine_to_machine() {
    // What the server is itself is asked of the one that is called.
    let of_the_server = |sql: &str| sql.contains("pg_is_in_recovery()") || sql.contains("pg_current_wal_lsn()");
    let of_rows = all().into_iter().filter(|(_, sql)| !of_the_server(sql));
    let functions: BTreeSet<_> = of_rows.flat_map(|(_, sql)| read(&sql).1).collect();
    assert!(functions.contains("coalesce") || functions.contains("jsonb_set"), "{functions:?}");
    let functions: Vec<_> = functions.into_iter().map(|name| name.to_lowercase()).collect();
    // Written like functions, they are none to the database.
    let times = ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];
    assert_eq!(functions.iter().find(|name| times.contains(&name.as_str())), None);
    let app = TestApp::new().await;
    let mutable = "select distinct proname::text from pg_proc where proname = any($1) and provolatile <> 'i'";
    let mutable: Vec<String> = sqlx::query_scalar(mutable).bind(&functions).fetch_all(app.pool()).await.unwrap();
    assert_eq!(mutable, Vec::<String>::new());
}

#[test]
fn each_rule_is_seen_when_it_is_broken() {
    for (sql, expected) in [
        ("select from payments where payment_id = $2", "not held"),
        ("select from payments where organization_id = $1 or payment_id = $2", "not held"),
        ("select from payments where not (organization_id = $1)", "not held"),
        ("select from payments where organization_id = $2", "not held"),
        ("select from payments where organization_id = any($1)", "not held"),
        ("select from payments, tokens where payments.organization_id = $1", "not held"),
        (
            "select from payments join tokens on tokens.token_id = payments.token_id where payments.organization_id = $1",
            "not held",
        ),
        ("select from payments left join tokens on tokens.organization_id = payments.organization_id", "join"),
        ("select from payments where organization_id = $1 and exists (select from tokens)", "not held"),
        (
            "select (select max(amount) from transactions where payment_id = payments.payment_id) from payments \
             where organization_id = $1",
            "not held",
        ),
        ("with old as (select from tokens) select from old", "not held"),
        (
            "select from unnest($1::uuid[]) as asked (organization_id), tokens \
          where tokens.organization_id = asked.organization_id",
            "not held",
        ),
        ("update payments set amount = $2 where payment_id = $1", "not held"),
        ("update payments set organization_id = $2 where organization_id = $1", "moves"),
        ("update payments set amount = 0 from tokens where payments.organization_id = $1", "not held"),
        ("delete from tokens where token_id in (select token_id from tokens where organization_id = $1)", "not held"),
        ("insert into tokens (token_id) values ($1)", "not of one organization"),
        ("insert into tokens (organization_id) values ($1), ($2)", "not of one organization"),
        (
            "insert into tokens (organization_id) select organization_id from unnest($1::uuid[]) as new (organization_id)",
            "not of one organization",
        ),
        ("insert into tokens (organization_id) values ($1) on conflict (token_id) do nothing", "conflict"),
        ("insert into tokens (organization_id) values ($1) on conflict do nothing", "conflict"),
        (
            "insert into tokens (organization_id, card) values ($1, (select card from payments where organization_id = $1))",
            "within the values",
        ),
        ("select from accounts where organization_id = (select organization_id from api_keys)", "everywhere"),
        ("select from elsewhere where organization_id = $1", "not in deploy/citus.sql"),
    ] {
        let (wrong, _) = read(sql);
        assert!(wrong.iter().any(|wrong| wrong.contains(expected)), "{sql}: {wrong:?}");
    }
    for sql in [
        "select from payments where (organization_id = $1 and (payment_id = $2 or token_id = $2))",
        "select from payments join tokens on tokens.organization_id = payments.organization_id \
         where payments.organization_id = $1",
        "select from payments where organization_id = $1 and exists (
            select from tokens where tokens.organization_id = payments.organization_id
         )",
        "insert into tokens (organization_id, card) select organization_id, $2 from payments where organization_id = $1",
        "select from api_keys where public_api_key = $1",
    ] {
        assert_eq!(read(sql).0, Vec::<String>::new(), "{sql}");
    }
}
