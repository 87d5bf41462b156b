//! A payment as it is sent.

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::CustomerPayer;
use crate::api::cards::NewCard;
use crate::input::{Anything, AnythingOrMany, At, Input, Problems, input};
use crate::types::{AccountId, Amount, Country, Currency, Link, Metadata, MethodType, Text, Workflow};

pub(super) type Words = Text<3, 255>;

input! {
    /// A payment to make.
    pub struct CreatePayment {
        /// The account that is paid.
        required account_id: AccountId,
        /// The merchant's id of the order; the session's when not sent.
        optional merchant_order_id: Words,
        /// What is paid for; what the session says when not sent. The testing gateway reads it: a response code is the
        /// outcome of a card that is not a listed test card.
        optional description: Words,
        /// What is paid.
        required amount: PaymentAmountSent,
        /// The checkout session that it is made on: for every workflow but `DIRECT` and `REDIRECT`.
        optional checkout: CheckoutSent,
        /// Where the customer pays.
        required country: Country,
        /// The merchant's reference of the transaction.
        optional merchant_reference: Words,
        /// Who pays.
        optional customer_payer: CustomerPayer,
        /// How it is made; `SDK_CHECKOUT` when not sent.
        optional workflow: Workflow,
        /// What it is paid with.
        required payment_method: PaymentMethodSent,
        /// Where the customer is sent when done, unless the session has a `return_url`; the session's when not sent.
        optional callback_url: ReturnAddress,
        /// The merchant's own entries.
        optional metadata: Metadata,
        /// Order, airline and other data.
        optional additional_data: AdditionalDataSent,
        /// Who gets which part; answered as it was sent.
        optional split_marketplace: Vec<Anything>,
        /// What the subscription of the payment is; answered as it was sent.
        optional subscription: Anything,
        /// Fraud screening: there is none.
        optional fraud_screening: FraudScreening,
    }
}

input! {
    /// Order, airline and other data: answered as it was sent.
    #[derive(Serialize)]
    pub struct AdditionalDataSent {
        /// Flights: the published schema has an array, the published examples an object.
        optional airline: AnythingOrMany,
        /// Other transport.
        optional transportations: AnythingOrMany,
        /// What is bought.
        optional order: Anything,
        /// Who sells.
        optional seller_details: Anything,
    }
}

input! {
    /// An amount of money.
    pub struct PaymentAmountSent {
        /// ISO 4217 code.
        required currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one.
        required value: Amount,
    }
}

input! {
    /// Fraud screening.
    pub struct FraudScreening {
        /// Whether nothing is to be paid: refused when `true`.
        optional stand_alone: bool,
    }
}

input! {
    /// The checkout session of a payment.
    pub struct CheckoutSent {
        /// Its id.
        optional session: Text<0, 64>,
    }
}

input! {
    /// What a payment is paid with: an enrolled method, else a one-time token, else what `detail` has.
    pub struct PaymentMethodSent {
        /// A one-time token.
        optional token: Text<0, 64>,
        /// The token of an enrolled method. It goes before everything else that is sent.
        optional vaulted_token: Text<0, 64>,
        /// The method's type; that of the token when not sent.
        optional r#type: MethodType,
        /// Details by kind of method.
        optional detail: DetailSent,
        /// Whether the method is enrolled when the payment succeeds. Needs a customer.
        optional vault_on_success: bool,
        /// Not used.
        optional account_updater: bool,
        /// Not used.
        optional otp: Anything,
    }
}

input! {
    /// Details by kind of method. Of those of banks and vouchers nothing is used.
    pub struct DetailSent {
        /// Of a card.
        optional card: CardDetailSent,
        /// Of a wallet.
        optional wallet: WalletDetailSent,
        /// Of a bank account.
        optional bank_transfer: Anything,
        /// Of a voucher.
        optional ticket: Anything,
        /// Why the cardholder need not authenticate.
        optional strong_customer_authentication_exemptions: Vec<Text<1, 64>>,
    }
}

input! {
    /// Details of a card payment.
    pub struct CardDetailSent {
        /// The card. Its number and security code are read and not kept.
        optional card_data: NewCard,
        /// Whether the money is taken at once; otherwise it is held. `true` when not sent.
        optional capture: bool,
        /// Whether the card is only verified, with an amount of 0.
        optional verify: bool,
        /// In how many parts the customer pays.
        optional installments: u16,
        /// Months until the first part.
        optional first_installment_deferral: Deferral,
        /// What the customer reads on the statement.
        optional soft_descriptor: Text<0, 255>,
        /// How a stored card is used.
        optional stored_credentials: StoredCredentialsSent,
        /// Data of an authentication that was made elsewhere: not used.
        optional three_d_secure: Anything,
        /// Providers' tokens of the card, in place of it.
        optional external_providers_data: Vec<Anything>,
        /// When to capture by itself: not used.
        optional delayed_capture_settings: Anything,
        /// When to cancel by itself: not used.
        optional delayed_cancel_settings: Anything,
        /// Not used.
        optional acquirer_reference_number: Text<0, 255>,
    }
}

input! {
    /// Details of a wallet payment.
    pub struct WalletDetailSent {
        /// The wallet's own token: not used and not kept.
        optional payment_token: Text<0, 20000>,
        /// The card behind it.
        optional card_data: WalletCardSent,
    }
}

input! {
    /// The card behind a wallet.
    pub struct WalletCardSent {
        /// The last four digits of its number.
        optional lfd: Text<0, 4>,
    }
}

input! {
    /// How a stored card is used.
    pub struct StoredCredentialsSent {
        /// Why it was stored.
        optional reason: Text<0, 64>,
        /// Whether it is used for the first time.
        optional usage: Text<0, 64>,
        /// The agreement with the customer.
        optional subscription_agreement_id: Text<0, 255>,
        /// The network's id of the first use.
        optional network_transaction_id: Text<0, 255>,
    }
}

impl CardDetailSent {
    /// Whether providers' tokens stand for the card.
    pub(super) fn has_providers_token(&self) -> bool {
        self.external_providers_data.as_ref().is_some_and(|tokens| !tokens.is_empty())
    }
}

/// Months from 0 to 99.
#[derive(Clone, Copy)]
pub struct Deferral(pub(super) u16);

impl Input for Deferral {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let months = raw.as_u64().filter(|months| *months <= 99).map(|months| Self(months as u16));
        if months.is_none() {
            problems.wrong(at, "must be a whole number from 0 to 99");
        }
        months
    }

    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(99));
        RefOr::T(Schema::Object(number.build()))
    }
}

/// Where a customer is sent: a [`Link`], also without `https://` before it.
#[derive(Clone)]
pub struct ReturnAddress(String);

impl ReturnAddress {
    /// The address as it was sent.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Input for ReturnAddress {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let text = Text::<3, 526>::read(raw, at, problems)?.into_string();
        match Link::from_loose(&text) {
            Ok(_) => Some(Self(text)),
            Err(what) => {
                problems.wrong(at, what);
                None
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        <Text<3, 526> as Input>::schema()
    }
}
