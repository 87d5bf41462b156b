//! `POST /v1/payments/{payment_id}/cancel-or-refund`
#![no_main]

yuno_sessions_fuzz::target!("cancel_or_refund_payment");
