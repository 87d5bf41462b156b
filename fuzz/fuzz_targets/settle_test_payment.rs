//! `POST /v1/testing/payments/{payment_id}/settle`
#![no_main]

yuno_sessions_fuzz::target!("settle_test_payment");
