//! What Citus asks of a schema that it keeps on several machines, and of every statement. No Citus is needed for it: the
//! rules are those of its documentation.

mod one_organization;

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::TestApp;

const CITUS_SQL: &str = include_str!("../../../deploy/citus.sql");

/// What an organization's rows are kept together by.
pub const COLUMN: &str = "organization_id";

/// The names in the list with that name in `deploy/citus.sql`, in their order.
pub fn listed(list: &str) -> Vec<&'static str> {
    let (before, _) = CITUS_SQL.split_once(&format!("]) with ordinality as {list} (")).expect("a list");
    let (_, names) = before.rsplit_once("array[").expect("its beginning");
    names.lines().filter_map(|line| line.trim().strip_prefix('\'')?.split('\'').next()).collect()
}

/// What a query of the catalog gives, each row as texts.
async fn catalog(app: &TestApp, query: &'static str) -> Vec<Vec<String>> {
    let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(app.pool()).await.unwrap();
    rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
}

#[tokio::test]
async fn every_table_is_listed_once_and_those_first_that_others_refer_to() {
    let app = TestApp::new().await;
    let tables = catalog(
        &app,
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
            and relname <> '_sqlx_migrations' order by 1",
    )
    .await;
    let tables: Vec<String> = tables.into_iter().flatten().collect();
    let (distributed, reference) = (listed("distributed"), listed("reference"));
    let mut named = [distributed.clone(), reference.clone()].concat();
    named.sort_unstable();
    assert_eq!(named, tables);
    assert_eq!(distributed[0], "organizations", "the others are kept beside it");

    let keys = catalog(
        &app,
        "select conname::text, conrelid::regclass::text, confrelid::regclass::text from pg_constraint
            where contype = 'f' and connamespace = 'public'::regnamespace",
    )
    .await;
    assert!(keys.len() > 8, "{keys:?}");
    for key in keys {
        let place = |table: &str| distributed.iter().position(|name| *name == table);
        match (place(&key[1]), place(&key[2])) {
            (Some(from), Some(to)) => assert!(to < from, "{key:?}"),
            (Some(_), None) => {}
            (None, to) => {
                let dropped = CITUS_SQL.contains(&format!("drop constraint if exists {};", key[0]));
                assert!(to.is_none() || dropped, "a reference table must not refer to a distributed one: {key:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_key_of_a_distributed_table_has_the_organization() {
    let app = TestApp::new().await;
    let distributed = listed("distributed");
    let columns = catalog(
        &app,
        "select table_name::text, data_type::text, is_nullable::text from information_schema.columns
            where table_schema = 'public' and column_name = 'organization_id'",
    )
    .await;
    let columns: HashMap<_, _> =
        columns.iter().map(|row| (row[0].as_str(), (row[1].as_str(), row[2].as_str()))).collect();
    for table in &distributed {
        assert_eq!(columns[table], ("uuid", "NO"), "{table}");
    }
    // Primary keys and unique constraints are unique indexes too.
    let unique = catalog(
        &app,
        "select indrelid::regclass::text, indexrelid::regclass::text, (
                select string_agg(attname, ',' order by place)
                from unnest(indkey) with ordinality as key (attnum, place)
                join pg_attribute on attrelid = indrelid and pg_attribute.attnum = key.attnum
                where place <= indnkeyatts
            )::text
            from pg_index join pg_class on pg_class.oid = indrelid
            where relnamespace = 'public'::regnamespace and (indisunique or indisexclusion)",
    )
    .await;
    let mut seen = 0;
    for index in unique.iter().filter(|index| distributed.contains(&index[0].as_str())) {
        assert_eq!(index[2].split(',').next(), Some(COLUMN), "first in {index:?}");
        seen += 1;
    }
    assert!(seen > distributed.len(), "{unique:?}");
    let keys = catalog(
        &app,
        "select conname::text, conrelid::regclass::text, confrelid::regclass::text, (
                select string_agg(own.attname || '=' || other.attname, ',' order by place)
                from unnest(conkey, confkey) with ordinality as pair (own, other, place)
                join pg_attribute own on own.attrelid = conrelid and own.attnum = pair.own
                join pg_attribute other on other.attrelid = confrelid and other.attnum = pair.other
            )::text, confdeltype::text, confupdtype::text
            from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace",
    )
    .await;
    for key in keys.iter().filter(|key| [&key[1], &key[2]].iter().all(|table| distributed.contains(&table.as_str()))) {
        assert!(key[3].split(',').any(|pair| pair == "organization_id=organization_id"), "{key:?}");
        // To null or to a default would move a row to another organization.
        assert!(!["n", "d"].contains(&key[4].as_str()) && !["n", "d", "c"].contains(&key[5].as_str()), "{key:?}");
    }
}

/// Sequences give each machine a range of its own, which takes a bigint; the rest is refused or stays on one machine.
#[tokio::test]
async fn nothing_is_in_the_schema_that_citus_refuses() {
    let app = TestApp::new().await;
    let sequences = catalog(
        &app,
        "select attrelid::regclass::text, attname::text, atttypid::regtype::text
            from pg_attribute join pg_class on pg_class.oid = attrelid
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where relnamespace = 'public'::regnamespace and relkind = 'r' and (attidentity <> ''
                or pg_get_expr(adbin, adrelid) like 'nextval%')",
    )
    .await;
    for sequence in &sequences {
        assert_eq!(sequence[2], "bigint", "{sequence:?}");
    }
    assert_eq!(sequences.len(), 1, "one that is new is to be thought about: {sequences:?}");
    let refused = catalog(
        &app,
        "select 'trigger', tgname::text from pg_trigger where not tgisinternal
            union all select 'rule', rulename::text from pg_rules where schemaname = 'public'
            union all select 'kind ' || relkind::text, relname::text from pg_class
                where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i', 'S', 't')
            union all select 'unlogged', relname::text from pg_class
                where relnamespace = 'public'::regnamespace and relpersistence <> 'p'
            union all select 'inherits', inhrelid::regclass::text from pg_inherits
            union all select 'policy', policyname::text from pg_policies
            union all select 'function', proname::text from pg_proc where pronamespace = 'public'::regnamespace
            union all select 'deferrable', conname::text from pg_constraint
                where condeferrable and connamespace = 'public'::regnamespace",
    )
    .await;
    assert_eq!(refused, Vec::<Vec<String>>::new());
}
