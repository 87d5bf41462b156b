//! `POST /v1/payments`
#![no_main]

yuno_sessions_fuzz::target!("create_payment");
