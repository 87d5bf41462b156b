//! The links of the OpenAPI document: which operation an answer leads to, and with which of its values.

use serde_json::{Value, json};
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::{OpenApi, RefOr};

use crate::api::document::operations;

/// Operations that go on with what one answers, and the parameters that they take from it.
type Leads = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const ID: &str = "$response.body#/id";

const CUSTOMER: &[Leads] = &[
    (
        &[
            "retrieve_customer",
            "update_customer",
            "delete_customer",
            "enroll_payment_method",
            "list_enrolled_payment_methods",
            "list_enrolled_payment_methods_alias",
        ],
        &[("customer_id", ID)],
    ),
    (
        &["retrieve_external_customer", "find_customer"],
        &[("merchant_customer_id", "$response.body#/merchant_customer_id")],
    ),
];

const CHECKOUT_SESSION: &[Leads] = &[(
    &[
        "retrieve_checkout_session",
        "update_checkout_session",
        "explain_checkout_payment_methods",
        "list_checkout_payment_methods",
        "list_checkout_installments",
        "create_session_token",
        "retrieve_checkout_info",
        "retrieve_session_payment",
    ],
    &[("checkout_session", "$response.body#/checkout_session")],
)];

const CUSTOMER_SESSION: &[Leads] = &[(
    &["retrieve_customer_session", "list_enrollable_payment_methods", "enroll_session_payment_method"],
    &[("customer_session", "$response.body#/customer_session")],
)];

const ENROLLING: &[Leads] = &[
    (&["retrieve_payment_method", "unenroll_payment_method"], &[("payment_method_id", ID)]),
    (
        &["complete_session_payment_method"],
        &[("customer_session", "$request.path.customer_session"), ("payment_method_id", ID)],
    ),
];

const ENROLLED: &[Leads] = &[
    (&["retrieve_payment_method", "unenroll_payment_method"], &[("payment_method_id", ID)]),
    (
        &["retrieve_customer_payment_method", "unenroll_customer_payment_method"],
        &[("customer_id", "$request.path.customer_id"), ("payment_method_id", ID)],
    ),
];

const PAYMENT: &[Leads] = &[
    (&["retrieve_payment", "cancel_or_refund_payment"], &[("payment_id", ID)]),
    (
        &["capture_payment", "cancel_payment", "refund_payment", "cancel_or_refund_transaction"],
        &[("payment_id", ID), ("transaction_id", "$response.body#/transactions/id")],
    ),
    (&["find_payments"], &[("merchant_order_id", "$response.body#/merchant_order_id")]),
];

const CAPTURE: &[Leads] = &[(
    &["refund_payment", "cancel_or_refund_transaction"],
    &[("payment_id", "$request.path.payment_id"), ("transaction_id", "$request.path.transaction_id")],
)];

const CONNECTION: &[Leads] = &[
    (
        &["retrieve_connection", "update_connection", "delete_connection"],
        &[("connection_id", "$response.body#/connection_id")],
    ),
    (&["retrieve_provider_catalog"], &[("provider_id", "$response.body#/provider_id")]),
];

const CHECKOUT: &[Leads] = &[(&["retrieve_checkout", "publish_checkout", "update_checkout"], &[("checkout_code", ID)])];

const PLAN: &[Leads] = &[(
    &["retrieve_installments_plan", "update_installments_plan", "delete_installments_plan"],
    &[("installment_code", ID)],
)];

const WEBHOOK: &[Leads] = &[
    (&["retrieve_webhook", "delete_webhook"], &[("webhook_id", ID), ("account_id", "$response.body#/account_id")]),
    (&["update_webhook", "list_webhook_deliveries"], &[("webhook_id", ID)]),
];

/// What the answer of an operation leads to.
const LINKS: &[(&str, &[Leads])] = &[
    ("create_customer", CUSTOMER),
    ("create_checkout_session", CHECKOUT_SESSION),
    ("create_customer_session", CUSTOMER_SESSION),
    ("create_customer_session_alias", CUSTOMER_SESSION),
    ("enroll_session_payment_method", ENROLLING),
    ("enroll_payment_method", ENROLLED),
    ("create_payment", PAYMENT),
    ("capture_payment", CAPTURE),
    ("create_installments_plan", PLAN),
    ("create_connection", CONNECTION),
    ("create_checkout", CHECKOUT),
    ("create_webhook", WEBHOOK),
    ("list_events", &[(&["list_events"], &[("after", "$response.body#/next_after")])]),
    ("list_webhook_deliveries", &[(&["resend_delivery"], &[("delivery_id", "$response.body#/0/id")])]),
];

/// What the answer of an operation is put into: another's body.
fn bodies() -> [(&'static str, &'static [&'static str], Value); 5] {
    let session = json!({
        "account_id": "$request.body#/account_id", "country": "$response.body#/country",
        "amount": "$response.body#/amount", "checkout": {"session": "$response.body#/checkout_session"},
    });
    [
        (
            "create_customer",
            &["create_checkout_session", "create_customer_session", "create_customer_session_alias"],
            json!({"customer_id": ID}),
        ),
        ("create_checkout_session", &["create_payment"], session),
        ("create_installments_plan", &["create_checkout_session"], json!({"installments": {"plan_id": ID}})),
        (
            "create_session_token",
            &["create_payment"],
            json!({
                "checkout": {"session": "$request.path.checkout_session"},
                "payment_method": {"token": "$response.body#/token"},
            }),
        ),
        ("create_token", &["create_payment"], json!({"payment_method": {"token": "$response.body#/token"}})),
    ]
}

/// Adds the links to what operations answer when they succeed.
pub(super) fn add(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        let succeeded = operation.responses.responses.iter_mut().find(|(status, _)| status.starts_with('2'));
        let Some((_, RefOr::T(response))) = succeeded else { continue };
        let leads = LINKS.iter().filter(|(from, _)| *from == id).flat_map(|(_, leads)| *leads);
        for (to, parameters) in leads.flat_map(|(targets, parameters)| targets.iter().map(move |to| (to, parameters))) {
            let link = LinkBuilder::new().operation_id(*to);
            let link = parameters.iter().fold(link, |link, (name, value)| link.parameter(*name, *value));
            response.links.insert((*to).to_owned(), RefOr::T(link.build()));
        }
        for (_, targets, body) in bodies().iter().filter(|(from, ..)| *from == id) {
            for to in *targets {
                let link = LinkBuilder::new().operation_id(*to).request_body(Some(body.clone()));
                response.links.insert((*to).to_owned(), RefOr::T(link.build()));
            }
        }
    }
}
