//! `PATCH /v1/checkouts/{checkout_code}`
#![no_main]

yuno_sessions_fuzz::target!("update_checkout");
