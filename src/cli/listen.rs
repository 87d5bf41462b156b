//! `yuno-sessions listen`: print events as they come, and forward them to a receiver on this machine.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::api::auth::{PRIVATE_SECRET_KEY, PUBLIC_API_KEY};
use crate::types::{Endpoint, Secret};
use crate::webhooks::{Client, Outcome, Secrets};
use crate::{demo, shutdown};

/// How long to wait when there is nothing new, or nobody to ask or to forward to.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many events are asked for at once.
const PAGE: &str = "100";

/// What to listen to, and where to forward it.
#[derive(Args, Debug)]
pub struct ListenArgs {
    /// Receiver that every event is forwarded to, such as <http://localhost:3000/webhooks>
    #[arg(long, value_parser = Endpoint::parse)]
    forward_to: Option<Endpoint>,

    /// Server whose events to read
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    server: Url,

    /// Place of the event after which to begin, 0 for all that is kept; what happens from now on when not given
    #[arg(long)]
    after: Option<i64>,

    /// Public key of the organization
    #[arg(long, env = "PUBLIC_API_KEY", default_value = demo::PUBLIC_API_KEY)]
    public_api_key: String,

    /// Secret key of the organization
    #[arg(long, env = "PRIVATE_SECRET_KEY", default_value = demo::PRIVATE_SECRET_KEY, hide_env_values = true)]
    private_secret_key: Secret,

    /// Sent to the receiver as x-api-key
    #[arg(long)]
    api_key: Option<Secret>,

    /// Sent to the receiver as x-secret
    #[arg(long)]
    secret: Option<Secret>,

    /// Secret that what is forwarded is signed with, as x-hmac-signature
    #[arg(long)]
    hmac_client_secret: Option<Secret>,
}

/// A page of events, as far as it is read here.
#[derive(Deserialize)]
struct Page {
    events: Vec<Event>,
    next_after: i64,
    latest: i64,
}

/// An event, as far as it is read here.
#[derive(Deserialize)]
struct Event {
    position: i64,
    body: Value,
}

/// Listens until the process is told to stop.
///
/// # Errors
/// When the server refuses to tell, or the events cannot be printed.
pub async fn run(args: &ListenArgs) -> anyhow::Result<()> {
    let stop = shutdown::requested()?;
    tokio::select! {
        ended = listen(args) => ended,
        () = stop => Ok(()),
    }
}

async fn listen(args: &ListenArgs) -> anyhow::Result<()> {
    // What it calls is what its user has typed in.
    let client = Client::new(true)?;
    let mut latest = read(args, &client, 0, "1").await?.latest;
    let mut after = args.after.unwrap_or(latest);
    say(&format!("listening to {} from event {} on", args.server, after.saturating_add(1)))?;
    loop {
        let page = read(args, &client, after, PAGE).await?;
        for event in page.events {
            let mut line = line_of(&event);
            if let Some(receiver) = args.forward_to.as_ref().map(Endpoint::url) {
                line += &format!(" -> {}", forward(args, &client, receiver, &event).await?);
            }
            say(&line)?;
        }
        let anew = page.latest < latest;
        latest = page.latest;
        if anew {
            say("the server begins anew, and so does this")?;
            after = 0;
            continue;
        }
        if page.next_after == after {
            tokio::time::sleep(PAUSE).await;
        }
        // Only what is forwarded is behind us.
        after = page.next_after;
    }
}

/// The next events; asks again as long as the server cannot be reached or is not ready.
async fn read(args: &ListenArgs, client: &Client, after: i64, limit: &str) -> anyhow::Result<Page> {
    let mut url = args.server.join("/v1/events").context("--server must be an http or https URL")?;
    url.query_pairs_mut().append_pair("after", &after.to_string()).append_pair("limit", limit);
    let mut waiting = false;
    loop {
        let call = client
            .http()
            .get(url.clone())
            .timeout(PATIENCE)
            .header(PUBLIC_API_KEY, &args.public_api_key)
            .header(PRIVATE_SECRET_KEY, args.private_secret_key.expose());
        match call.send().await {
            Ok(answer) if answer.status() == StatusCode::OK => match answer.json().await {
                Ok(page) => return Ok(page),
                Err(error) if error.is_decode() => bail!("{} does not answer like yuno-sessions", args.server),
                Err(_) => {}
            },
            Ok(answer) if answer.status().is_client_error() => {
                bail!("{} answered {}: {}", args.server, answer.status(), answer.text().await?)
            }
            Err(error) if error.is_builder() => return Err(error).context("the keys cannot be sent"),
            Ok(_) | Err(_) if !waiting => {
                waiting = true;
                say(&format!("waiting for {}", args.server))?;
            }
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Forwards an event as a webhook would get it, and says what the receiver answered. One that is not there is waited
/// for, so that nothing is missed while it starts again.
async fn forward(args: &ListenArgs, client: &Client, receiver: &Url, event: &Event) -> anyhow::Result<String> {
    let body = event.body.to_string();
    let secrets = Secrets {
        api_key: args.api_key.as_ref(),
        secret: args.secret.as_ref(),
        hmac_client_secret: args.hmac_client_secret.as_ref(),
    };
    let headers = secrets.headers(body.as_bytes()).context("--api-key or --secret cannot be sent")?;
    let mut waiting = false;
    loop {
        match client.post(receiver, headers.clone(), body.clone()).await {
            Outcome::Answered { status: 200, .. } => return Ok("200".to_owned()),
            Outcome::Answered { status, .. } => return Ok(format!("{status}, which is not delivered")),
            Outcome::Unanswered(problem) if !waiting => {
                waiting = true;
                say(&format!("waiting for {receiver}: {problem}"))?;
            }
            Outcome::Unanswered(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a person wants to know of an event: its place, what happened, to what, and how that stands now.
fn line_of(event: &Event) -> String {
    let text = |place: &str| event.body.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let subject = event.body["data"].as_object().and_then(|data| data.keys().next().cloned()).unwrap_or_default();
    let (id, status) = (text(&format!("/data/{subject}/id")), text(&format!("/data/{subject}/status")));
    format!("{} {} {id} {status}", event.position, text("/type_event"))
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot print")
}
