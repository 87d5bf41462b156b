//! Installments plans.

mod create;
mod delete;
mod list;
mod retrieve;
mod update;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::TestApp;

/// One more account of the demo organization, which its keys know.
async fn another_account(app: &TestApp) -> String {
    let account = Uuid::new_v4();
    let insert = "insert into accounts (organization_id, account_id, name, created_at)
        values ('00000000-0000-4000-8000-000000000000', $1, 'Another', '2026-01-15T12:00:00Z')";
    sqlx::query(insert).bind(account).execute(app.pool()).await.unwrap();
    // Keys are remembered for a second.
    app.wait(TimeDelta::seconds(1));
    account.to_string()
}
