//! Somebody who is signed in to the console, with a browser that runs no scripts.

use axum::http::Method;
use url::form_urlencoded::Serializer;

use crate::support::{Answer, Client, TestApp};

pub struct Browser {
    pub client: Client,
    pub cookie: String,
    proof: String,
}

impl Browser {
    /// Signs in with the keys of a merchant.
    pub async fn of(app: &TestApp, merchant: &Client) -> Self {
        Self::at(&app.anybody(), merchant).await
    }

    /// Signs in from where somebody calls.
    pub async fn at(anybody: &Client, merchant: &Client) -> Self {
        let signed_in = sign_in(anybody, merchant, "").await;
        assert_eq!(signed_in.status, 303, "{}", text(&signed_in));
        let cookie = cookie(&signed_in);
        let client = anybody.with("cookie", cookie.clone());
        let proof = field(&client.get("/console/connections").await, "csrf_token");
        Self { client, cookie, proof }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.client.get(path).await
    }

    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        text(&answer)
    }

    /// Sends a form, with the proof that a page of the console has it.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf_token", self.proof.as_str())]].concat();
        self.without_proof(path, &fields).await
    }

    pub async fn without_proof(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        post(&self.client, path, fields).await
    }

    /// Sends a form that is to do something.
    #[track_caller]
    pub fn done(answer: &Answer) {
        assert_eq!(answer.status, 303, "{}", text(answer));
    }
}

/// Sends a form.
pub async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send(Method::POST, path, Some(form.into_bytes()), "application/x-www-form-urlencoded").await
}

/// Signs in with the keys of a merchant.
pub async fn sign_in(from: &Client, merchant: &Client, next: &str) -> Answer {
    let (public, secret) = (merchant.keys.public.as_deref().unwrap(), merchant.keys.secret.as_deref().unwrap());
    let fields = [("public_api_key", public), ("private_secret_key", secret), ("next", next)];
    post(from, "/console/sign-in", &fields).await
}

/// The cookie that an answer sets.
pub fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

pub fn text(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

/// The value of the first field of a name that a page's forms have.
pub fn field(page: &Answer, name: &str) -> String {
    let html = text(page);
    let field = html.split_once(&format!("name=\"{name}\" value=\"")).expect("a form").1;
    field.split_once('"').unwrap().0.to_owned()
}
