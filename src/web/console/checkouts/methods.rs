//! What a checkout makes of payment methods: shown or not, in which order, under which name.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::SECTION;
use crate::catalog::CATALOG;
use crate::web::console::draw;
use crate::web::console::sign_in::Operator;
use crate::web::form::Form;

/// A method, as the checkout tells it.
struct Told<'a> {
    r#type: &'a str,
    shown: bool,
    order: String,
    /// The catalog's name.
    name: &'a str,
    /// The merchant's, if it has one.
    own_name: &'a str,
}

fn told(methods: &Value) -> impl Iterator<Item = Told<'_>> {
    methods.as_array().into_iter().flatten().map(|method| {
        let r#type = method["payment_method_type"].as_str().unwrap_or_default();
        let name = CATALOG.method(r#type).map_or(r#type, |method| method.name.as_str());
        let told = method["name"].as_str().unwrap_or_default();
        Told {
            r#type,
            shown: method["is_active"] == true,
            order: method["order_to_show"].to_string(),
            name,
            own_name: if told == name { "" } else { told },
        }
    })
}

/// The fields of a method.
fn fields(r#type: &str) -> [String; 3] {
    ["shown", "order", "name"].map(|field| format!("{field}-{type}"))
}

/// What a form changes of methods, as the API takes it; `None` when that is nothing. A place that was never said counts
/// after all that were: whoever says one says all.
pub(super) fn changed(methods: &Value, form: &Form) -> Option<Vec<Value>> {
    // A method that a connection has got since the form was drawn is not in it.
    let drawn: Vec<_> = told(methods).filter(|method| form.ticked(&fields(method.r#type)[1])).collect();
    let reordered = drawn.iter().any(|method| form.text(&fields(method.r#type)[1]) != method.order);
    let changes: Vec<Value> = drawn
        .iter()
        .filter_map(|method| {
            let [shown, order, name] = fields(method.r#type);
            let mut change = Map::new();
            if form.ticked(&shown) != method.shown {
                change.insert("is_active".to_owned(), json!(form.ticked(&shown)));
            }
            if reordered {
                let order = form.text(&order);
                let place = order.parse::<i64>().map_or_else(|_| json!(order), |place| json!(place));
                change.insert("order_to_show".to_owned(), place);
            }
            if form.text(&name) != method.own_name {
                change.insert("name".to_owned(), json!(form.text(&name)));
            }
            (!change.is_empty()).then(|| {
                change.insert("payment_method_type".to_owned(), json!(method.r#type));
                change.into()
            })
        })
        .collect();
    (!changes.is_empty()).then_some(changes)
}

pub(super) fn form_of(operator: &Operator, id: &str, methods: &Value, typed: Option<&Form>) -> Markup {
    let rows = html! { @for method in told(methods) { (row(&method, typed)) } };
    html! {
        form method="post" action={ (SECTION) "/" (id) "/methods" } {
            (operator.proof())
            (draw::table("Payment methods", &["Method", "Shown", "Order", "Own name"], &rows))
            p.hint { "Lower comes first. Without a name of its own, a method has that of the catalog." }
            button.primary { "Save the methods" }
        }
    }
}

fn row(method: &Told<'_>, typed: Option<&Form>) -> Markup {
    let [shown, order, name] = fields(method.r#type);
    // What was typed is kept, if it was this form that was refused.
    let typed = typed.filter(|form| form.ticked(&order));
    let is_shown = typed.map_or(method.shown, |form| form.ticked(&shown));
    let place = typed.map_or(method.order.as_str(), |form| form.text(&order));
    let own_name = typed.map_or(method.own_name, |form| form.text(&name));
    html! {
        tr {
            th scope="row" { (method.r#type) }
            td { input type="checkbox" name=(shown) checked[is_shown] aria-label={ "Show " (method.r#type) }; }
            td {
                input.short name=(order) type="number" min="0" step="1" required value=(place)
                    aria-label={ "Order of " (method.r#type) };
            }
            td {
                input name=(name) maxlength="255" autocomplete="off" value=(own_name) placeholder=(method.name)
                    aria-label={ "Name of " (method.r#type) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods() -> Value {
        json!([
            {"payment_method_type": "CARD", "name": "Card", "is_active": true, "order_to_show": 1},
            {"payment_method_type": "PIX", "name": "At once", "is_active": false, "order_to_show": 2},
        ])
    }

    #[test]
    fn only_what_differs_is_sent() {
        let card = &CATALOG.method("CARD").expect("a type").name;
        let mut methods = methods();
        methods[0]["name"] = json!(card);
        let same = Form::parse(b"shown-CARD=on&order-CARD=1&name-CARD=&order-PIX=2&name-PIX=At+once");
        assert_eq!(changed(&methods, &same), None);
        let other = Form::parse(b"order-CARD=1&name-CARD=&shown-PIX=on&order-PIX=2&name-PIX=");
        let expected = json!([
            {"is_active": false, "payment_method_type": "CARD"},
            {"is_active": true, "name": "", "payment_method_type": "PIX"},
        ]);
        assert_eq!(changed(&methods, &other).map(Value::from), Some(expected));
        assert_eq!(changed(&methods, &Form::parse(b"shown-CARD=on")), None, "what is not in the form stays");
    }

    #[test]
    fn whoever_changes_one_place_says_all() {
        let form = Form::parse(b"shown-CARD=on&order-CARD=5&name-CARD=Card&order-PIX=2&name-PIX=At+once");
        let changes = changed(&methods(), &form).map(Value::from).unwrap_or_default();
        assert_eq!((&changes[0]["order_to_show"], &changes[1]["order_to_show"]), (&json!(5), &json!(2)));
        let form = Form::parse(b"shown-CARD=on&order-CARD=first&name-CARD=Card");
        let changes = changed(&methods(), &form).map(Value::from).unwrap_or_default();
        assert_eq!(changes[0]["order_to_show"], "first", "the API says what is wrong with it");
    }
}
