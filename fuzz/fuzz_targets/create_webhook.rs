//! `POST /v1/webhooks`
#![no_main]

yuno_sessions_fuzz::target!("create_webhook");
