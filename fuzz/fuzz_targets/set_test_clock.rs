//! `PUT /v1/testing/clock`
#![no_main]

yuno_sessions_fuzz::target!("set_test_clock");
