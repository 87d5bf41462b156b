//! Adding and finding checkout sessions for several requests in one statement. Each statement has two forms: for rows
//! of any organizations, and for those of one, which a distributed engine takes to one machine.

use std::collections::HashSet;

use sqlx::FromRow as _;
use sqlx::Row as _;
use sqlx::postgres::{PgBindIterExt as _, PgRow};

use super::{Kept, Row, find, insert};
use crate::db::Connection;
use crate::db::batch::Shared;
use crate::types::{CheckoutSessionId, OrganizationId};

/// A checkout session to add. The answer is as of [`insert`].
pub struct Insert {
    /// Whose it is.
    pub organization: OrganizationId,
    /// The session.
    pub session: Row,
    /// What is kept of it and never answered.
    pub kept: Kept,
}

impl Shared for Insert {
    /// With the session, so that it can be told.
    type Answer = bool;

    fn organization(&self) -> OrganizationId {
        self.organization
    }

    fn may_wait(&self) -> bool {
        self.session.customer_id.is_some()
    }

    async fn alone(&self, connection: &mut Connection) -> sqlx::Result<bool> {
        insert(connection, self.organization, &self.session, &self.kept).await
    }

    async fn together(
        connection: &mut Connection,
        organization: Option<OrganizationId>,
        asked: &[Self],
    ) -> sqlx::Result<Vec<Option<bool>>> {
        // A customer that somebody else is changing would make all wait: its session goes alone.
        let query = match organization {
            Some(organization) => sqlx::query_scalar(
                r#"
                insert into checkout_sessions (organization_id, checkout_session_id, account_id, customer_id,
                    merchant_order_id, payment_description, country, currency, amount, callback_url, return_url,
                    metadata, workflow, installments, checkout_id, alternative_amount, recurring_payment,
                    additional_data, payment_method, customer_payer, created_at, updated_at, expires_at)
                select $1, checkout_session_id, account_id, customer_id, merchant_order_id, payment_description,
                    country, currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id,
                    alternative_amount, recurring_payment, additional_data, payment_method, customer_payer, created_at,
                    created_at, expires_at
                from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::numeric[], $10::text[], $11::text[], $12::json[], $13::text[], $14::json[], $15::uuid[],
                    $16::jsonb[], $17::json[], $18::json[], $19::json[], $20::json[], $21::timestamptz[],
                    $22::timestamptz[])
                    as new (checkout_session_id, account_id, customer_id, merchant_order_id, payment_description,
                        country, currency, amount, callback_url, return_url, metadata, workflow, installments,
                        checkout_id, alternative_amount, recurring_payment, additional_data, payment_method,
                        customer_payer, created_at, expires_at)
                where customer_id is null or exists (
                    select from customers
                    where customers.organization_id = $1 and customers.customer_id = new.customer_id
                        and deleted_at is null
                    for share skip locked
                )
                returning checkout_session_id
                "#,
            )
            .bind(organization),
            None => sqlx::query_scalar(
                r#"
                insert into checkout_sessions (organization_id, checkout_session_id, account_id, customer_id,
                    merchant_order_id, payment_description, country, currency, amount, callback_url, return_url,
                    metadata, workflow, installments, checkout_id, alternative_amount, recurring_payment,
                    additional_data, payment_method, customer_payer, created_at, updated_at, expires_at)
                select organization_id, checkout_session_id, account_id, customer_id, merchant_order_id,
                    payment_description, country, currency, amount, callback_url, return_url, metadata, workflow,
                    installments, checkout_id, alternative_amount, recurring_payment, additional_data, payment_method,
                    customer_payer, created_at, created_at, expires_at
                from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                    $8::text[], $9::numeric[], $10::text[], $11::text[], $12::json[], $13::text[], $14::json[],
                    $15::uuid[], $16::jsonb[], $17::json[], $18::json[], $19::json[], $20::json[], $21::timestamptz[],
                    $22::timestamptz[])
                    as new (organization_id, checkout_session_id, account_id, customer_id, merchant_order_id,
                        payment_description, country, currency, amount, callback_url, return_url, metadata, workflow,
                        installments, checkout_id, alternative_amount, recurring_payment, additional_data,
                        payment_method, customer_payer, created_at, expires_at)
                where customer_id is null or exists (
                    select from customers
                    where customers.organization_id = new.organization_id
                        and customers.customer_id = new.customer_id and deleted_at is null
                    for share skip locked
                )
                returning checkout_session_id
                "#,
            )
            .bind(asked.iter().map(|new| new.organization).bind_iter()),
        };
        let (sessions, kept) = (asked.iter().map(|new| &new.session), asked.iter().map(|new| &new.kept));
        let added: Vec<CheckoutSessionId> = query
            .bind(sessions.clone().map(|session| session.checkout_session_id).bind_iter())
            .bind(sessions.clone().map(|session| session.account_id).bind_iter())
            .bind(sessions.clone().map(|session| session.customer_id).bind_iter())
            .bind(sessions.clone().map(|session| session.merchant_order_id.as_str()).bind_iter())
            .bind(sessions.clone().map(|session| session.payment_description.as_str()).bind_iter())
            .bind(sessions.clone().map(|session| session.country).bind_iter())
            .bind(sessions.clone().map(|session| session.currency).bind_iter())
            .bind(sessions.clone().map(|session| session.amount).bind_iter())
            .bind(sessions.clone().map(|session| session.callback_url.as_ref()).bind_iter())
            .bind(sessions.clone().map(|session| session.return_url.as_ref()).bind_iter())
            .bind(sessions.clone().map(|session| session.metadata.as_ref()).bind_iter())
            .bind(sessions.clone().map(|session| session.workflow).bind_iter())
            .bind(sessions.clone().map(|session| session.installments.as_ref()).bind_iter())
            .bind(sessions.clone().map(|session| session.checkout_id).bind_iter())
            .bind(kept.clone().map(|kept| kept.alternative_amount.as_ref()).bind_iter())
            .bind(kept.clone().map(|kept| kept.recurring_payment.as_ref()).bind_iter())
            .bind(kept.clone().map(|kept| kept.additional_data.as_ref()).bind_iter())
            .bind(kept.clone().map(|kept| kept.payment_method.as_ref()).bind_iter())
            .bind(kept.map(|kept| kept.customer_payer.as_ref()).bind_iter())
            .bind(sessions.clone().map(|session| session.created_at).bind_iter())
            .bind(sessions.map(|session| session.expires_at).bind_iter())
            .fetch_all(connection)
            .await?;
        if added.len() == asked.len() {
            return Ok(vec![Some(true); asked.len()]);
        }
        let added: HashSet<_> = added.into_iter().collect();
        Ok(asked.iter().map(|new| added.contains(&new.session.checkout_session_id).then_some(true)).collect())
    }
}

/// A checkout session to find. The answer is as of [`find`].
pub struct Find {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its id.
    pub session: CheckoutSessionId,
}

impl Shared for Find {
    type Answer = Option<Row>;

    fn organization(&self) -> OrganizationId {
        self.organization
    }

    async fn alone(&self, connection: &mut Connection) -> sqlx::Result<Option<Row>> {
        find(connection, self.organization, self.session).await
    }

    async fn together(
        connection: &mut Connection,
        organization: Option<OrganizationId>,
        asked: &[Self],
    ) -> sqlx::Result<Vec<Option<Option<Row>>>> {
        // The limit, of rows that are one at most, lets PostgreSQL do nothing but look each up in the index: of a table that
        // it knows nothing about yet it would rather read an organization's whole.
        let query = match organization {
            Some(organization) => sqlx::query(
                r#"
                select place, found.*
                from unnest($2::uuid[]) with ordinality as asked (checkout_session_id, place)
                cross join lateral (
                    select checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
                        currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used,
                        completed, created_at, expires_at
                    from checkout_sessions
                    where organization_id = $1 and checkout_session_id = asked.checkout_session_id
                    limit 1
                ) as found
                "#,
            )
            .bind(organization),
            None => sqlx::query(
                r#"
                select place, found.*
                from unnest($1::uuid[], $2::uuid[]) with ordinality
                    as asked (organization_id, checkout_session_id, place)
                cross join lateral (
                    select checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
                        currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used,
                        completed, created_at, expires_at
                    from checkout_sessions
                    where organization_id = asked.organization_id and checkout_session_id = asked.checkout_session_id
                    limit 1
                ) as found
                "#,
            )
            .bind(asked.iter().map(|asked| asked.organization).bind_iter()),
        };
        let rows: Vec<PgRow> =
            query.bind(asked.iter().map(|asked| asked.session).bind_iter()).fetch_all(connection).await?;
        let mut found: Vec<Option<Option<Row>>> = asked.iter().map(|_| Some(None)).collect();
        for row in &rows {
            let place: i64 = row.try_get("place")?;
            if let Some(found) = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place)) {
                *found = Some(Some(Row::from_row(row)?));
            }
        }
        Ok(found)
    }
}
