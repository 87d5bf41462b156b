//! Installments plans.

mod create;
mod delete;
mod list;
mod retrieve;
mod update;
