//! `PATCH /v1/installments-plans/{installment_code}`
#![no_main]

yuno_sessions_fuzz::target!("update_installments_plan");
