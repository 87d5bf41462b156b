//! How a checkout looks, in its main lines: colours, font and corners.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::SECTION;
use crate::checkout::{FONTS, is_colour};
use crate::web::console::sign_in::Operator;
use crate::web::form::Form;
use crate::web::safe::is_font_name;

/// Colours: field, name, and its section of the styles.
const COLOURS: [(&str, &str); 3] =
    [("accent_color", "Accent"), ("primary_background_color", "Background"), ("primary_text_color", "Text")];

/// All fields with their section of the styles.
const FIELDS: [(&str, &str); 5] = [
    ("global", "accent_color"),
    ("global", "primary_background_color"),
    ("global", "primary_text_color"),
    ("global", "font_family"),
    ("button", "corner_radius"),
];

/// A value as it stands in a field.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a form changes of the styles, as the API takes it; `None` when that is nothing.
pub(super) fn changed(styling: &Value, form: &Form) -> Option<Value> {
    let mut styles = json!({});
    for (section, field) in FIELDS {
        let typed = form.text(field);
        // A browser's choice of a colour is in small letters.
        if form.ticked(field) && !typed.eq_ignore_ascii_case(&text(&styling["styles"][section][field])) {
            let number = serde_json::from_str::<Value>(typed).ok().filter(Value::is_number);
            styles[section][field] = match (field, number) {
                ("corner_radius", Some(number)) => number,
                _ => json!(typed),
            };
        }
    }
    (styles != json!({})).then_some(styles)
}

pub(super) fn form_of(operator: &Operator, id: &str, styling: &Value, typed: Option<&Form>) -> Markup {
    let typed = typed.filter(|form| form.ticked("accent_color"));
    let value = |section: &str, field: &str| {
        typed.map_or_else(|| text(&styling["styles"][section][field]), |form| form.text(field).to_owned())
    };
    let declared = styling["external_fonts"].as_array().into_iter().flatten();
    let declared = declared.filter_map(|font| font["family_name"].as_str());
    let font = value("global", "font_family");
    html! {
        form.panel method="post" action={ (SECTION) "/" (id) "/looks" } {
            (operator.proof())
            div.row {
                @for (field, name) in COLOURS {
                    @let colour = value("global", field);
                    div {
                        label for=(field) { (name) }
                        // A browser can only choose colours without transparency.
                        @let kind = if is_colour(&colour) && colour.len() == 7 { "color" } else { "text" };
                        input id=(field) name=(field) type=(kind) required value=(colour) autocomplete="off";
                    }
                }
            }
            div.row {
                div {
                    label for="font_family" { "Font" }
                    select #font_family name="font_family" {
                        @for name in FONTS.into_iter().chain(declared) {
                            option value=(name) selected[name == font] { (name) }
                        }
                    }
                }
                div {
                    label for="corner_radius" { "Corner radius of buttons" }
                    input #corner_radius name="corner_radius" type="number" min="0" step="any" required
                        value=(value("button", "corner_radius"));
                }
            }
            button.primary { "Save the looks" }
        }
    }
}

/// The looks of the preview: of what the checkout says only what is safe in a style sheet.
pub(super) fn style(styling: &Value) -> String {
    let global = &styling["styles"]["global"];
    let colour = |field: &str, property: &str| {
        let colour = global[field].as_str().filter(|colour| is_colour(colour))?;
        Some(format!("{property}:{colour};"))
    };
    let font = global["font_family"].as_str().filter(|font| is_font_name(font));
    let radius = styling["styles"]["button"]["corner_radius"].as_f64().filter(|radius| (0.0..=999.0).contains(radius));
    let declarations = [
        colour("primary_background_color", "background"),
        colour("primary_text_color", "color"),
        font.map(|font| format!("font-family:\"{font}\",sans-serif;")),
        radius.map(|radius| format!("--corners:{radius}px;")),
        colour("accent_color", "--accent"),
        colour("primary_button_text_color", "--on-accent"),
    ];
    format!(".phone{{{}}}", declarations.into_iter().flatten().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styling() -> Value {
        json!({"styles": {
            "global": {"accent_color": "#1A73E8", "font_family": "Inter"}, "button": {"corner_radius": 8},
        }})
    }

    #[test]
    fn only_what_differs_is_sent() {
        assert_eq!(
            changed(&styling(), &Form::parse(b"accent_color=%231a73e8&font_family=Inter&corner_radius=8")),
            None
        );
        let form = Form::parse(b"accent_color=blue&corner_radius=2.5");
        let expected = json!({"global": {"accent_color": "blue"}, "button": {"corner_radius": 2.5}});
        assert_eq!(changed(&styling(), &form), Some(expected));
    }

    #[test]
    fn nothing_gets_out_of_the_style() {
        let mut styling = styling();
        assert!(style(&styling).contains("--accent:#1A73E8;") && style(&styling).contains("--corners:8px;"));
        styling["styles"]["global"]["accent_color"] = json!("red;}</style>");
        styling["styles"]["global"]["font_family"] = json!("a\"}body{display:none");
        styling["styles"]["button"]["corner_radius"] = json!("8px}");
        assert_eq!(style(&styling), ".phone{}");
    }
}
