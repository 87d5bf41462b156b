//! The console.

mod activity;
mod browser;
mod settings;
mod sign_in;
