//! `POST /v1/customer-sessions`
#![no_main]

yuno_sessions_fuzz::target!("create_customer_session_alias");
