//! `POST /v1/connections`
#![no_main]

yuno_sessions_fuzz::target!("create_connection");
