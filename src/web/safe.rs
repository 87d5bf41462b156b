//! What of a merchant's words can stand in a policy or in a style sheet, where some of them would be something else.

use url::Url;

/// Where an address leads, if that can be said in a policy: names there cannot have what would end them.
#[must_use]
pub fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '[' | ']' | '-');
    url.host_str().is_some_and(|host| host.chars().all(plain)).then(|| url.origin().ascii_serialization())
}

/// Whether a name of a font can be nothing else in a style sheet.
#[must_use]
pub fn is_font_name(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_has_only_names_of_hosts() {
        for wrong in [
            "https://a;sandbox;.example.com/i.png",
            "https://*.com/i.png",
            "/icons/pix.svg",
            "data:image/png;base64,AA",
        ] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
        assert_eq!(origin("https://cdn.example.com:8443/i.png").as_deref(), Some("https://cdn.example.com:8443"));
    }

    #[test]
    fn a_name_of_a_font_ends_nothing() {
        assert!(is_font_name("DM Sans") && is_font_name("Fonte-1_é"));
        for wrong in ["A\"}body{display:none", "</style>", "A;B", "A\\B", "A\nB"] {
            assert!(!is_font_name(wrong), "{wrong}");
        }
    }
}
