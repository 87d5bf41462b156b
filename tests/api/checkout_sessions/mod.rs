//! Checkout sessions.

mod create;
mod explain;
mod installments;
mod pay;
mod payment_methods;
mod retrieve;
mod shared;
mod update;
