//! `/v1/testing`: what an integration test decides for the organization that it works with.

mod clock;
mod organizations;
