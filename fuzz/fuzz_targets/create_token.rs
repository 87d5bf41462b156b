//! `POST /v1/tokens`
#![no_main]

yuno_sessions_fuzz::target!("create_token");
