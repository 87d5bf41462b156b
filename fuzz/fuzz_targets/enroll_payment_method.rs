//! `POST /v1/customers/{customer_id}/payment-methods`
#![no_main]

yuno_sessions_fuzz::target!("enroll_payment_method");
