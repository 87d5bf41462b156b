//! `POST /v1/checkout/sessions/{checkout_session}/pay`
#![no_main]

yuno_sessions_fuzz::target!("pay_checkout_session");
