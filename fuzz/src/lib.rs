//! Fuzzing the server: what every target shares. Each target is one operation.

#[path = "../../tests/api/support/contract.rs"]
pub mod contract;

/// What is sent, and what must hold of each answer.
pub mod cases;
mod server;

pub use server::case;

pub use libfuzzer_sys;

/// A fuzz target for an operation.
#[macro_export]
macro_rules! target {
    ($operation:expr) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::case($operation, bytes));
    };
}
