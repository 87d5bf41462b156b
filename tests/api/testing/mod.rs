//! `/v1/testing`: what an integration test decides for the organization that it works with.

mod clock;
mod deliveries;
mod dispute;
mod faults;
mod guide;
mod log;
mod organizations;
mod outcomes;
mod settle;
