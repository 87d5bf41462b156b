//! `POST /v1/testing/faults`
#![no_main]

yuno_sessions_fuzz::target!("create_test_fault");
