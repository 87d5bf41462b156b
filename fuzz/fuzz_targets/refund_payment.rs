//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/refund`
#![no_main]

yuno_sessions_fuzz::target!("refund_payment");
