//! `GET /icons/{icon}`

use yuno_sessions::catalog::CATALOG;

use crate::support::TestApp;

#[tokio::test]
async fn every_type_has_a_small_picture() {
    let app = TestApp::new().await;
    for method in CATALOG.methods() {
        let answer = app.anybody().get(format!("/icons/{}.svg", method.slug)).await;
        assert_eq!(answer.status, 200, "{}", method.r#type);
        assert_eq!(answer.headers["content-type"], "image/svg+xml");
        let picture = String::from_utf8(answer.bytes.to_vec()).unwrap();
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>") && picture.len() < 1024, "{picture}");
        assert!(!picture.contains("href"), "nothing from elsewhere");
    }
}

#[tokio::test]
async fn there_is_none_of_an_unknown_type() {
    let app = TestApp::new().await;
    for wrong in ["/icons/nothing.svg", "/icons/pix.png", "/icons/PIX.svg", "/icons/%2e%2e"] {
        app.anybody().get(wrong).await.refused(404, "NOT_FOUND");
    }
}
