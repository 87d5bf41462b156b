//! What those see who watch the server.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use chrono::TimeDelta;
use serde_json::{Value, json};
use yuno_sessions::metrics::Metrics;

use crate::support::{GOOD_CARD, Receiver, Reply, Server, TestApp, command, document, http};

/// The value of a sample; 0 where it is not there.
fn value(text: &str, sample: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn every_metric_is_exposed_under_its_name_with_its_help() {
    let app = TestApp::new().await;
    app.merchant().pay_direct(GOOD_CARD).await;
    let text = app.metrics().await;
    for (name, kind) in Metrics::names() {
        assert!(text.contains(&format!("\n# TYPE {name} {kind}\n")), "{name} ({kind}) in {text}");
        let help = format!("# HELP {name} ");
        let help = text.lines().find_map(|line| line.strip_prefix(&help)).expect(name);
        assert!(help.len() > 5 && help.ends_with('.') && !help.ends_with(".."), "{name}: {help}");
    }
    let exposed = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(exposed, Metrics::names().len(), "nothing else is");
}

#[tokio::test]
async fn requests_are_counted_by_template_method_and_status() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{session}");
    for _ in 0..2 {
        merchant.get(&path).await.expect(200);
    }
    merchant.get("/v1/checkout/sessions/unknown").await.expect(400);
    app.anybody().get(&path).await.expect(401);
    merchant.get("/nowhere/secret").await.expect(404);
    let text = app.metrics().await;
    let template = "/v1/checkout/sessions/{checkout_session}";
    let sample = |route, method, status| {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        value(&text, &format!("yuno_sessions_requests_total{{{labels}}}"))
    };
    assert_eq!(sample("/v1/checkout/sessions", "POST", 200), 1.0, "{text}");
    assert_eq!(sample(template, "GET", 200), 2.0);
    assert_eq!(sample(template, "GET", 400), 1.0);
    assert_eq!(sample(template, "GET", 401), 1.0);
    assert_eq!(sample("other", "GET", 404), 1.0);
    let count = format!("yuno_sessions_request_seconds_count{{route=\"{template}\"}}");
    assert_eq!(value(&text, &count), 4.0);
    assert_eq!(value(&text, "yuno_sessions_requests_in_flight"), 0.0);
    assert_eq!(value(&text, "yuno_sessions_checkout_sessions_created_total"), 1.0);
    let find = "yuno_sessions_statement_rows_sum{statement=\"find_checkout_session\"}";
    assert_eq!(value(&text, find), 2.0, "an id that is none is not asked for");
    // Neither an id nor what somebody made up.
    for unbounded in [session.as_str(), "secret", "unknown"] {
        assert!(!text.contains(unbounded), "{unbounded} in {text}");
    }
}

#[tokio::test]
async fn payments_and_what_waits_to_be_told_are_seen() {
    let app = TestApp::new().await;
    let receiver = Receiver::answering(|_, _| Reply::Status(500)).await;
    let merchant = app.merchant();
    merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.wait(TimeDelta::seconds(90));
    let text = app.metrics().await;
    let approved = "yuno_sessions_payments_total{status=\"SUCCEEDED\",sub_status=\"APPROVED\"}";
    assert_eq!(value(&text, approved), 1.0, "{text}");
    assert_eq!(value(&text, "yuno_sessions_gateway_seconds_count{outcome=\"answered\"}"), 1.0);
    assert_eq!(value(&text, "yuno_sessions_outbox_events"), 1.0);
    assert_eq!(value(&text, "yuno_sessions_outbox_oldest_seconds"), 90.0);
    assert_eq!(value(&text, "yuno_sessions_database_up"), 1.0);

    app.deliver().await;
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_outbox_events"), 0.0);
    assert_eq!(value(&text, "yuno_sessions_outbox_oldest_seconds"), 0.0);
    assert_eq!(value(&text, "yuno_sessions_deliveries_pending"), 1.0);
    assert_eq!(value(&text, "yuno_sessions_deliveries_due"), 0.0);
    assert_eq!(value(&text, "yuno_sessions_delivery_seconds_count{outcome=\"refused\"}"), 1.0);

    app.wait(TimeDelta::days(1));
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_deliveries_due"), 1.0);
    assert!(value(&text, "yuno_sessions_deliveries_oldest_due_seconds") > 80_000.0, "{text}");
}

#[tokio::test]
async fn what_was_given_up_and_what_ran_out_is_seen() {
    let app = TestApp::new().await;
    let receiver = Receiver::answering(|_, _| Reply::Status(500)).await;
    let merchant = app.merchant();
    merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    for _ in 0..7 {
        app.deliver().await;
        app.wait(TimeDelta::days(3));
    }
    merchant.make_customer_session("BR").await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    merchant.post("/v1/payments", body).await.expect(201);
    app.wait(TimeDelta::days(30));
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_deliveries_failed_total"), 1.0, "{text}");
    assert_eq!(value(&text, "yuno_sessions_customer_sessions_created_total"), 1.0);
    assert_eq!(value(&text, "yuno_sessions_payments_due"), 1.0);
    assert!(value(&text, "yuno_sessions_payments_oldest_due_seconds") > 80_000.0, "{text}");
    app.do_what_is_due().await;
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_payments_due"), 0.0, "{text}");
    let done = |kind| value(&text, &format!("yuno_sessions_due_work_total{{kind=\"{kind}\"}}"));
    assert_eq!((done("payments_ended"), done("events_dropped")), (1.0, 1.0), "{text}");
}

#[tokio::test]
async fn what_could_not_be_done_is_seen() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    merchant.post("/v1/payments", body).await.expect(201);
    let never = "alter table payments add constraint never check (sub_status <> 'EXPIRED') not valid";
    sqlx::query(never).execute(app.pool()).await.unwrap();
    app.wait(TimeDelta::days(30));
    app.do_what_is_due().await;
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_due_work_failures_total"), 1.0, "{text}");
    assert_eq!(value(&text, "yuno_sessions_due_work_total{kind=\"payments_ended\"}"), 0.0);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_seen() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_pool_failures_total"), 0.0, "{text}");
    assert!(value(&text, "yuno_sessions_pool_acquire_seconds_count") > 0.0, "{text}");
    app.pool().close().await;
    merchant.get(format!("/v1/checkout/sessions/{session}")).await.refused(503, "SERVICE_UNAVAILABLE");
    merchant.get("/v1/connections").await.refused(503, "SERVICE_UNAVAILABLE");
    let text = app.metrics().await;
    assert_eq!(value(&text, "yuno_sessions_database_up"), 0.0, "{text}");
    assert!(value(&text, "yuno_sessions_pool_failures_total") > 0.0, "{text}");
    assert_eq!(value(&text, "yuno_sessions_pool_waiting"), 0.0);
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own() {
    let server = Server::start(command().args(["--ephemeral", "--metrics-listen", "127.0.0.1:0"]));
    let address = metrics_address(&server);
    let metrics = http().get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(metrics.status(), 200);
    let text = metrics.text().await.unwrap();
    let built = format!("yuno_sessions_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&text, &built), 1.0, "{text}");
    for told in ["process_resident_memory_bytes", "process_open_fds", "yuno_sessions_pool_connections_limit"] {
        assert!(value(&text, told) > 0.0, "{told} in {text}");
    }
    // Neither is to be had where the other is.
    let of_api = http().get(format!("{}/metrics", server.url)).send().await.unwrap();
    assert_eq!(of_api.status(), 404);
    for path in ["/v1/checkout/sessions", "/health/live", "/"] {
        let asked = http().get(format!("http://{address}{path}")).send().await.unwrap();
        assert_eq!(asked.status(), 404, "{path}");
    }
    let (status, _) = server.stop("-TERM");
    assert_eq!(status.code(), Some(0));
}

/// Where a server says that its metrics are.
fn metrics_address(server: &Server) -> String {
    server.logged("metrics").rsplit_once("address=").unwrap().1.to_owned()
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open_and_when_they_are_refused() {
    let options = ["--ephemeral", "--metrics-listen", "127.0.0.1:0", "--max-connections", "2"];
    let server = Server::start(command().args(options));
    let address = metrics_address(&server);
    let asked =
        || async { http().get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap() };
    let open = || {
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (stream, status)
    };
    let (_one, answered) = open();
    let (_two, also) = open();
    assert_eq!((&answered, &also), (b"HTTP/1.1 200", b"HTTP/1.1 200"));
    assert_eq!(&open().1, b"HTTP/1.1 503");
    let text = asked().await;
    assert_eq!(value(&text, "yuno_sessions_connections_open"), 2.0, "{text}");
    assert_eq!(value(&text, "yuno_sessions_connections_limit"), 2.0);
    assert_eq!(value(&text, "yuno_sessions_connections_refused_total"), 1.0);
}

/// A file of this project.
fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path)
}

/// What stands in a text and could be the name of a metric, without what the samples of a histogram have behind it.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words.filter(|word| word.starts_with("yuno_sessions_") || word.starts_with("process_"));
    let names: Vec<_> = Metrics::names();
    words
        .map(|word| {
            let of_histogram = names.iter().filter(|(_, kind)| *kind == "histogram").find(|(name, _)| {
                ["_bucket", "_count", "_sum"].iter().any(|suffix| word.strip_suffix(suffix) == Some(name))
            });
            of_histogram.map_or(word, |(name, _)| name).to_owned()
        })
        .collect()
}

fn known() -> BTreeSet<String> {
    Metrics::names().into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// The queries of a dashboard, wherever they stand.
fn queries(json: &Value) -> Vec<&str> {
    let inner = match json {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(values) => values.iter().collect(),
        _ => Vec::new(),
    };
    let own = ["expr", "definition"].iter().filter_map(|field| json.get(field)?.as_str());
    own.chain(inner.into_iter().flat_map(queries)).collect()
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/yuno-sessions.json")).unwrap();
    assert_eq!(named(&queries(&dashboard).join("\n")), known());
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(!queries(panel).is_empty() && panel["description"].is_string(), "{panel}");
    }
}

#[test]
fn alerts_ask_for_metrics_that_are_there_and_say_what_to_do() {
    let alerts = file("deploy/prometheus/alerts.yml");
    let unknown: Vec<_> = named(&alerts).difference(&known()).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let operations = file("docs/OPERATIONS.md");
    let rules: Vec<_> = alerts.split("- alert: ").skip(1).collect();
    assert!(rules.len() > 10);
    for rule in rules {
        let name = rule.lines().next().unwrap();
        for part in ["expr:", "for:", "severity:", "summary:", "action:"] {
            assert_eq!(rule.matches(part).count(), 1, "{name}: {part}");
        }
        assert!(operations.contains(&format!("| `{name}` |")), "docs/OPERATIONS.md says nothing of {name}");
    }
}

/// In a pattern a dot stands for a brace of a template.
#[test]
fn routes_that_alerts_and_the_dashboard_leave_out_are_there() {
    let known: Vec<_> = document()["paths"].as_object().unwrap().keys().collect();
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/yuno-sessions.json")).unwrap();
    let text = file("deploy/prometheus/alerts.yml") + &queries(&dashboard).join("\n");
    let patterns: Vec<_> = ["route!~\"", "route=~\""].iter().flat_map(|label| text.split(label).skip(1)).collect();
    assert!(patterns.len() >= 5, "{patterns:?}");
    for pattern in patterns.iter().flat_map(|rest| rest.split('"').next().unwrap().split('|')) {
        let is_there = match pattern.strip_suffix(".*") {
            Some(beginning) => known.iter().any(|path| path.starts_with(beginning)),
            None => known.contains(&&pattern.replace("/.", "/{").replace("./", "}/")),
        };
        assert!(is_there || ["/console/payments/.*", "other"].contains(&pattern), "{pattern}");
    }
}

#[test]
fn every_metric_is_described_to_operators() {
    let operations = file("docs/OPERATIONS.md");
    for (name, kind) in Metrics::names() {
        assert!(operations.contains(&format!("| `{name}` | {kind} |")), "docs/OPERATIONS.md: {name}, a {kind}");
    }
}
