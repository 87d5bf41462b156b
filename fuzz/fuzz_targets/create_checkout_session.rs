//! `POST /v1/checkout/sessions`
#![no_main]

yuno_sessions_fuzz::target!("create_checkout_session");
