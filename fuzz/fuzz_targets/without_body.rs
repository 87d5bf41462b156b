//! An operation that reads no body: the one that `OPERATION` names.
#![no_main]

use std::sync::LazyLock;

static OPERATION: LazyLock<String> =
    LazyLock::new(|| std::env::var("OPERATION").expect("OPERATION names an operation of openapi.yaml"));

yuno_sessions_fuzz::target!(&OPERATION);
