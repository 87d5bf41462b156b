//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/cancel`
#![no_main]

yuno_sessions_fuzz::target!("cancel_payment");
