//! `yuno-sessions openapi`: print the document that `openapi.yaml` holds.

/// Prints the document.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn run() -> anyhow::Result<()> {
    print!("{}", crate::api::document::document().to_yaml()?);
    Ok(())
}
