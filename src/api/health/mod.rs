//! Whether the server runs, and whether it can serve.

mod live;
mod ready;

pub use live::*;
pub use ready::*;

use serde::Serialize;
use utoipa::ToSchema;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `UP`.
    status: &'static str,
}
