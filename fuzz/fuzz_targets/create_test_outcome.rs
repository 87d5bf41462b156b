//! `POST /v1/testing/outcomes`
#![no_main]

yuno_sessions_fuzz::target!("create_test_outcome");
