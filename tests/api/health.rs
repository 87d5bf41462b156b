//! `/health`

use crate::support::TestApp;

#[tokio::test]
async fn tells_that_it_runs_and_that_it_can_serve() {
    let app = TestApp::new().await;
    assert_eq!(app.anybody().get("/health/live").await.expect(200)["status"], "UP");
    assert_eq!(app.anybody().get("/health/ready").await.expect(200)["status"], "UP");
}

#[tokio::test]
async fn says_within_two_seconds_that_it_cannot_serve() {
    let app = TestApp::new().await;
    let mut held = Vec::new();
    for _ in 0..app.pool().options().get_max_connections() {
        held.push(app.pool().acquire().await.unwrap());
    }
    // From here on time passes by itself when nothing else is to be done.
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    app.anybody().get("/health/ready").await.refused(503, "SERVICE_UNAVAILABLE");
    assert_eq!(asked.elapsed().as_secs(), 2);
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
