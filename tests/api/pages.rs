//! The pages for people: what they say, to whom, and what their browser may do. `tests/pages` clicks them in a real one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, Setup, TestApp};

struct Shown {
    status: u16,
    policy: String,
    html: String,
}

async fn show(client: &Client, path: &str) -> Shown {
    let answer = client.get(path).await;
    Shown {
        status: answer.status.as_u16(),
        policy: answer.headers.get("content-security-policy").map_or("", |value| value.to_str().unwrap()).to_owned(),
        html: String::from_utf8(answer.bytes.to_vec()).unwrap(),
    }
}

/// Makes a session with more fields, and gives the address of its checkout.
async fn checkout(app: &TestApp, more: Value) -> String {
    let merchant = app.merchant();
    let mut body = merchant.session_body("BR", "BRL");
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let key = merchant.keys.public.clone().unwrap();
    format!("/checkout/{}?public_api_key={key}", session["checkout_session"].as_str().unwrap())
}

#[tokio::test]
async fn a_checkout_speaks_the_customers_language_and_shows_texts_as_texts() {
    let app = TestApp::new().await;
    let more = json!({"payment_description": "<script>alert(1)</script>\"'&", "workflow": "CHECKOUT"});
    let path = checkout(&app, more).await;
    for (query, accepted, lang, text) in [
        ("", "", "pt", "Como você quer pagar?"),
        ("", "es-MX, en;q=0.5", "es", "¿Cómo quieres pagar?"),
        ("&language=en", "es", "en", "How would you like to pay?"),
    ] {
        let page = show(&app.anybody().with("accept-language", accepted), &format!("{path}{query}")).await;
        assert_eq!(page.status, 200);
        assert!(page.html.contains(&format!("<html lang=\"{lang}\">")) && page.html.contains(text), "{}", page.html);
        assert!(page.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;"), "{}", page.html);
        assert!(!page.html.contains("<script>"), "{}", page.html);
        // Pictures are found from wherever the page is.
        assert!(page.html.contains("src=\"/icons/pix.svg\""), "{}", page.html);
    }
}

#[tokio::test]
async fn a_page_runs_its_own_scripts_and_calls_nobody_else() {
    let app = TestApp::new().await;
    let path = checkout(&app, json!({})).await;
    for path in [path.as_str(), "/", "/console/sign-in"] {
        let page = show(&app.anybody(), path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{}", page.policy);
        for part in ["connect-src 'self';", "form-action 'self';", "base-uri 'none';", "frame-ancestors 'none'"] {
            assert!(page.policy.contains(part), "{part} in {}", page.policy);
        }
        assert!(!page.policy.contains("unsafe"), "{}", page.policy);
        for inline in [" style=", " onclick=", "<script>", "javascript:"] {
            assert!(!page.html.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn a_merchants_looks_are_let_in_one_by_one() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let made = merchant.make_checkout("For the sale").await;
    let styling = json!({
        "config": {"payment_methods": [{"payment_method_type": "PIX", "icon": "https://icons.example.com/pix.png"}]},
        "styling": {
            "styles": {
                "global": {"accent_color": "#8A1C4A", "font_family": "Corporate"},
                "header": {"logo": "https://cdn.example.com/logo.png"},
            },
            "external_fonts": [
                {"family_name": "Corporate", "files": [{"weight": 400, "url": "https://fonts.example.com/c.woff2"}]},
            ],
        },
    });
    merchant.with_account().put(format!("/v1/checkouts/{made}"), styling).await.expect(200);
    let page = show(&app.anybody(), &checkout(&app, json!({"checkout_id": made})).await).await;
    assert!(page.html.contains("--accent:#8A1C4A;"), "{}", page.html);
    assert!(page.html.contains("src=\"https://cdn.example.com/logo.png\""), "{}", page.html);
    let pictures = "img-src 'self' data: https://cdn.example.com https://icons.example.com;";
    assert!(page.policy.contains(pictures), "{}", page.policy);
    assert!(page.policy.contains("font-src 'self' https://fonts.example.com;"), "{}", page.policy);
    // Its style is the one that it says it has.
    let style = page.html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, yuno_sessions::keys::sha256(style));
    assert!(page.policy.contains(&format!("style-src 'self' 'sha256-{digest}';")), "{}", page.policy);
}

#[tokio::test]
async fn what_is_no_checkout_of_the_key_is_none() {
    let app = TestApp::new().await;
    let path = checkout(&app, json!({})).await;
    let id = path.split(['/', '?']).nth(2).unwrap();
    let stranger = app.another_merchant().await.keys.public.unwrap();
    for wrong in [
        format!("/checkout/{id}?public_api_key={stranger}"),
        format!("/checkout/{id}?public_api_key=nonsense"),
        path.replace(id, "01980f2e-7a6b-7c4d-8e5f-0123456789ab"),
        path.replace(id, "nonsense"),
        path.replace(id, "..%2F..%2Fhealth"),
    ] {
        let page = show(&app.anybody(), &wrong).await;
        assert_eq!(page.status, 404, "{wrong}");
        assert!(page.html.contains("<h1>") && !page.html.contains("Running shoes"), "{}", page.html);
    }
    app.wait(TimeDelta::hours(5));
    let page = show(&app.anybody(), &path).await;
    assert_eq!(page.status, 410);
    assert!(page.html.contains("Este pagamento expirou"), "{}", page.html);
}

#[tokio::test]
async fn what_pages_are_made_of_is_kept_by_browsers_until_it_changes() {
    let app = TestApp::new().await;
    let page = show(&app.anybody(), "/").await;
    let assets: Vec<_> = page.html.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(assets.len(), 2, "{assets:?}");
    assert_eq!(app.anybody().get("/assets/000000000000/other.js").await.status, 404);
    for asset in assets {
        let answer = app.anybody().get(asset).await;
        assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(answer.status, 200);
        let digest = asset.split('/').nth(2).unwrap();
        let of_another_version = app.anybody().get(asset.replace(digest, "000000000000")).await;
        assert_eq!((of_another_version.status.as_u16(), &of_another_version.bytes), (200, &answer.bytes));
        assert_eq!(of_another_version.headers["cache-control"], "no-cache");
    }
}

#[tokio::test]
async fn the_first_page_has_keys_only_where_everybody_knows_them() {
    for (demo, path) in [(true, "/"), (false, "/"), (false, "/console/sign-in")] {
        let app = TestApp::with(Setup { demo, ..Setup::default() }).await;
        let page = show(&app.anybody(), path).await;
        assert_eq!(page.html.contains("sandbox_demo_secret_key"), demo, "{path}");
        assert_eq!(page.html.contains("sandbox_demo_public_key"), demo, "{path}");
        assert!(demo || path != "/" || page.html.contains("href=\"/console\""), "{}", page.html);
    }
}
