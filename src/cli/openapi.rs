//! `yuno-sessions openapi`: print the document that `openapi.yaml` holds.

use std::io::Write as _;

/// Prints the document.
///
/// # Errors
/// When it cannot be written.
pub fn run() -> anyhow::Result<()> {
    let document = crate::api::document::yaml()?;
    Ok(std::io::stdout().write_all(document.as_bytes())?)
}
