//! Everything that a request can be refused with, and the only place where that becomes HTTP.

mod body;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use body::{ErrorBody, checkouts_body, connections_body, webhooks_body, with_body};

use crate::db::{is_known_away, is_passing};
use crate::types::CheckoutStatus;

/// Why a request was refused. Each variant is one code of the API.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request cannot be read at all.
    #[error("{0}")]
    InvalidRequest(String),
    /// At least one field is wrong; a message for each wrong or missing one.
    #[error("invalid parameters")]
    InvalidParameters(Vec<String>),
    /// Required fields are absent; a message for each.
    #[error("missing parameters")]
    MissingParameters(Vec<String>),
    /// The keys are missing or wrong.
    #[error("Invalid credentials.")]
    InvalidCredentials,
    /// The keys are right and have expired.
    #[error("Expired Credentials.")]
    ExpiredCredentials,
    /// The keys are right, and may not be used from where the call comes from.
    #[error("Unregistered IP address.")]
    UnknownIpAddress,
    /// The key has made as many calls as it may for now.
    #[error("Too many requests with this key.")]
    TooManyRequests {
        /// Seconds after which it may make one again, at least 1.
        retry_after: u64,
    },
    /// An account that is not one of the key's organization.
    #[error("Invalid account id.")]
    InvalidAccountId,
    /// No such customer in the organization.
    #[error("Customer not found.")]
    CustomerNotFound,
    /// `merchant_customer_id` is taken in the organization.
    #[error("A customer with this merchant_customer_id already exists.")]
    CustomerIdDuplicated,
    /// No such checkout session, or one that can do nothing any more.
    #[error("Checkout session not found or inactive.")]
    CheckoutSessionNotFound,
    /// No such customer session, or one that has expired.
    #[error("Customer session not found or inactive.")]
    CustomerSessionNotFound,
    /// No such installments plan in the organization. The published table has no code of its own for it.
    #[error("Installments plan not found.")]
    InstallmentsPlanNotFound,
    /// No such connection in the organization.
    #[error("Connection '{0}' was not found.")]
    ConnectionNotFound(String),
    /// A provider that the catalog does not have, asked for by its address.
    #[error("Provider '{0}' is not in the catalog.")]
    ProviderNotFound(String),
    /// A provider that the catalog does not have, named in a body.
    #[error("Provider '{0}' is not in the catalog.")]
    UnknownProvider(String),
    /// The provider needs a parameter that was not sent.
    #[error("Required param '{param}' is missing for provider '{provider}'.")]
    MissingRequiredParam {
        /// The parameter's `param_id`.
        param: String,
        /// The provider.
        provider: String,
    },
    /// Methods that the provider does not offer.
    #[error("Provider '{provider}' does not offer: {methods}.")]
    UnsupportedPaymentMethod {
        /// The methods, joined by commas.
        methods: String,
        /// The provider.
        provider: String,
    },
    /// `merchant_connection_id` is taken in the account.
    #[error("A connection with this merchant_connection_id already exists in this account.")]
    ConnectionMerchantIdConflict,
    /// A one-time token that never was, was used, has expired or is for something else.
    #[error("Invalid token.")]
    InvalidToken,
    /// A one-time token with which a payment is just being made.
    #[error("The token is being used in another request.")]
    TokenInUse,
    /// The token of another customer.
    #[error("The token belongs to another customer.")]
    InvalidCustomerForToken,
    /// No such payment in the organization.
    #[error("Payment not found.")]
    PaymentNotFound,
    /// No such transaction of the payment.
    #[error("Transaction of payment not found.")]
    TransactionNotFound,
    /// The payment or the method is in no state that allows it.
    #[error("Invalid transaction status. {0}")]
    InvalidStatus(String),
    /// The transaction is of a type that does not allow it.
    #[error("Invalid transaction type for the request.")]
    InvalidTransactionType,
    /// The amount is more than what is left, or nothing.
    #[error("Invalid amount. {0}")]
    InvalidAmount(String),
    /// No connection serves the method for this session.
    #[error("{0} is not available here.")]
    UnavailablePaymentMethod(String),
    /// The type is not that of the token.
    #[error("payment_method.type is not the type of the token, which is {0}.")]
    IncorrectPaymentMethodType(String),
    /// No such payment method in the organization.
    #[error("Payment method not found.")]
    PaymentMethodNotFound,
    /// The first request with the idempotency key is still being worked on.
    #[error("A request with the same idempotency key is in process. Try again in a few seconds.")]
    RequestInProcess,
    /// The first request with the idempotency key was refused, or was about something else.
    #[error("The first request with this idempotency key was refused, or was about something else; send another key.")]
    IdempotencyDuplicated,
    /// The idempotency key was used with another body.
    #[error("This X-Idempotency-Key was used with a different body.")]
    IdempotencyConflict,
    /// No such checkout in the account.
    #[error("No checkout found for checkout_code: {0}.")]
    CheckoutNotFound(String),
    /// The name of a checkout is taken in the account.
    #[error("A checkout with name '{0}' already exists for this account.")]
    DuplicateCheckoutName(String),
    /// A change of a checkout that changes nothing.
    #[error("body is empty: send name, description, status or is_default")]
    InvalidPatchBody,
    /// There is no way from a checkout's status to the one that is wanted.
    #[error("Cannot transition from '{}' via this operation.", .0.as_str())]
    InvalidStatusTransition(CheckoutStatus),
    /// The default checkout is to be none any more.
    #[error("is_default: false is not allowed; make another checkout the default instead.")]
    CheckoutDemotion,
    /// The configuration of a checkout that is put away.
    #[error("An archived checkout cannot be published; give it the status NOT_PUBLISHED first.")]
    CheckoutArchived,
    /// The account's default checkout is to be put away.
    #[error("Cannot archive the default checkout. Make another checkout the default first.")]
    CannotArchiveDefaultCheckout,
    /// The account's default checkout is to shape nothing.
    #[error("Cannot unpublish the default checkout. Make another checkout the default first.")]
    CannotUnpublishDefaultCheckout,
    /// A filter or a page of a list of checkouts; a message for each field.
    #[error("illegal argument")]
    IllegalArgument(Vec<String>),
    /// A basic rule of webhooks is broken; a message for each field.
    #[error("invalid webhook")]
    WebhookInvalidRequest(Vec<String>),
    /// Something that no webhook can ask for; a message for each.
    #[error("invalid triggers")]
    WebhookInvalidTrigger(Vec<String>),
    /// The settings for tokens are no whole.
    #[error("OAuth2 configuration is incomplete or inconsistent: {0}.")]
    WebhookInvalidOauth2(&'static str),
    /// Days before a renewal that nothing tells of, or none.
    #[error("renewal_days must be 1 or more and is only valid when subscription_triggers contains CLOSE_TO_RENEWAL.")]
    WebhookInvalidRenewalDays,
    /// The webhook leads into a network that is not public.
    #[error("The webhook url is not allowed; it must resolve to a public, routable address.")]
    WebhookUrlUnsafe,
    /// No such webhook in the account.
    #[error("The webhook does not exist for this account.")]
    WebhookNotFound,
    /// The name is taken, or the URL for the same trigger.
    #[error("A webhook with the same name, or url and trigger(s), already exists for this account.")]
    WebhookAlreadyExists,
    /// The delivery, or its webhook, is in no state that allows it.
    #[error("{0}")]
    InvalidDeliveryStatus(&'static str),
    /// No such delivery in the organization.
    #[error("Delivery not found.")]
    DeliveryNotFound,
    /// The payment is disputed, and stays as it is until that is decided.
    #[error("Chargeback in place for this transaction.")]
    ChargebackInProcess,
    /// No such organization, or one that no test made: only those can be dropped.
    #[error("There is no such organization of this key that was made for a test.")]
    TestOrganizationNotFound,
    /// As many organizations were made for tests as there can be.
    #[error(
        "{} organizations were made for tests, which is the most there can be. Delete some.",
        crate::testing::organizations::MOST
    )]
    TooManyTestOrganizations,
    /// What anybody may do, but not a web page of another site in somebody's browser.
    #[error("Web pages of other sites cannot do this.")]
    CrossSite,
    /// A test has asked for this answer.
    #[error("A test asked for this answer.")]
    Forced {
        /// Its status.
        status: StatusCode,
        /// Its code.
        code: &'static str,
        /// Seconds after which the client is told to try again.
        retry_after: Option<u64>,
    },
    /// A test has decided as much of a kind as it can at a time.
    #[error("There are {most} {what} already. Delete some, or use them.")]
    TooManyControls {
        /// Of which kind.
        what: &'static str,
        /// How many there can be.
        most: usize,
    },
    /// No such address.
    #[error("There is no such address.")]
    NotFound,
    /// The address exists, the method does not.
    #[error("Method not supported.")]
    UnsupportedMethod,
    /// The body is over the limit.
    #[error("The body must have at most {} KiB.", crate::config::limits::MAX_BODY_BYTES / 1024)]
    PayloadTooLarge,
    /// The body is not declared to be JSON.
    #[error("The Content-Type must be application/json.")]
    UnsupportedMediaType,
    /// The client took too long to send its body.
    #[error("The body was sent too slowly.")]
    BodyTimeout,
    /// The request took too long.
    #[error("Request timeout.")]
    RequestTimeout,
    /// As many requests or connections as there may be are there already.
    #[error("The service is temporarily unavailable.")]
    Overloaded,
    /// The database cannot be asked right now.
    #[error("The service is temporarily unavailable.")]
    Unavailable(#[source] sqlx::Error),
    /// A fault of ours.
    #[error("Internal error.")]
    Internal(#[source] anyhow::Error),
}

impl ApiError {
    /// Status and code. This table is the API's error reference.
    #[must_use]
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest(_) => (S::BAD_REQUEST, "INVALID_REQUEST"),
            Self::InvalidParameters(_) => (S::BAD_REQUEST, "INVALID_PARAMETERS"),
            Self::MissingParameters(_) => (S::BAD_REQUEST, "MISSING_PARAMETERS"),
            Self::InvalidCredentials => (S::UNAUTHORIZED, "INVALID_CREDENTIALS"),
            Self::ExpiredCredentials => (S::UNAUTHORIZED, "EXPIRED_CREDENTIALS"),
            Self::UnknownIpAddress => (S::UNAUTHORIZED, "UNKNOWN_IP_ADDRESS"),
            Self::TooManyRequests { .. } => (S::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS"),
            Self::InvalidAccountId => (S::BAD_REQUEST, "INVALID_ACCOUNT_ID"),
            Self::CustomerNotFound => (S::BAD_REQUEST, "CUSTOMER_NOT_FOUND"),
            Self::CustomerIdDuplicated => (S::BAD_REQUEST, "CUSTOMER_ID_DUPLICATED"),
            Self::CheckoutSessionNotFound => (S::BAD_REQUEST, "CHECKOUT_SESSION_NOT_FOUND"),
            Self::CustomerSessionNotFound => (S::BAD_REQUEST, "CUSTOMER_SESSION_NOT_FOUND"),
            Self::InstallmentsPlanNotFound => (S::BAD_REQUEST, "INVALID_REQUEST"),
            Self::ConnectionNotFound(_) => (S::NOT_FOUND, "CONNECTION_NOT_FOUND"),
            Self::ProviderNotFound(_) => (S::NOT_FOUND, "PROVIDER_NOT_FOUND"),
            Self::UnknownProvider(_) => (S::BAD_REQUEST, "PROVIDER_NOT_FOUND"),
            Self::MissingRequiredParam { .. } => (S::BAD_REQUEST, "MISSING_REQUIRED_PARAM"),
            Self::UnsupportedPaymentMethod { .. } => (S::BAD_REQUEST, "UNSUPPORTED_PAYMENT_METHOD"),
            Self::ConnectionMerchantIdConflict => (S::CONFLICT, "CONNECTION_MERCHANT_ID_CONFLICT"),
            Self::InvalidToken => (S::UNAUTHORIZED, "INVALID_TOKEN"),
            Self::TokenInUse => (S::UNAUTHORIZED, "TOKEN_IN_USE"),
            Self::InvalidCustomerForToken => (S::BAD_REQUEST, "INVALID_CUSTOMER_FOR_TOKEN"),
            Self::PaymentNotFound => (S::BAD_REQUEST, "PAYMENT_NOT_FOUND"),
            Self::TransactionNotFound => (S::BAD_REQUEST, "TRANSACTION_NOT_FOUND"),
            Self::InvalidStatus(_) => (S::BAD_REQUEST, "INVALID_STATUS"),
            Self::InvalidTransactionType => (S::BAD_REQUEST, "INVALID_TRANSACTION_TYPE"),
            Self::InvalidAmount(_) => (S::BAD_REQUEST, "INVALID_AMOUNT"),
            Self::UnavailablePaymentMethod(_) => (S::BAD_REQUEST, "UNAVAILABLE_PAYMENT_METHOD"),
            Self::IncorrectPaymentMethodType(_) => (S::BAD_REQUEST, "INCORRECT_PAYMENT_METHOD_TYPE"),
            Self::PaymentMethodNotFound => (S::BAD_REQUEST, "PAYMENT_METHOD_NOT_FOUND"),
            Self::ChargebackInProcess => (S::BAD_REQUEST, "CHARGEBACK_IN_PROCESS"),
            Self::RequestInProcess => (S::BAD_REQUEST, "REQUEST_IN_PROCESS"),
            Self::IdempotencyDuplicated => (S::BAD_REQUEST, "IDEMPOTENCY_DUPLICATED"),
            Self::IdempotencyConflict => (S::CONFLICT, "IDEMPOTENCY_DUPLICATED"),
            Self::CheckoutNotFound(_) => (S::NOT_FOUND, "CHECKOUT_NOT_FOUND"),
            Self::DuplicateCheckoutName(_) => (S::CONFLICT, "DUPLICATE_CHECKOUT_NAME"),
            Self::InvalidPatchBody => (S::BAD_REQUEST, "INVALID_PATCH_BODY"),
            Self::InvalidStatusTransition(_) => (S::BAD_REQUEST, "INVALID_STATUS_TRANSITION"),
            Self::CheckoutDemotion | Self::CheckoutArchived => (S::BAD_REQUEST, "INVALID_OPERATION"),
            Self::CannotArchiveDefaultCheckout => (S::CONFLICT, "CANNOT_ARCHIVE_DEFAULT_CHECKOUT"),
            Self::CannotUnpublishDefaultCheckout => (S::CONFLICT, "CANNOT_UNPUBLISH_DEFAULT_CHECKOUT"),
            Self::IllegalArgument(_) => (S::BAD_REQUEST, "ILLEGAL_ARGUMENT"),
            Self::WebhookInvalidRequest(_) => (S::BAD_REQUEST, "WEBHOOK_INVALID_REQUEST"),
            Self::WebhookInvalidTrigger(_) => (S::BAD_REQUEST, "WEBHOOK_INVALID_TRIGGER"),
            Self::WebhookInvalidOauth2(_) => (S::BAD_REQUEST, "WEBHOOK_INVALID_OAUTH2"),
            Self::WebhookInvalidRenewalDays => (S::BAD_REQUEST, "WEBHOOK_INVALID_RENEWAL_DAYS"),
            Self::WebhookUrlUnsafe => (S::BAD_REQUEST, "WEBHOOK_URL_UNSAFE"),
            Self::WebhookNotFound => (S::NOT_FOUND, "WEBHOOK_NOT_FOUND"),
            Self::WebhookAlreadyExists => (S::CONFLICT, "WEBHOOK_ALREADY_EXISTS"),
            Self::InvalidDeliveryStatus(_) => (S::BAD_REQUEST, "INVALID_STATUS"),
            Self::DeliveryNotFound => (S::NOT_FOUND, "DELIVERY_NOT_FOUND"),
            Self::TestOrganizationNotFound => (S::NOT_FOUND, "ORGANIZATION_NOT_FOUND"),
            Self::CrossSite => (S::FORBIDDEN, "CROSS_SITE"),
            Self::Forced { status, code, .. } => (*status, code),
            Self::TooManyControls { .. } => (S::CONFLICT, "TOO_MANY_CONTROLS"),
            Self::TooManyTestOrganizations => (S::CONFLICT, "TOO_MANY_ORGANIZATIONS"),
            Self::NotFound => (S::NOT_FOUND, "NOT_FOUND"),
            Self::UnsupportedMethod => (S::METHOD_NOT_ALLOWED, "UNSUPPORTED_METHOD"),
            Self::PayloadTooLarge => (S::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            Self::BodyTimeout => (S::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"),
            Self::Overloaded => (S::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
            Self::RequestTimeout => (S::GATEWAY_TIMEOUT, "REQUEST_TIMEOUT"),
            Self::Unavailable(_) => (S::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
        }
    }

    /// The body that clients read.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let messages = match self {
            Self::InvalidParameters(messages)
            | Self::MissingParameters(messages)
            | Self::IllegalArgument(messages)
            | Self::WebhookInvalidRequest(messages)
            | Self::WebhookInvalidTrigger(messages) => messages.clone(),
            other => vec![other.to_string()],
        };
        ErrorBody { code: self.status_and_code().1.to_owned(), messages, r#type: None, message: None, details: None }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match is_passing(&error) {
            true => Self::Unavailable(error),
            false => Self::Internal(error.into()),
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Internal(error) => tracing::error!(error = format!("{error:#}"), "internal error"),
            // One line was logged when it went.
            Self::Unavailable(error) if is_known_away(error) => tracing::debug!(%error, "the database cannot be asked"),
            Self::Unavailable(error) => tracing::error!(%error, "the database cannot be asked"),
            _ => {}
        }
        let (status, _) = self.status_and_code();
        let body = self.body();
        let mut response = (status, Json(&body)).into_response();
        if let Self::Forced { retry_after: Some(seconds), .. } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Self::TooManyRequests { retry_after } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        response.extensions_mut().insert(body);
        response
    }
}

/// Says what a violated constraint means to the client, by the constraint's name.
pub trait OnConstraint<T> {
    /// # Errors
    /// `answer` when the named constraint was violated, else the error itself.
    fn on_constraint(self, name: &str, answer: ApiError) -> Result<T, ApiError>;
}

impl<T> OnConstraint<T> for Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, answer: ApiError) -> Result<T, ApiError> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(database) if database.constraint() == Some(name) => answer,
            _ => error.into(),
        })
    }
}
