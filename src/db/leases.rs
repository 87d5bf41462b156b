//! Leases: who does what one server does at a time. They are nobody's data, so they name no organization.

use uuid::Uuid;

use super::Connection;
use crate::types::Timestamp;

/// Takes a lease, or renews it for its holder; `false` while somebody else holds it.
///
/// # Errors
/// When the database refuses.
pub async fn hold(
    connection: &mut Connection,
    name: &str,
    holder: Uuid,
    now: Timestamp,
    until: Timestamp,
) -> sqlx::Result<bool> {
    let held = sqlx::query(
        r#"
        insert into leases (name, holder, held_until) values ($1, $2, $4)
        on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
        where leases.holder = excluded.holder or leases.held_until <= $3
        "#,
    )
    .bind(name)
    .bind(holder)
    .bind(now)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(held.rows_affected() == 1)
}
