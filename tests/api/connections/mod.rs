//! Connections.

mod catalog;
mod create;
mod delete;
mod list;
mod retrieve;
mod update;
