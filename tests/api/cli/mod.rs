//! The program, run as its users run it.

mod account;
mod database;
mod key;
mod listen;
mod serve;
mod upgrade;
