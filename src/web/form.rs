//! What a form of a page sends.

use axum::extract::{FromRequest, Request};
use axum::http::Uri;
use bytes::Bytes;
use url::form_urlencoded;

use crate::error::ApiError;
use crate::state::AppState;

/// The fields of a form, in their order. A name can stand several times.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The query of an address: the fields of a form that asks.
    #[must_use]
    pub fn of_query(address: &Uri) -> Self {
        Self::parse(address.query().unwrap_or_default().as_bytes())
    }

    /// The first field of a name, without spaces around it; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The first field of a name as it was typed, with spaces around it: a secret may end in one.
    #[must_use]
    pub fn secret(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Every field of a name, without spaces around them.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim())
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        // It was read before the request was let in.
        let body = Bytes::from_request(request, app).await.map_err(anyhow::Error::from)?;
        Ok(Self::parse(&body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_stand_several_times_and_spaces_around_a_text_are_no_part_of_it() {
        let form = Form::parse(b"name=+Ana+&country=BR&country=MX&save=on&broken=%ff");
        assert_eq!((form.text("name"), form.text("nothing")), ("Ana", ""));
        assert_eq!(form.all("country").collect::<Vec<_>>(), ["BR", "MX"]);
        assert_eq!(form.secret("name"), " Ana ");
        assert!(form.ticked("save") && !form.ticked("other"));
    }
}
