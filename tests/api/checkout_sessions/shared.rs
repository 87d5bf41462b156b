//! Sessions that are made and read at the same time share statements; each is answered as if it were alone.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::Row as _;
use tokio::task::yield_now;
use uuid::Uuid;
use yuno_sessions::db::batch::{Batch, Shared as _};
use yuno_sessions::db::checkout_sessions::{Find, Insert, Kept, Row};
use yuno_sessions::metrics::Metrics;
use yuno_sessions::types::{
    AccountId, Amount, CheckoutSessionId, Country, Currency, CustomerId, OrganizationId, Timestamp, Workflow,
};

use crate::support::{TestApp, server};

/// A session of an organization, with only what each has.
fn session(organization: u128, order: &str) -> Insert {
    let now = Timestamp::parse("2026-01-15T12:00:00Z").unwrap();
    Insert {
        organization: OrganizationId::fixed(organization),
        session: Row {
            checkout_session_id: CheckoutSessionId::new(now),
            account_id: AccountId::fixed(1),
            customer_id: None,
            merchant_order_id: order.to_owned(),
            payment_description: "Shoes".to_owned(),
            country: Country::parse("BR").unwrap(),
            currency: Currency::parse("BRL").unwrap(),
            amount: Amount::parse("12.34").unwrap(),
            callback_url: None,
            return_url: None,
            metadata: None,
            workflow: Workflow::SdkCheckout,
            installments: None,
            checkout_id: None,
            used: false,
            completed: false,
            created_at: now,
            expires_at: now.plus(chrono::TimeDelta::hours(5)),
        },
        kept: Kept::default(),
    }
}

#[tokio::test]
async fn what_is_made_at_the_same_time_is_made_and_found_whole() {
    let app = TestApp::new().await;
    let (one, two) = (app.merchant(), app.another_merchant().await);
    let customers = [one.make_customer().await, two.make_customer().await];
    // Every second one is of the other merchant; of each six, one has everything and one a customer of the other.
    let bodies: Vec<_> = (0..90)
        .map(|number| {
            let (client, customer) = if number % 2 == 0 { (&one, &customers[0]) } else { (&two, &customers[1]) };
            let mut body = match number % 6 {
                0 | 3 => client.whole_session_body(customer),
                _ => client.session_body("BR", "BRL"),
            };
            if number % 6 == 4 {
                body["customer_id"] = json!(customers[1]);
            }
            body["merchant_order_id"] = json!(format!("order-{number}"));
            body["amount"]["value"] = json!(number + 1);
            (client, number, body)
        })
        .collect();
    let made = join_all(bodies.iter().map(|(client, number, body)| async move {
        let answer = client.post("/v1/checkout/sessions", body.clone()).await;
        match number % 6 == 4 {
            true => {
                answer.refused(400, "CUSTOMER_NOT_FOUND");
                None
            }
            false => Some((*client, *number, answer.expect(200))),
        }
    }));
    let made: Vec<_> = made.await.into_iter().flatten().collect();
    assert_eq!(made.len(), 75);
    let found = made.iter().map(|(client, _, made)| {
        client.get(format!("/v1/checkout/sessions/{}", made["checkout_session"].as_str().unwrap()))
    });
    for ((_, number, made), found) in made.iter().zip(join_all(found).await) {
        let mut found = found.expect(200);
        assert_eq!(found["merchant_order_id"], format!("order-{number}"));
        for field in ["id", "used", "payment_methods"] {
            found.as_object_mut().unwrap().shift_remove(field);
        }
        let mut made = made.clone();
        made.as_object_mut().unwrap().shift_remove("payment_methods");
        assert_eq!(found, made);
    }
}

#[tokio::test]
async fn both_forms_of_the_statements_do_what_each_alone_would() {
    let app = TestApp::new().await;
    let client = app.merchant();
    let customer = client.make_customer().await;
    let customer = CustomerId::parse(&customer).unwrap();
    let connection = &mut *app.pool().acquire().await.unwrap();
    let demo: Uuid =
        sqlx::query("select organization_id from customers").fetch_one(&mut *connection).await.unwrap().get(0);
    for organizations in [[demo.as_u128(); 4], [demo.as_u128(), 7, demo.as_u128(), 7]] {
        let of_one = (organizations[1] != 7).then_some(OrganizationId::fixed(demo.as_u128()));
        let mut new: Vec<_> =
            organizations.iter().enumerate().map(|(place, of)| session(*of, &format!("order-{place}"))).collect();
        new[0].session.customer_id = Some(customer);
        new[1].session.customer_id = Some(CustomerId::fixed(9));
        let added = Insert::together(connection, of_one, &new).await.unwrap();
        // The one whose customer was not found there asks again, alone, and is told.
        assert_eq!(added, [Some(true), None, Some(true), Some(true)]);
        assert!(!new[1].alone(connection).await.unwrap());

        let find = |of: u128, place: usize| Find {
            organization: OrganizationId::fixed(of),
            session: new[place].session.checkout_session_id,
        };
        let mut asked = vec![find(organizations[0], 0), find(organizations[1], 1), find(organizations[0], 0)];
        let mut expected = vec![Some("order-0".to_owned()), None, Some("order-0".to_owned())];
        if of_one.is_none() {
            // A session of somebody else.
            asked.push(find(99, 2));
            expected.push(None);
        }
        let found = Find::together(connection, of_one, &asked).await.unwrap().into_iter();
        let found = found.map(|found| found.expect("decided together").map(|row| row.merchant_order_id));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_session_that_the_database_refuses_takes_no_other_with_it() {
    let app = TestApp::new().await;
    let batch = Batch::<Insert>::new(app.pool().clone().into(), "insert", &Metrics::off());
    // No text of PostgreSQL has this character.
    let orders = (0..30).map(|number| if number == 17 { "\0".to_owned() } else { format!("order-{number}") });
    let answers = join_all(orders.map(|order| batch.ask(session(5, &order)))).await;
    let failed: Vec<_> = (0..30).filter(|number| answers[*number].is_err()).collect();
    assert_eq!(failed, [17]);
    let count: i64 = sqlx::query("select count(*) from checkout_sessions").fetch_one(app.pool()).await.unwrap().get(0);
    assert_eq!(count, 29);
}

#[tokio::test]
async fn a_customer_that_is_being_changed_makes_nobody_else_wait() {
    // Two connections are needed.
    if server().is_none() {
        return;
    }
    let app = TestApp::new().await;
    let client = app.merchant();
    let customer = CustomerId::parse(&client.make_customer().await).unwrap();
    let demo: Uuid = sqlx::query("select organization_id from customers").fetch_one(app.pool()).await.unwrap().get(0);
    let its = |number: usize| {
        let mut its = session(demo.as_u128(), &format!("its-{number}"));
        its.session.customer_id = Some(customer);
        its
    };
    let mut changing = app.pool().begin().await.unwrap();
    sqlx::query("update customers set updated_at = updated_at").execute(&mut *changing).await.unwrap();

    let asked = [session(demo.as_u128(), "a"), its(0), session(demo.as_u128(), "b")];
    let added = Insert::together(&mut app.pool().acquire().await.unwrap(), None, &asked).await.unwrap();
    assert_eq!(added, [Some(true), None, Some(true)]);

    // Whether they come first, when requests are few, or in the middle of many.
    let batch = Arc::new(Batch::<Insert>::new(app.pool().clone().into(), "insert", &Metrics::off()));
    let mut waiting = Vec::new();
    for number in 0..8 {
        let (asking, its) = (Arc::clone(&batch), its(number));
        waiting.push(tokio::spawn(async move { asking.ask(its).await }));
        // More of them than there are statements, before anybody else comes.
        if number < 4 {
            yield_now().await;
            continue;
        }
        let others = join_all((0..40).map(|_| batch.ask(session(7, "other"))));
        let others =
            tokio::time::timeout(Duration::from_secs(10), others).await.expect("nobody waits for the customer");
        assert!(others.into_iter().all(Result::unwrap));
    }
    assert!(waiting.iter().all(|its| !its.is_finished()));
    changing.commit().await.unwrap();
    for its in waiting {
        assert!(its.await.unwrap().unwrap());
    }
}
