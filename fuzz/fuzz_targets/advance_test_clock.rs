//! `POST /v1/testing/clock/advance`
#![no_main]

yuno_sessions_fuzz::target!("advance_test_clock");
