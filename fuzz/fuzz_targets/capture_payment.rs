//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/capture`
#![no_main]

yuno_sessions_fuzz::target!("capture_payment");
