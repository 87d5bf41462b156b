//! `POST /v1/checkout/sessions/{checkout_session}/token`
#![no_main]

yuno_sessions_fuzz::target!("create_session_token");
