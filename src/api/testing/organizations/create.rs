//! `POST /v1/testing/organizations`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::document::refusals;
use crate::api::same_site::SameSite;
use crate::error::ApiError;
use crate::state::AppState;
use crate::testing::organizations::make;
use crate::types::{AccountId, OrganizationId};

/// An organization that was made for a test.
#[derive(Serialize, ToSchema)]
pub struct TestOrganization {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    organization_id: OrganizationId,
    /// Its only account.
    #[schema(value_type = String, format = Uuid)]
    account_id: AccountId,
    /// Its public key.
    public_api_key: String,
    /// Its secret key: not told again.
    private_secret_key: String,
}

refusals!(ApiError::CrossSite, ApiError::TooManyTestOrganizations);

/// Make an organization for a test
///
/// Fresh, with the demo's connections and a clock of its own that shows the real time. Needs no keys: whoever runs the
/// tests may, but not a web page of another site. There can be 10,000; one that nobody deletes goes after a week.
#[utoipa::path(
    post,
    path = "/v1/testing/organizations",
    tag = "testing",
    security(()),
    responses(
        (status = 201, description = "The organization.", body = TestOrganization, example = json!({
            "organization_id": "01980f2e-7a6b-7c4d-8e5f-0123456789e0",
            "account_id": "01980f2e-7a6b-7c4d-8e5f-0123456789e1",
            "public_api_key": "sandbox_5f1c0d1f2a3b4c5d6e7f8091a2b3c4d5",
            "private_secret_key": "sandbox_90d1f2a3b4c5d6e7f8091a2b3c4d5e6f90d1f2a3b4c5d6e7f8091a2b3c4d5e6f",
        })),
        Refusals,
    ),
)]
pub async fn create_test_organization(
    State(app): State<AppState>,
    SameSite: SameSite,
) -> Result<(StatusCode, Json<TestOrganization>), ApiError> {
    let made = make(&app).await?;
    Ok((
        StatusCode::CREATED,
        Json(TestOrganization {
            organization_id: made.organization,
            account_id: made.account,
            public_api_key: made.keys.public,
            private_secret_key: made.keys.secret.expose().to_owned(),
        }),
    ))
}
