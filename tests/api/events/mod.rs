//! Events: what they tell, that none is lost, and reading them.

mod bodies;
mod callback;
mod checkout_sessions;
mod list;
mod order;
