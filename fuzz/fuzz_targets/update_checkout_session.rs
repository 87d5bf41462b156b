//! `PATCH /v1/checkout/sessions/{checkout_session}`
#![no_main]

yuno_sessions_fuzz::target!("update_checkout_session");
