//! The console: pages for a developer or an operator who is signed in with a key pair.

mod activity;
