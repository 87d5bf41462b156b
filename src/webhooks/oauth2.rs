//! Tokens for receivers that want one: fetched with client credentials, remembered until shortly before they expire.

use chrono::TimeDelta;
use moka::sync::Cache;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::client::{Client, Outcome};
use crate::db::webhooks;
use crate::types::{OrganizationId, Secret, Timestamp, WebhookId};

/// How long before a token expires it is not used any more.
const MARGIN: TimeDelta = TimeDelta::seconds(30);

/// How long a token is used whose life is not told.
const LIFE: i64 = 300;

/// Tokens that are remembered.
pub struct Tokens(Cache<Holder, Token>);

/// Whose token it is. Of a webhook that was changed since, it is another's.
type Holder = (OrganizationId, WebhookId, (u64, u32));

/// A token.
#[derive(Clone)]
struct Token {
    token: Secret,
    expires_at: Timestamp,
}

/// How long a token is used at most, however long it says.
const LONGEST: i64 = 24 * 60 * 60;

/// What the server that gives tokens answers.
#[derive(Deserialize)]
struct Granted {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    /// Seconds: a number, or for some servers a text that is one.
    #[serde(default)]
    expires_in: Value,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

impl Default for Tokens {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

impl Tokens {
    /// The header with the token of a webhook, if it is to have one.
    ///
    /// # Errors
    /// Why there is no token.
    pub async fn header(
        &self,
        client: &Client,
        organization: OrganizationId,
        webhook: &webhooks::Row,
        now: Timestamp,
    ) -> Result<Option<(HeaderName, HeaderValue)>, String> {
        let Some(url) = &webhook.oauth2_authentication_url else { return Ok(None) };
        let holder = holder(organization, webhook);
        let token = match self.0.get(&holder).filter(|token| now < token.expires_at) {
            Some(token) => token,
            None => {
                let token = fetch(client, url, webhook, now).await?;
                self.0.insert(holder, token.clone());
                token
            }
        };
        let name = webhook.oauth2_authorization_name.as_deref().unwrap_or("Authorization");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_str(&format!("Bearer {}", token.token.expose()));
        let mut value = value.map_err(|_| "the token is no text")?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    /// Forgets the token of a webhook whose receiver does not take it.
    pub fn forget(&self, organization: OrganizationId, webhook: &webhooks::Row) {
        self.0.invalidate(&holder(organization, webhook));
    }

    /// Forgets the tokens of all webhooks of an organization.
    pub fn forget_all(&self, organization: OrganizationId) {
        for (holder, _) in self.0.iter().filter(|(holder, _)| holder.0 == organization) {
            self.0.invalidate(&*holder);
        }
    }
}

fn holder(organization: OrganizationId, webhook: &webhooks::Row) -> Holder {
    (organization, webhook.webhook_id, webhook.updated_at.unix())
}

async fn fetch(client: &Client, url: &str, webhook: &webhooks::Row, now: Timestamp) -> Result<Token, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let id = webhook.oauth2_client_id.as_deref().unwrap_or_default();
    let secret = webhook.oauth2_client_secret.as_ref().map(Secret::expose).unwrap_or_default();
    let grant_type = webhook.oauth2_grant_type.as_deref().unwrap_or_default();
    let mut form = vec![("grant_type", grant_type), ("client_id", id), ("client_secret", secret)];
    if let Some(scope) = &webhook.oauth2_scope {
        form.push(("scope", scope));
    }
    let mut headers = HeaderMap::new();
    if webhook.oauth2_include_client_id {
        headers.insert("client_id", HeaderValue::from_str(id).map_err(|error| error.to_string())?);
    }
    match client.post_form(&url, headers, &form).await {
        Outcome::Answered { status: 200, body } => {
            let granted: Granted = serde_json::from_str(&body).map_err(|_| "it answered without a token")?;
            let told = granted.expires_in.as_i64().or_else(|| granted.expires_in.as_str()?.parse().ok());
            let seconds = told.unwrap_or(LIFE);
            let life = TimeDelta::seconds(seconds.clamp(0, LONGEST));
            Ok(Token { token: granted.access_token, expires_at: now.plus(life - MARGIN) })
        }
        Outcome::Answered { status, .. } => Err(format!("it answered {status}")),
        Outcome::Unanswered(problem) => Err(problem),
    }
}
