//! `POST /v1/installments-plans`
#![no_main]

yuno_sessions_fuzz::target!("create_installments_plan");
