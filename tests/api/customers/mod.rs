//! Customers.

mod create;
mod delete;
mod find;
mod retrieve;
mod update;
