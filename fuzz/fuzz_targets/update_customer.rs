//! `PATCH /v1/customers/{customer_id}`
#![no_main]

yuno_sessions_fuzz::target!("update_customer");
