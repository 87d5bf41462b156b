//! Every SQL statement is prepared on a migrated database: a misspelt column fails here, with its file.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use crate::support::TestApp;

/// Statements of a file: the literals that `sqlx::query…(` is called with.
pub fn statements(source: &str) -> Vec<&str> {
    let calls = source.split("sqlx::query").skip(1).filter(|call| !call.starts_with("::"));
    calls
        .map(|call| {
            let argument = call.split_once('(').unwrap().1.trim_start();
            match argument.strip_prefix("r#\"") {
                Some(raw) => raw.split_once("\"#").unwrap().0,
                None => argument.strip_prefix('"').expect("a statement is one literal").split_once('"').unwrap().0,
            }
        })
        .collect()
}

pub fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .collect()
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let app = TestApp::new().await;
    let mut connection = app.pool().acquire().await.unwrap();
    let mut prepared = 0;
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/db"))) {
        for statement in statements(&fs::read_to_string(&file).unwrap()) {
            let result = connection.prepare(AssertSqlSafe(statement).into_sql_str()).await;
            assert!(result.is_ok(), "{}: {:?}\n{statement}", file.display(), result.err());
            prepared += 1;
        }
    }
    assert!(prepared > 15, "only {prepared} statements were found");
}

#[test]
fn there_is_no_sql_outside_of_db() {
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        if !file.components().any(|part| part.as_os_str() == "db") {
            let source = fs::read_to_string(&file).unwrap();
            assert!(!source.contains("sqlx::query"), "{}", file.display());
        }
    }
}

#[test]
fn every_statement_names_one_organization() {
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/db"))) {
        // Keys lead to an organization, a sign of life and a lease are nobody's, and what is due or waits is asked of all
        // at once.
        let mut name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "mod" && file.parent().unwrap().file_name().unwrap() != "db" {
            // A table with a folder of its own.
            name = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        }
        if ["api_keys", "organizations", "due", "backlog", "leases", "mod"].contains(&name.as_str()) {
            continue;
        }
        // Of a statement that requests share there are two: one for each row's own organization, one for all of one.
        let (mut of_each, mut of_one) = (0, 0);
        for statement in statements(&fs::read_to_string(&file).unwrap()) {
            if name == "shared" && statement.contains("unnest($1::uuid[], $2::uuid[]") {
                let by_row = "as asked (organization_id,";
                assert!(
                    statement.contains(by_row) && statement.contains("organization_id = asked.organization_id")
                        || statement.contains("as new (organization_id,"),
                    "{name}: {statement}"
                );
                of_each += 1;
                continue;
            }
            of_one += 1;
            let scoped = statement.contains("organization_id = $1")
                || (statement.contains("insert into") && statement.contains("(organization_id,"));
            assert!(scoped, "{name}: {statement}");
        }
        assert!(of_each == 0 || of_each == of_one, "{name}: a shared statement needs both forms");
    }
}
