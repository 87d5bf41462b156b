//! The console.

mod activity;
mod browser;
mod key_pairs;
mod settings;
mod sign_in;
