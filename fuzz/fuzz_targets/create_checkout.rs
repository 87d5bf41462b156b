//! `POST /v1/checkouts`
#![no_main]

yuno_sessions_fuzz::target!("create_checkout");
