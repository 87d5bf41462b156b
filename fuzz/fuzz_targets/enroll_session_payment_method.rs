//! `POST /v1/customers/sessions/{customer_session}/payment-methods`
#![no_main]

yuno_sessions_fuzz::target!("enroll_session_payment_method");
