//! What the merchant's styling makes of the page: custom properties of the style sheet, fonts, a logo. What is as everybody
//! has it is left to the style sheet, which knows light and dark.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use crate::checkout::{answered_styling, is_colour};
use crate::web::safe::{is_font_name, origin};

/// How a checkout looks.
pub struct Look {
    /// Its own style.
    pub style: String,
    /// The class of its body.
    pub class: &'static str,
    /// Where its pictures come from besides this server.
    pub pictures: Vec<String>,
    /// Where its fonts come from.
    pub fonts: Vec<String>,
    /// The merchant's logo.
    pub logo: Option<String>,
    public_url: String,
}

/// Custom properties, and where in a styling what they are stands: later places go before earlier ones.
const COLOURS: [(&str, &str); 13] = [
    ("--accent", "/styles/global/accent_color"),
    ("--background", "/styles/global/secondary_background_color"),
    ("--panel", "/styles/global/primary_background_color"),
    ("--text", "/styles/global/primary_text_color"),
    ("--muted", "/styles/global/secondary_text_color"),
    ("--on-accent", "/styles/global/primary_button_text_color"),
    ("--button", "/styles/global/secondary_button_background_color"),
    ("--on-button", "/styles/global/secondary_button_text_color"),
    ("--side", "/payment_link_styles/panel/left/background/color"),
    ("--accent", "/payment_link_styles/button/background/color"),
    ("--on-accent", "/payment_link_styles/button/text/color"),
    ("--line", "/payment_link_styles/border/color"),
    ("--choice", "/payment_link_styles/radio_button/color"),
];

/// The same of lengths, in pixels.
const LENGTHS: [(&str, &str); 6] = [
    ("--radius", "/styles/button/corner_radius"),
    ("--button-border", "/styles/button/border_size"),
    ("--button-size", "/styles/button/font_size"),
    ("--title-size", "/styles/header/font_size"),
    ("--logo-radius", "/styles/header/logo_corner_radius"),
    ("--logo-border", "/styles/header/logo_border_size"),
];

/// The longest length that is taken, in pixels.
const LONGEST: f64 = 200.0;

/// Where a logo can stand.
const LOGOS: [&str; 3] =
    ["/styles/header/logo", "/payment_link_styles/panel/left/logo", "/payment_link_styles/header/logo"];

impl Look {
    /// What a styling and the pictures of methods make.
    pub fn of<'a>(styling: &Value, public_url: &str, icons: impl Iterator<Item = &'a str>) -> Self {
        let plain = answered_styling(&json!({}));
        let own = |place: &str| styling.pointer(place).filter(|value| Some(*value) != plain.pointer(place));
        let mut properties = String::new();
        for (name, place) in COLOURS {
            if let Some(colour) = own(place).and_then(Value::as_str).filter(|text| is_colour(text)) {
                properties += &format!("{name}:{colour};");
            }
        }
        let coloured = !properties.is_empty();
        for (name, place) in LENGTHS {
            if let Some(length) = own(place).and_then(Value::as_f64).filter(|length| (0.0..=LONGEST).contains(length)) {
                properties += &format!("{name}:{length}px;");
            }
        }
        let mut style = String::new();
        let mut fonts = BTreeSet::new();
        if let Some(family) =
            own("/styles/global/font_family").and_then(Value::as_str).filter(|name| is_font_name(name))
        {
            properties += &format!("--font:\"{family}\",system-ui,sans-serif;");
            for font in styling["external_fonts"].as_array().into_iter().flatten() {
                style += &faces(font, family, &mut fonts);
            }
        }
        if !properties.is_empty() {
            // As close as what is dark by itself is told, and after it.
            style += &format!(":root:root{{{properties}}}");
        }
        let logo = LOGOS.iter().find_map(|place| styling.pointer(place)?.as_str()).map(str::to_owned);
        let mut pictures: BTreeSet<String> = icons.filter_map(origin).collect();
        pictures.extend(logo.as_deref().and_then(origin));
        if let Ok(own) = Url::parse(public_url) {
            // Its own pictures are told without a host.
            pictures.remove(&own.origin().ascii_serialization());
        }
        let dark = styling.pointer("/settings/ui/dark_mode") == Some(&Value::Bool(true));
        Self {
            style,
            // Colours of a merchant are for one of the two: which, the merchant says.
            class: match (dark, coloured) {
                (true, _) => "checkout dark",
                (false, true) => "checkout light",
                (false, false) => "checkout",
            },
            pictures: pictures.into_iter().collect(),
            fonts: fonts.into_iter().collect(),
            logo,
            public_url: public_url.to_owned(),
        }
    }

    /// An address of this server without its host, so that it is found from wherever the page was.
    pub fn local<'a>(&self, address: &'a str) -> &'a str {
        address.strip_prefix(self.public_url.as_str()).filter(|path| path.starts_with('/')).unwrap_or(address)
    }
}

/// The rules that load the files of a font, if it is the one that is used.
fn faces(font: &Value, family: &str, origins: &mut BTreeSet<String>) -> String {
    if font["family_name"].as_str() != Some(family) {
        return String::new();
    }
    let mut rules = String::new();
    for file in font["files"].as_array().into_iter().flatten() {
        let url = file["url"].as_str().and_then(|url| Url::parse(url).ok()).filter(|url| url.scheme() == "https");
        let (Some(url), Some(weight)) = (url, file["weight"].as_u64()) else { continue };
        // What could end the text is written otherwise in an address.
        let Some(from) = origin(url.as_str()) else { continue };
        if url.as_str().contains(['"', '\\', '<', '\n']) {
            continue;
        }
        rules += &format!(
            "@font-face{{font-family:\"{family}\";font-weight:{weight};font-display:swap;src:url(\"{url}\")}}"
        );
        origins.insert(from);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(styling: &Value) -> Look {
        Look::of(
            &answered_styling(styling),
            "http://127.0.0.1:7070",
            ["http://127.0.0.1:7070/icons/pix.svg"].into_iter(),
        )
    }

    #[test]
    fn what_everybody_has_is_left_to_the_style_sheet() {
        let look = look(&json!({}));
        assert_eq!((look.style.as_str(), look.class, look.pictures.len()), ("", "checkout", 0));
        assert_eq!(look.local("http://127.0.0.1:7070/icons/pix.svg"), "/icons/pix.svg");
        assert_eq!(look.local("https://cdn.example.com/pix.png"), "https://cdn.example.com/pix.png");
        assert_eq!(look.local("http://127.0.0.1:70701/x"), "http://127.0.0.1:70701/x");
    }

    #[test]
    fn what_a_merchant_says_is_done_as_far_as_it_is_safe() {
        let look = look(&json!({
            "styles": {
                "global": {"accent_color": "#ff0066", "secondary_background_color": "#000000", "font_family": "Corporate"},
                "header": {"logo": "https://cdn.example.com/logo.png"},
                "button": {"corner_radius": 20, "font_size": 1e9},
            },
            "external_fonts": [
                {"family_name": "Corporate", "files": [{"weight": 400, "url": "https://fonts.example.com/c.woff2"}]},
                {"family_name": "Other", "files": [{"weight": 400, "url": "https://other.example.com/c.woff2"}]},
            ],
            "payment_link_styles": {"button": {"background": {"color": "#112233"}}},
        }));
        for part in [
            "--accent:#ff0066;",
            "--accent:#112233;",
            "--radius:20px;",
            "--font:\"Corporate\",",
            "https://fonts.example.com/c.woff2",
        ] {
            assert!(look.style.contains(part), "{part} in {}", look.style);
        }
        assert!(!look.style.contains("--button-size") && !look.style.contains("other.example.com"), "{}", look.style);
        assert_eq!(
            (look.pictures, look.fonts),
            (vec!["https://cdn.example.com".to_owned()], vec!["https://fonts.example.com".to_owned()])
        );
        assert_eq!(look.class, "checkout light");
    }

    #[test]
    fn a_merchants_colours_are_for_light_or_for_dark() {
        let accent = json!({"global": {"accent_color": "#ff0066"}});
        assert_eq!(look(&json!({"styles": accent})).class, "checkout light");
        let dark = look(&json!({"styles": accent, "settings": {"ui": {"dark_mode": true}}}));
        assert_eq!((dark.class, dark.style.as_str()), ("checkout dark", ":root:root{--accent:#ff0066;}"));
        assert_eq!(look(&json!({"styles": {"button": {"corner_radius": 2}}})).class, "checkout");
    }

    #[test]
    fn nothing_gets_out_of_the_style() {
        for name in ["A\"}body{display:none", "</style>", "A;B", "A\\B"] {
            let look = look(&json!({
                "styles": {"global": {"font_family": name}},
                "external_fonts": [{"family_name": name, "files": [{"weight": 400, "url": "https://x.example.com/\"}"}]}],
            }));
            assert_eq!(look.style, "", "{name}");
        }
    }
}
