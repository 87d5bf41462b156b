//! `POST /v1/testing/payments/{payment_id}/dispute`
#![no_main]

yuno_sessions_fuzz::target!("dispute_test_payment");
