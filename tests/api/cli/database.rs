//! A PostgreSQL server as the database: run where there is one.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{FINGERPRINT_KEY, OnServer, Server, command, server};

#[tokio::test]
async fn several_instances_may_start_at_once_on_an_empty_database() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::task::spawn_blocking(move || {
                let with_key = [("FINGERPRINT_KEY", FINGERPRINT_KEY)];
                Server::start(command().args(["--demo", "--database-url", &url]).envs(with_key))
            })
        })
        .collect();
    for started in starting {
        let server = started.await.unwrap();
        assert_eq!(server.call("GET", "/v1/connections").send().await.unwrap().status(), 200);
        assert!(server.greeting.contains("in PostgreSQL at"), "{}", server.greeting);
    }
    let mut connection = PgConnection::connect_with(&database.options).await.unwrap();
    let demo: i64 = sqlx::query_scalar("select count(*) from connections").fetch_one(&mut connection).await.unwrap();
    assert_eq!(demo, 4, "the demo was made once");
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_program_is_served_with_a_warning() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let migrated = command().args(["migrate", "--database-url", &database.url()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&migrated.stdout), "the database is up to date\n");
    let mut connection = PgConnection::connect_with(&database.options).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (9999, 'of tomorrow', true, '', 0)";
    connection.execute(newer).await.unwrap();
    let migrated = command().args(["migrate", "--database-url", &database.url()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&migrated.stdout), "the database is up to date\n");
    let with_key = [("FINGERPRINT_KEY", FINGERPRINT_KEY)];
    let server = Server::start(command().args(["--demo", "--database-url", &database.url()]).envs(with_key));
    server.logged("the database's schema is newer than this build: it is worked on as it is newest=9999");
    assert_eq!(server.call("GET", "/v1/connections").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_demo_the_published_keys_open_nothing() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    for (arguments, status) in [(vec![], 401), (vec!["--demo"], 200), (vec![], 401)] {
        let server = Server::start(
            command().env("FINGERPRINT_KEY", FINGERPRINT_KEY).args(["--database-url", &url]).args(&arguments),
        );
        assert_eq!(server.greeting.contains("sandbox_demo"), !arguments.is_empty());
        assert_eq!(server.call("GET", "/v1/connections").send().await.unwrap().status(), status, "{arguments:?}");
    }
}
