//! `/health`

use crate::support::TestApp;

#[tokio::test]
async fn tells_that_it_runs_and_that_it_can_serve() {
    let app = TestApp::new().await;
    assert_eq!(app.anybody().get("/health/live").await.expect(200)["status"], "UP");
    assert_eq!(app.anybody().get("/health/ready").await.expect(200)["status"], "UP");
}

#[tokio::test]
async fn is_not_ready_but_alive_without_its_database() {
    let app = TestApp::new().await;
    app.pool().close().await;
    app.anybody().get("/health/live").await.expect(200);
    let answer = app.anybody().get("/health/ready").await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.refused(503, "SERVICE_UNAVAILABLE");
    app.merchant().get("/v1/connections").await.refused(503, "SERVICE_UNAVAILABLE");
}
