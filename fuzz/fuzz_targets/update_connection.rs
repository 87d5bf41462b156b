//! `PATCH /v1/connections/{connection_id}`
#![no_main]

yuno_sessions_fuzz::target!("update_connection");
