//! How a checkout looks and what its SDK is told: a tree that is kept whole, in which what has a rule is checked.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::input::{At, Input, Problems, unstorable};
use crate::types::AssetAddress;

/// A styling as it was sent. What is wrong with it, [`check`] says: that depends on what is there.
#[derive(Clone)]
pub struct Styling(pub Value);

impl Input for Styling {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        if unstorable(raw) {
            problems.wrong(at, "must not contain the character U+0000");
            return None;
        }
        Some(Self(raw.clone()))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let any = || utoipa::openapi::Object::with_type(utoipa::openapi::Type::Object);
        let list = utoipa::openapi::ArrayBuilder::new().items(any()).build();
        let parts =
            PARTS.into_iter().fold(utoipa::openapi::ObjectBuilder::new(), |object, (part, is_list)| match is_list {
                true => object.property(part, list.clone()),
                false => object.property(part, any()),
            });
        utoipa::openapi::RefOr::T(parts.build().into())
    }
}

/// What a checkout looks like of which nothing was said.
static DEFAULT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("default_styling.json")).expect("a test reads it"));

/// The fonts that need no files.
pub(crate) const FONTS: [&str; 20] = [
    "Arial",
    "Courier New",
    "DM Sans",
    "Georgia",
    "Helvetica",
    "Inter",
    "Lato",
    "Manrope",
    "Merriweather",
    "Montserrat",
    "Noto Sans",
    "Nunito",
    "Open Sans",
    "Poppins",
    "Raleway",
    "Roboto",
    "Source Sans Pro",
    "Times New Roman",
    "Verdana",
    "Work Sans",
];

/// The parts of a styling, and whether each is a list.
const PARTS: [(&str, bool); 5] = [
    ("styles", false),
    ("settings", false),
    ("flags", false),
    ("external_fonts", true),
    ("payment_link_styles", false),
];

/// What cannot be set while checkouts are a beta.
const LOCKED: [&str; 4] = ["urls", "click_to_pay", "form", "google_pay"];

/// Sections of the settings, and what of them is true or false.
const SWITCHES: [(&str, &[&str]); 6] = [
    ("card", &["save_on_success", "enable_ocr", "credit_card_only_processing", "enable_payment_retry"]),
    ("sdk_type", &[]),
    ("web_sdk", &["hide_pay_button"]),
    (
        "payment_method_list",
        &["unfolded_display", "preselected_payment_method", "condensed_checkout_view", "edit_payment_method_list"],
    ),
    ("ui", &["dark_mode", "show_secure_payment_tag"]),
    ("payment_link", &["show_result_screen"]),
];

/// And what of them is a name.
const NAMES: [(&str, &str); 4] =
    [("card", "visualization_mode"), ("sdk_type", "web"), ("sdk_type", "mobile"), ("web_sdk", "render_mode")];

/// Characters that a name in styles can have: it stands in the message of everything that is wrong below it.
const MAX_NAME: usize = 64;

/// Notes everything that is wrong with a styling that was sent, to be merged with what is `kept`.
pub fn check(sent: &Value, kept: &Value, at: At<'_>, problems: &mut Problems) {
    let whole = sent;
    let Some(sent) = object(sent, at, problems) else { return };
    for (part, is_list) in PARTS {
        match sent.get(part) {
            Some(Value::Object(_)) if !is_list => {}
            Some(Value::Array(_)) if is_list => {}
            None | Some(Value::Null) => {}
            Some(_) if is_list => problems.wrong(At::Field(&at, part), "must be an array"),
            Some(_) => problems.wrong(At::Field(&at, part), "must be an object"),
        }
    }
    // A font that is used may have been declared before, and one that was declared may still be used.
    let result = merged(kept.clone(), whole);
    let families: Vec<&str> = result["external_fonts"].as_array().into_iter().flatten().filter_map(family).collect();
    for part in ["styles", "payment_link_styles"] {
        if let Some(tree @ Value::Object(_)) = sent.get(part) {
            check_tree(tree, At::Field(&at, part), problems);
        }
        check_families(&result[part], At::Field(&at, part), &families, problems);
    }
    if let Some(Value::Array(fonts)) = sent.get("external_fonts") {
        check_fonts(fonts, At::Field(&at, "external_fonts"), problems);
    }
    if let Some(Value::Object(settings)) = sent.get("settings") {
        check_settings(settings, At::Field(&at, "settings"), problems);
    }
    let forced = sent.get("flags").and_then(|flags| flags.get("force_default_styles"));
    switch(forced, At::Field(&At::Field(&at, "flags"), "force_default_styles"), problems);
}

/// Styles are a tree. What a leaf must be, its name says.
fn check_tree(tree: &Value, at: At<'_>, problems: &mut Problems) {
    for (place, item) in tree.as_array().into_iter().flatten().enumerate() {
        check_tree(item, At::Item(&at, place), problems);
    }
    for (name, value) in tree.as_object().into_iter().flatten() {
        if name.chars().count() > MAX_NAME {
            problems.wrong(at, format_args!("must have names of at most {MAX_NAME} characters"));
            continue;
        }
        let place = At::Field(&at, name);
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("font_weight", value) => weight(Some(value), place, problems),
            ("logo", value) => address(Some(value), place, problems),
            (name, value) if name == "color" || name.ends_with("_color") => {
                if !value.as_str().is_some_and(is_colour) {
                    problems.wrong(place, "must be a colour of 6 or 8 hex digits, #RRGGBB or #RRGGBBAA");
                }
            }
            (name, value) if name.ends_with("_size") || name.ends_with("_radius") => {
                if !value.as_f64().is_some_and(|size| size >= 0.0) {
                    problems.wrong(place, "must be a number from 0");
                }
            }
            (_, value) => check_tree(value, place, problems),
        }
    }
}

/// Every font that is used is declared, or needs no files.
fn check_families(tree: &Value, at: At<'_>, families: &[&str], problems: &mut Problems) {
    for (place, item) in tree.as_array().into_iter().flatten().enumerate() {
        check_families(item, At::Item(&at, place), families, problems);
    }
    for (name, value) in tree.as_object().into_iter().flatten().filter(|(name, _)| name.chars().count() <= MAX_NAME) {
        let place = At::Field(&at, name);
        if name != "font_family" {
            check_families(value, place, families, problems);
        } else if !value.as_str().is_some_and(|font| FONTS.contains(&font) || families.contains(&font)) {
            problems.wrong(place, "must be a font of external_fonts or one that needs no files, such as Inter");
        }
    }
}

/// Whether a text is a colour of a styling: `#RRGGBB` or `#RRGGBBAA`.
#[must_use]
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

fn check_fonts(fonts: &[Value], at: At<'_>, problems: &mut Problems) {
    for (place, font) in fonts.iter().enumerate() {
        let at = At::Item(&at, place);
        let Some(font) = object(font, at, problems) else { continue };
        if font.get("family_name").and_then(Value::as_str).is_none_or(|name| name.trim().is_empty()) {
            problems.wrong(At::Field(&at, "family_name"), "must be the name of a font");
        }
        let files = At::Field(&at, "files");
        let Some(Value::Array(list)) = font.get("files") else {
            problems.wrong(files, "must be an array");
            continue;
        };
        for (place, file) in list.iter().enumerate() {
            let at = At::Item(&files, place);
            let Some(file) = object(file, at, problems) else { continue };
            weight(file.get("weight"), At::Field(&at, "weight"), problems);
            let url = At::Field(&at, "url");
            match file.get("url").and_then(Value::as_str).is_some_and(|text| text.starts_with('/')) {
                true => problems.wrong(url, "must be an https URL with a public host"),
                false => address(file.get("url"), url, problems),
            }
        }
    }
}

fn check_settings(settings: &Map<String, Value>, at: At<'_>, problems: &mut Problems) {
    for name in LOCKED {
        if settings.get(name).is_some_and(|value| !is_empty(value)) {
            problems.wrong(At::Field(&at, name), "cannot be set");
        }
    }
    for (name, switches) in SWITCHES {
        let place = At::Field(&at, name);
        let Some(section) = settings.get(name).filter(|section| !section.is_null()) else { continue };
        let Some(section) = object(section, place, problems) else { continue };
        for name in switches {
            switch(section.get(*name), At::Field(&place, name), problems);
        }
        for (_, name) in NAMES.iter().filter(|(of, _)| *of == name) {
            if section.get(*name).is_some_and(|value| !value.is_null() && !value.is_string()) {
                problems.wrong(At::Field(&place, name), "must be a string");
            }
        }
    }
    let network = settings.get("card").and_then(|card| card.get("default_network"));
    if network.is_some_and(|network| !network.is_null() && !matches!(network.as_str(), Some("DOM" | "INT"))) {
        problems.wrong(At::Field(&At::Field(&at, "card"), "default_network"), "must be DOM or INT");
    }
}

fn object<'a>(value: &'a Value, at: At<'_>, problems: &mut Problems) -> Option<&'a Map<String, Value>> {
    if !value.is_object() {
        problems.wrong(at, "must be an object");
    }
    value.as_object()
}

fn weight(value: Option<&Value>, at: At<'_>, problems: &mut Problems) {
    if !value.and_then(Value::as_u64).is_some_and(|weight| (100..=900).contains(&weight) && weight % 100 == 0) {
        problems.wrong(at, "must be one of 100, 200 and so on up to 900");
    }
}

fn address(value: Option<&Value>, at: At<'_>, problems: &mut Problems) {
    let parsed =
        value.and_then(Value::as_str).ok_or_else(|| "must be a string".to_owned()).and_then(|text| {
            match text.split(['?', '#']).next().is_some_and(|path| path.to_ascii_lowercase().ends_with(".svg")) {
                true => Err("must not be an SVG".into()),
                false => AssetAddress::parse(text),
            }
        });
    if let Err(what) = parsed {
        problems.wrong(at, what);
    }
}

fn switch(value: Option<&Value>, at: At<'_>, problems: &mut Problems) {
    if value.is_some_and(|value| !value.is_null() && !value.is_boolean()) {
        problems.wrong(at, "must be true or false");
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn family(font: &Value) -> Option<&str> {
    font.get("family_name")?.as_str()
}

/// What is kept after a styling was sent: only what was ever said. `null` says nothing; a list takes the place of the one
/// before. `flags.force_default_styles` forgets the styles and the fonts that were there.
#[must_use]
pub fn merged(mut kept: Value, sent: &Value) -> Value {
    let forced = sent.pointer("/flags/force_default_styles") == Some(&Value::Bool(true));
    if let (true, Some(kept)) = (forced, kept.as_object_mut()) {
        kept.retain(|part, _| part == "settings");
    }
    let parts = PARTS.into_iter().filter(|(part, _)| *part != "flags");
    let sent = parts.filter_map(|(part, _)| Some((part.to_owned(), sent.get(part)?.clone())));
    merge(&mut kept, Value::Object(sent.collect()));
    kept
}

/// A styling as it is answered: the default with what is kept in its place.
#[must_use]
pub fn answered(kept: &Value) -> Value {
    let mut all = DEFAULT.clone();
    merge(&mut all, kept.clone());
    all
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (_, Value::Null) => {}
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from.into_iter().filter(|(_, value)| !value.is_null()) {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        // In a new place, so that what says nothing inside of it is not kept either.
        (place, Value::Object(from)) => {
            *place = Value::Object(Map::new());
            merge(place, Value::Object(from));
        }
        (place, value) => *place = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(sent: &Value) -> Vec<String> {
        let mut problems = Problems::default();
        check(sent, &json!({}), At::Field(&At::Root, "styling"), &mut problems);
        match problems.into_result() {
            Ok(()) => Vec::new(),
            Err(error) => {
                let place = |message: String| message.split(':').next().unwrap_or_default().to_owned();
                error.body().messages.into_iter().map(place).collect()
            }
        }
    }

    #[test]
    fn the_default_and_what_the_api_shows_are_right() {
        assert_eq!(wrong(&DEFAULT), Vec::<String>::new());
        assert_eq!(answered(&json!({})), *DEFAULT);
        let sent = json!({
            "styles": {
                "global": {"accent_color": "#1A73E8", "font_family": "Corporate"},
                "header": {"logo": "https://cdn.example.com/logo.png", "font_weight": 600},
            },
            "external_fonts": [{
                "family_name": "Corporate", "files": [{"weight": 400, "url": "https://cdn.example.com/c.woff2"}],
            }],
            "flags": {"force_default_styles": false},
            "settings": {"urls": {}, "form": null, "card": {"default_network": "INT", "enable_payment_retry": true}},
        });
        assert_eq!(wrong(&sent), Vec::<String>::new());
    }

    #[test]
    fn names_everything_that_is_wrong() {
        let sent = json!({
            "styles": {
                "global": {"accent_color": "blue", "primary_text_color": "#12345", "font_family": "Corporate"},
                "header": {"logo": "data:image/png;base64,AA", "font_weight": 650, "font_size": -1},
                "button": {"corner_radius": "8", "inner": {"color": "#GGGGGG"},
                    "list": [{"accent_color": "blue"}], "x".repeat(65): {"color": "blue"}},
            },
            "payment_link_styles": {"panel": {"left": {"logo": "https://cdn.example.com/logo.SVG?v=1"}}},
            "external_fonts": [{"family_name": " ", "files": [{"weight": 50, "url": "http://cdn.example.com/f"},
                {"weight": 400, "url": "/fonts/a.woff2"}]}, 7],
            "settings": {
                "urls": {"a": 1}, "google_pay": true, "ui": {"dark_mode": "yes"}, "web_sdk": [],
                "card": {"default_network": "X", "visualization_mode": 1},
            },
            "flags": {"force_default_styles": 1},
        });
        let expected = [
            "styles.global.accent_color",
            "styles.global.primary_text_color",
            "styles.header.logo",
            "styles.header.font_weight",
            "styles.header.font_size",
            "styles.button.corner_radius",
            "styles.button.inner.color",
            "styles.button.list[0].accent_color",
            "styles.button",
            "styles.global.font_family",
            "payment_link_styles.panel.left.logo",
            "external_fonts[0].family_name",
            "external_fonts[0].files[0].weight",
            "external_fonts[0].files[0].url",
            "external_fonts[0].files[1].url",
            "external_fonts[1]",
            "settings.urls",
            "settings.google_pay",
            "settings.card.visualization_mode",
            "settings.web_sdk",
            "settings.ui.dark_mode",
            "settings.card.default_network",
            "flags.force_default_styles",
        ];
        assert_eq!(wrong(&sent), expected.map(|place| format!("styling.{place}")));
        assert_eq!(wrong(&json!([])), ["styling"]);
        let parts = json!({"styles": 1, "settings": [], "flags": "x", "external_fonts": {}, "payment_link_styles": 1});
        assert_eq!(wrong(&parts).len(), 5);
    }

    #[test]
    fn fonts_that_were_declared_before_can_be_used() {
        let kept = json!({"external_fonts": [{"family_name": "Corporate", "files": []}]});
        let sent = json!({"styles": {"global": {"font_family": "Corporate"}}});
        let mut problems = Problems::default();
        check(&sent, &kept, At::Root, &mut problems);
        assert!(problems.into_result().is_ok());
        assert_eq!(wrong(&sent), ["styling.styles.global.font_family"]);
        let forgotten = json!({"flags": {"force_default_styles": true}, "styles": sent["styles"]});
        let using = merged(kept.clone(), &sent);
        for (kept, sent) in [(&kept, forgotten), (&using, json!({"external_fonts": []}))] {
            let mut problems = Problems::default();
            check(&sent, kept, At::Root, &mut problems);
            assert!(problems.into_result().is_err(), "{sent} leaves a font without files");
        }
    }

    #[test]
    fn what_was_sent_takes_the_place_of_what_was_there() {
        let one = json!({
            "styles": {"global": {"accent_color": "#111111", "primary_text_color": "#222222"}},
            "external_fonts": [{"family_name": "A", "files": []}],
            "settings": {"ui": {"dark_mode": true}},
        });
        let two = json!({
            "styles": {"global": {"accent_color": "#333333", "primary_text_color": null}, "button": {"x": {"y": null}}},
            "external_fonts": [],
            "flags": {"force_default_styles": false},
            "nothing_known": 1,
        });
        let kept = merged(merged(json!({}), &one), &two);
        let expected = json!({
            "styles": {"global": {"accent_color": "#333333", "primary_text_color": "#222222"}, "button": {"x": {}}},
            "external_fonts": [],
            "settings": {"ui": {"dark_mode": true}},
        });
        assert_eq!(kept, expected);
        assert_eq!(answered(&kept)["styles"]["global"]["secondary_text_color"], "#84807F");

        let reset = json!({"flags": {"force_default_styles": true}, "styles": {"button": {"corner_radius": 4}}});
        let expected = json!({"settings": {"ui": {"dark_mode": true}}, "styles": {"button": {"corner_radius": 4}}});
        assert_eq!(merged(kept, &reset), expected);
    }
}
