//! `POST /v1/customers/sessions`
#![no_main]

yuno_sessions_fuzz::target!("create_customer_session");
