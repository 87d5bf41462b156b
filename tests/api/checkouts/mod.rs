//! The checkout builder.

mod create;
mod list;
mod publish;
mod retrieve;
mod sessions;
mod update;
