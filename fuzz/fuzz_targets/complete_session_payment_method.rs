//! `POST /v1/customers/sessions/{customer_session}/payment-methods/{payment_method_id}/complete`
#![no_main]

yuno_sessions_fuzz::target!("complete_session_payment_method");
