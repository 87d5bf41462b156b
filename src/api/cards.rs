//! Cards as they are sent, and what is kept and answered of them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use uuid::Uuid;

use crate::error::ApiError;
use crate::gateway::card_outcome;
use crate::input::{At, Input, Problems, input};
use crate::state::AppState;
use crate::types::{CardNumber, Expiry, KeptCard, OTHER_BRAND, OrganizationId, SecurityCode, Text};

input! {
    /// A card. The number and the security code are read and not kept.
    pub struct NewCard {
        /// 8 to 19 digits. A check digit is not asked for.
        required number: CardNumber,
        /// 1 to 12.
        required expiration_month: Month,
        /// Two digits or four.
        required expiration_year: Year,
        /// As many digits as the brand has: 4 for AMEX, 3 for others.
        optional security_code: SecurityCode,
        /// Whose name is on it.
        optional holder_name: Text<1, 255>,
        /// `CREDIT` or `DEBIT`.
        optional r#type: CardKind,
    }
}

/// A month of a year.
#[derive(Clone, Copy)]
pub struct Month(u8);

impl Input for Month {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let month = whole(raw).and_then(|month| u8::try_from(month).ok()).filter(|month| (1..=12).contains(month));
        if month.is_none() {
            problems.wrong(at, "must be a whole number from 1 to 12");
        }
        month.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        number(1, 12)
    }
}

/// A year of this century.
#[derive(Clone, Copy)]
pub struct Year(u16);

impl Input for Year {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let year = match whole(raw) {
            Some(year @ 0..=99) => Some(2000 + year as u16),
            Some(year @ 2000..=2099) => Some(year as u16),
            _ => None,
        };
        if year.is_none() {
            problems.wrong(at, "must be a year with two digits or four, such as 29 or 2029");
        }
        year.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        number(0, 2099)
    }
}

fn whole(raw: &Value) -> Option<u64> {
    match raw {
        Value::String(text) => text.parse().ok(),
        raw => raw.as_u64(),
    }
}

fn number(from: usize, to: usize) -> RefOr<Schema> {
    let types = vec![Type::Integer, Type::String];
    let number = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::Array(types))
        .minimum(Some(from))
        .maximum(Some(to));
    RefOr::T(Schema::Object(number.build()))
}

/// Whether a card borrows money or takes it from an account.
#[derive(Clone, Copy)]
pub enum CardKind {
    /// It borrows.
    Credit,
    /// It takes.
    Debit,
}

impl CardKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "CREDIT",
            Self::Debit => "DEBIT",
        }
    }
}

impl Input for CardKind {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw.as_str() {
            Some("CREDIT") => Some(Self::Credit),
            Some("DEBIT") => Some(Self::Debit),
            _ => {
                problems.wrong(at, "must be CREDIT or DEBIT");
                None
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["CREDIT", "DEBIT"]));
        RefOr::T(Schema::Object(names.build()))
    }
}

impl NewCard {
    /// What is kept of the card. `place` is where it stood in the request.
    ///
    /// # Errors
    /// When the security code has not as many digits as the brand has.
    pub fn keep(self, app: &AppState, organization: OrganizationId, place: &str) -> Result<KeptCard, ApiError> {
        let brand = self.number.brand();
        let length = match &self.security_code {
            // Nobody says how many digits the codes of an unknown brand have.
            Some(code) if brand.name == OTHER_BRAND => code.length(),
            _ => brand.security_code_length,
        };
        if self.security_code.as_ref().is_some_and(|code| code.length() != length) {
            return Err(ApiError::InvalidParameters(vec![format!(
                "{place}.security_code: must have {length} digits for {}",
                brand.name
            )]));
        }
        let digits = self.number.digits();
        Ok(KeptCard {
            holder_name: self.holder_name.map(Text::into_string),
            // So many that at least four digits stay unknown.
            iin: digits[..digits.len().saturating_sub(8).min(8)].to_owned(),
            lfd: digits[digits.len() - 4..].to_owned(),
            number_length: digits.len() as u8,
            security_code_length: length,
            brand: brand.name.clone(),
            r#type: self.r#type.unwrap_or(CardKind::Credit).as_str().to_owned(),
            expiry: Some(Expiry { month: self.expiration_month.0, year: self.expiration_year.0 }),
            fingerprint: Some(app.fingerprints.of(organization, &self.number)),
            outcome: card_outcome(&self.number),
        })
    }
}

/// What every card is said to be that nobody knows more about.
const CATEGORY: &str = "CLASSIC";

/// Who is said to have issued a test card.
const ISSUER: &str = "TEST BANK";

/// A card of a one-time token.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenCard {
    /// Whose name is on it; empty when that was not sent.
    holder_name: String,
    /// The first digits of its number: eight of the usual sixteen, fewer of a shorter one.
    iin: String,
    /// The last four digits of its number.
    lfd: String,
    /// How many digits its number has.
    number_length: u8,
    /// How many digits its security code has.
    security_code_length: u8,
    /// Its brand.
    brand: String,
    /// `CREDIT` or `DEBIT`.
    r#type: String,
    /// Its category.
    category: &'static str,
    /// Who issued it.
    issuer_name: &'static str,
    /// The issuer's code.
    #[schema(required)]
    issuer_code: Option<String>,
    /// Not told with a token.
    #[schema(required)]
    fingerprint: Option<Uuid>,
    /// Where it was issued, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    country_code: Option<String>,
}

impl TokenCard {
    /// The card as a token tells it.
    #[must_use]
    pub fn new(card: &KeptCard, country: Option<&str>) -> Self {
        Self {
            holder_name: card.holder_name.clone().unwrap_or_default(),
            iin: card.iin.clone(),
            lfd: card.lfd.clone(),
            number_length: card.number_length,
            security_code_length: card.security_code_length,
            brand: card.brand.clone(),
            r#type: card.r#type.clone(),
            category: CATEGORY,
            issuer_name: ISSUER,
            issuer_code: None,
            fingerprint: None,
            country_code: country.map(str::to_owned),
        }
    }
}

/// A card that is enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledCard {
    /// The first digits of its number: eight of the usual sixteen, fewer of a shorter one.
    iin: String,
    /// The last four digits of its number.
    lfd: String,
    /// Whose name is on it; told when it is enrolled directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    holder_name: Option<String>,
    /// 1 to 12.
    #[schema(required)]
    expiration_month: Option<u8>,
    /// Its last two digits.
    #[schema(required)]
    expiration_year: Option<u16>,
    /// How many digits its number has.
    number_length: u8,
    /// How many digits its security code has.
    security_code_length: u8,
    /// Its brand.
    brand: String,
    /// Who issued it.
    issuer: &'static str,
    /// Who issued it, as tokens and payments call it.
    issuer_name: &'static str,
    /// The issuer's code.
    #[schema(required)]
    issuer_code: Option<String>,
    /// Where it was issued, as far as that is known.
    country_code: String,
    /// Its category.
    category: &'static str,
    /// `CREDIT` or `DEBIT`.
    r#type: String,
    /// The same for the same number; not told to SDK clients.
    #[schema(required)]
    fingerprint: Option<Uuid>,
}

impl EnrolledCard {
    /// The card as an enrollment tells it.
    #[must_use]
    pub fn new(card: &KeptCard, country: &str, with_holder: bool) -> Self {
        Self {
            iin: card.iin.clone(),
            lfd: card.lfd.clone(),
            holder_name: with_holder.then(|| card.holder_name.clone().unwrap_or_default()),
            expiration_month: card.expiry.map(|expiry| expiry.month),
            expiration_year: card.expiry.map(|expiry| expiry.year % 100),
            number_length: card.number_length,
            security_code_length: card.security_code_length,
            brand: card.brand.clone(),
            issuer: ISSUER,
            issuer_name: ISSUER,
            issuer_code: None,
            country_code: country.to_owned(),
            category: CATEGORY,
            r#type: card.r#type.clone(),
            fingerprint: card.fingerprint,
        }
    }

    /// The card as whoever has the public key is told of it: without what tells two cards apart, because it could be
    /// tried out which number has it.
    #[must_use]
    pub fn for_sdk(card: &KeptCard, country: &str) -> Self {
        Self { fingerprint: None, ..Self::new(card, country, false) }
    }
}

/// A card of a payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentCard {
    /// Whose name is on it; empty when that is not known.
    holder_name: String,
    /// The first digits of its number: eight of the usual sixteen, fewer of a shorter one.
    iin: String,
    /// The last four digits of its number.
    lfd: String,
    /// How many digits its number has.
    number_length: u8,
    /// How many digits its security code has.
    security_code_length: u8,
    /// Its brand.
    brand: String,
    /// Who issued it.
    issuer_name: &'static str,
    /// The issuer's code.
    #[schema(required)]
    issuer_code: Option<String>,
    /// Where it was issued, as far as that is known.
    country_code: String,
    /// Its category.
    category: &'static str,
    /// `CREDIT` or `DEBIT`.
    r#type: String,
    /// What authenticating the cardholder proves; nothing but `null` without it.
    three_d_secure: ThreeDSecure,
    /// The same for the same number.
    #[schema(required)]
    fingerprint: Option<Uuid>,
    /// 1 to 12.
    #[schema(required)]
    expiration_month: Option<u8>,
    /// Its last two digits.
    #[schema(required)]
    expiration_year: Option<u16>,
}

/// What authenticating a cardholder proves.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ThreeDSecure {
    /// Version of the protocol.
    #[schema(required)]
    pub version: Option<String>,
    /// Electronic commerce indicator.
    #[schema(required)]
    pub electronic_commerce_indicator: Option<String>,
    /// Authentication value.
    #[schema(required)]
    pub cryptogram: Option<String>,
    /// The authentication's id.
    #[schema(required)]
    pub transaction_id: Option<String>,
    /// The directory server's id of it.
    #[schema(required)]
    pub directory_server_transaction_id: Option<String>,
    /// The issuer's status: `Y`, `A`, `N`, `U` or `R`.
    #[schema(required)]
    pub pares_status: Option<String>,
    /// The issuer's id of it.
    #[schema(required)]
    pub acs_id: Option<String>,
}

impl PaymentCard {
    /// The card as a payment tells it.
    #[must_use]
    pub fn new(card: &KeptCard, country: &str, three_d_secure: ThreeDSecure) -> Self {
        Self {
            holder_name: card.holder_name.clone().unwrap_or_default(),
            iin: card.iin.clone(),
            lfd: card.lfd.clone(),
            number_length: card.number_length,
            security_code_length: card.security_code_length,
            brand: card.brand.clone(),
            issuer_name: ISSUER,
            issuer_code: None,
            country_code: country.to_owned(),
            category: CATEGORY,
            r#type: card.r#type.clone(),
            three_d_secure,
            fingerprint: card.fingerprint,
            expiration_month: card.expiry.map(|expiry| expiry.month),
            expiration_year: card.expiry.map(|expiry| expiry.year % 100),
        }
    }
}
