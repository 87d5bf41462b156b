//! The console.

mod activity;
mod settings;
mod sign_in;
