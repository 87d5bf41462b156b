//! `POST /v1/testing/payment-methods/{payment_method_id}/settle`
#![no_main]

yuno_sessions_fuzz::target!("settle_test_payment_method");
