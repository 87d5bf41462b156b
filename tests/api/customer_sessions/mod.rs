//! Customer sessions.

mod create;
mod payment_methods;
mod retrieve;
