//! `POST /v1/customers`
#![no_main]

yuno_sessions_fuzz::target!("create_customer");
