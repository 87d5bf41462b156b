//! `PATCH /v1/webhooks/{webhook_id}`
#![no_main]

yuno_sessions_fuzz::target!("update_webhook");
