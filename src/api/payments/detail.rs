//! The details of a payment's method, by the kind of method: what is kept, and what is answered.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::cards::{PaymentCard, ThreeDSecure};
use crate::catalog::{CATALOG, Flow};
use crate::db::{payments, transactions};
use crate::error::ApiError;
use crate::lifecycle::{flow_of, patience};
use crate::types::{Amount, PaymentId, Timestamp, TransactionType};

/// The details of a payment's method: exactly one of them.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct MethodDetail {
    /// Of a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub card: Option<CardDetail>,
    /// Of a transfer from a bank account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bank_transfer: Option<BankTransferDetail>,
    /// Of a voucher.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ticket: Option<TicketDetail>,
    /// Of a wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wallet: Option<WalletDetail>,
    /// Of paying later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bnpl: Option<BnplDetail>,
    /// Of a page of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payment_link: Option<PaymentLinkDetail>,
}

/// The details of a card payment.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CardDetail {
    /// Whether the card is only verified, with an amount of 0.
    pub verify: bool,
    /// Whether the money is taken at once.
    pub capture: bool,
    /// In how many parts the customer pays.
    pub installments: u16,
    /// The plan of those parts: the one that the session names.
    #[schema(required)]
    pub installments_plan_id: Option<String>,
    /// Months until the first part.
    pub first_installment_deferral: u16,
    /// Whose plan it is: `MERCHANT` or `ISSUER`; empty when nobody says.
    pub installments_type: String,
    /// What a part is; `null` when the session has no plan of the parts.
    #[schema(value_type = Option<f64>, required)]
    pub installment_amount: Option<Amount>,
    /// What the customer reads on the statement.
    pub soft_descriptor: String,
    /// The issuer's code; empty as long as there is none.
    pub authorization_code: String,
    /// The network's number.
    pub retrieval_reference_number: String,
    /// The acquirer's number.
    pub acquirer_reference_number: String,
    /// Not used.
    #[schema(required)]
    pub voucher: Option<String>,
    /// Where the customer authenticates; absent when there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub redirect_url: Option<String>,
    /// The card; `null` when only a provider's token of it is known.
    #[serde(default, deserialize_with = "not_kept")]
    #[schema(required)]
    pub card_data: Option<PaymentCard>,
    /// How a stored card is used.
    pub stored_credentials: StoredCredentialsDetail,
}

/// The card is kept beside the details, not in them.
fn not_kept<'de, D: Deserializer<'de>, T>(kept: D) -> Result<Option<T>, D::Error> {
    IgnoredAny::deserialize(kept).map(|_| None)
}

/// How a stored card is used.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct StoredCredentialsDetail {
    /// Why it was stored.
    #[schema(required)]
    pub reason: Option<String>,
    /// Whether it is used for the first time.
    #[schema(required)]
    pub usage: Option<String>,
    /// The agreement with the customer.
    #[schema(required)]
    pub subscription_agreement_id: Option<String>,
    /// The network's id of the first use.
    #[schema(required)]
    pub network_transaction_id: Option<String>,
}

/// The details of a transfer from a bank account.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct BankTransferDetail {
    /// A picture.
    pub provider_image: String,
    /// The kind of account.
    #[schema(required)]
    pub account_type: Option<String>,
    /// The bank to transfer to.
    pub bank_name: String,
    /// Who is paid.
    pub beneficiary_name: String,
    /// The account to transfer to.
    pub bank_account: String,
    /// A second account.
    #[schema(required)]
    pub bank_account_2: Option<String>,
    /// The kind of document of who is paid.
    pub beneficiary_document_type: String,
    /// The document of who is paid.
    pub beneficiary_document: String,
    /// What the customer does.
    pub payment_instruction: String,
    /// What the transfer must name.
    pub reference: String,
    /// What the QR code says; `null` when there is none.
    #[schema(required)]
    pub qr_code: Option<String>,
    /// Until when it can be paid.
    pub expires_at: String,
    /// The page on which the customer pays.
    #[serde(default)]
    pub redirect_url: String,
}

/// The details of a voucher.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct TicketDetail {
    /// The kind of voucher.
    #[schema(required)]
    pub r#type: Option<String>,
    /// The kind of benefit.
    #[schema(required)]
    pub benefit_type: Option<String>,
    /// Until when it can be paid.
    pub date_of_expiration: String,
    /// What the customer does.
    pub payment_instruction: String,
    /// What the customer tells at the counter.
    pub provider_number: String,
    /// What the barcode says.
    pub provider_barcode: String,
    /// A picture.
    #[schema(required)]
    pub provider_logo: Option<String>,
    /// How the barcode is written.
    pub provider_format: String,
    /// What the QR code says; `null` when there is none.
    #[schema(required)]
    pub qr_code: Option<String>,
    /// The page on which the customer pays.
    #[serde(default)]
    pub redirect_url: String,
    /// Until when it can be paid.
    pub expires_at: String,
}

/// The details of a wallet.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WalletDetail {
    /// Whether nothing but the wallet is checked.
    pub verify: bool,
    /// Whether the money is taken at once.
    pub capture: bool,
    /// In how many parts the customer pays.
    #[schema(required)]
    pub installments: Option<u16>,
    /// The plan of those parts.
    #[schema(required)]
    pub installments_plan_id: Option<String>,
    /// Months until the first part.
    pub first_installment_deferral: u16,
    /// Whose plan it is.
    pub installments_type: String,
    /// What a part is.
    #[schema(required)]
    pub installment_amount: Option<f64>,
    /// The provider's id of the method.
    #[schema(required)]
    pub payment_method_id: Option<String>,
    /// The provider's details of the method.
    #[schema(required)]
    pub payment_method_detail: Option<String>,
    /// Until when it can be paid.
    pub date_of_expiration: String,
    /// When the merchant gets the money.
    #[schema(required)]
    pub money_release_date: Option<String>,
    /// Whose offer it is.
    #[schema(required)]
    pub sponsor_id: Option<String>,
    /// The wallet's code.
    #[schema(required)]
    pub authorization_code: Option<String>,
    /// What the wallet says of the customer.
    #[schema(required)]
    pub customer_data: Option<String>,
    /// What the wallet says of the card behind it.
    pub card_data: WalletCard,
    /// What the QR code says; `null` when there is none.
    #[schema(required)]
    pub qr_code: Option<String>,
    /// The page on which the customer pays.
    #[serde(default)]
    pub redirect_url: String,
    /// Until when it can be paid.
    pub expires_at: String,
}

/// What a wallet says of the card behind it: nothing here but the last digits, when they were sent.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WalletCard {
    /// Whose name is on it.
    pub holder_name: String,
    /// The first eight digits of its number.
    pub iin: String,
    /// The last four digits of its number.
    pub lfd: String,
    /// How many digits its number has.
    pub number_length: u8,
    /// How many digits its security code has.
    pub security_code_length: u8,
    /// Its brand.
    pub brand: String,
    /// Who issued it.
    pub issuer_name: String,
    /// The issuer's code.
    #[schema(required)]
    pub issuer_code: Option<String>,
    /// Where it was issued.
    #[schema(required)]
    pub country_code: Option<String>,
    /// Its category.
    #[schema(required)]
    pub category: Option<String>,
    /// `CREDIT`, `DEBIT` or empty.
    pub r#type: String,
    /// The same for the same number.
    #[schema(required)]
    pub fingerprint: Option<String>,
    /// 1 to 12.
    #[schema(required)]
    pub expiration_month: Option<u8>,
    /// Its last two digits.
    #[schema(required)]
    pub expiration_year: Option<u16>,
}

/// The details of paying later.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct BnplDetail {
    /// In how many parts the customer pays.
    #[schema(required)]
    pub installments: Option<u16>,
    /// A picture.
    #[schema(required)]
    pub provider_image: Option<String>,
    /// The page on which the customer agrees.
    #[serde(default)]
    pub redirect_url: String,
    /// What the provider says of the customer.
    #[schema(required)]
    pub customer_data: Option<String>,
    /// Until when the customer can agree.
    pub expires_at: String,
}

/// The details of a page of the provider.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PaymentLinkDetail {
    /// Whether nothing but the method is checked.
    #[schema(required)]
    pub verify: Option<bool>,
    /// Whether the money is taken at once.
    #[schema(required)]
    pub capture: Option<bool>,
    /// In how many parts the customer pays.
    #[schema(required)]
    pub installments: Option<u16>,
    /// The provider's id of the method.
    #[schema(required)]
    pub payment_method_id: Option<String>,
    /// The provider's details of the method.
    #[schema(required)]
    pub payment_method_detail: Option<String>,
    /// Until when it can be paid.
    pub date_of_expiration: String,
    /// When the merchant gets the money.
    #[schema(required)]
    pub money_release_date: Option<String>,
    /// Whose offer it is.
    #[schema(required)]
    pub sponsor_id: Option<String>,
    /// The provider's code.
    #[schema(required)]
    pub authorization_code: Option<String>,
    /// The page on which the customer pays.
    #[serde(default)]
    pub redirect_url: String,
    /// Until when it can be paid.
    pub expires_at: String,
}

/// What a customer needs to pay by a method that is no card: made up for the simulated provider, with the shape that
/// the method's flow has. `last_four` are those of the card behind a wallet, when the merchant knows them.
pub fn instructions(
    r#type: &str,
    payment: PaymentId,
    amount: &str,
    now: Timestamp,
    last_four: Option<String>,
) -> MethodDetail {
    let flow = flow_of(r#type);
    let number = format!("{:014}", payment.number() % 100_000_000_000_000);
    let expires_at = json!(now.plus(patience(flow))).as_str().unwrap_or_default().to_owned();
    let qr_code = (flow == Flow::Qr).then(|| qr_code(r#type, &number, amount));
    let category = CATALOG.method(r#type).map_or("TICKET", |method| method.category.as_str());
    match (category, flow) {
        ("BANK_TRANSFER", _) => MethodDetail {
            bank_transfer: Some(BankTransferDetail {
                bank_name: "TEST BANK".to_owned(),
                beneficiary_name: "yuno-sessions".to_owned(),
                bank_account: number.clone(),
                payment_instruction: format!("Transfer {amount} and name {number}."),
                reference: number,
                qr_code,
                expires_at,
                ..BankTransferDetail::default()
            }),
            ..MethodDetail::default()
        },
        ("WALLET", _) => MethodDetail {
            wallet: Some(WalletDetail {
                capture: true,
                date_of_expiration: expires_at.clone(),
                card_data: WalletCard { lfd: last_four.unwrap_or_default(), ..WalletCard::default() },
                qr_code,
                expires_at,
                ..WalletDetail::default()
            }),
            ..MethodDetail::default()
        },
        ("BNPL", _) => {
            MethodDetail { bnpl: Some(BnplDetail { expires_at, ..BnplDetail::default() }), ..MethodDetail::default() }
        }
        ("PAYMENT_LINK", _) | (_, Flow::Redirect) => MethodDetail {
            payment_link: Some(PaymentLinkDetail {
                date_of_expiration: expires_at.clone(),
                expires_at,
                ..PaymentLinkDetail::default()
            }),
            ..MethodDetail::default()
        },
        _ => MethodDetail {
            ticket: Some(TicketDetail {
                date_of_expiration: expires_at.clone(),
                payment_instruction: format!("Pay {amount} at a counter and tell {number}."),
                provider_barcode: format!("{:044}", payment.number() % 10_u128.pow(38)),
                provider_format: "CODE128".to_owned(),
                provider_number: number,
                qr_code,
                expires_at,
                ..TicketDetail::default()
            }),
            ..MethodDetail::default()
        },
    }
}

/// The text of a QR code that is to be paid: like those that merchants present (EMV), with a name that no scheme has.
fn qr_code(r#type: &str, number: &str, amount: &str) -> String {
    let field = |id: &str, value: &str| format!("{id}{:02}{value}", value.len());
    let account = field("00", "test.yuno-sessions") + &field("01", r#type.get(..20).unwrap_or(r#type));
    let amount = amount.split(' ').next().unwrap_or_default();
    let text = [
        field("00", "01"),
        field("26", &account),
        field("52", "0000"),
        field("54", amount),
        field("62", &field("05", number)),
        "6304".to_owned(),
    ]
    .concat();
    let checksum = checksum(&text);
    format!("{text}{checksum:04X}")
}

/// CRC-16 with the polynomial 1021 and all ones to begin with, as those QR codes end with.
fn checksum(text: &str) -> u16 {
    text.bytes().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc: u16, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    })
}

impl MethodDetail {
    /// The details as they are answered: with the card, and with the page on which the customer has something to do.
    pub fn answered(
        payment: &payments::Row,
        transactions: &[transactions::Row],
        page: Option<String>,
    ) -> Result<Self, ApiError> {
        let mut detail = Self::deserialize(&payment.detail.0).map_err(anyhow::Error::from)?;
        if let Some(card) = &mut detail.card {
            let three_d_secure = transactions.iter().find(|row| row.r#type == TransactionType::ThreeDSecure);
            let three_d_secure = three_d_secure.map(authenticated).unwrap_or_default();
            card.card_data =
                payment.card.as_ref().map(|kept| PaymentCard::new(kept, payment.country.as_str(), three_d_secure));
            card.redirect_url = page;
            return Ok(detail);
        }
        let page = page.unwrap_or_default();
        let places = [
            detail.bank_transfer.as_mut().map(|detail| &mut detail.redirect_url),
            detail.ticket.as_mut().map(|detail| &mut detail.redirect_url),
            detail.wallet.as_mut().map(|detail| &mut detail.redirect_url),
            detail.bnpl.as_mut().map(|detail| &mut detail.redirect_url),
            detail.payment_link.as_mut().map(|detail| &mut detail.redirect_url),
        ];
        for place in places.into_iter().flatten() {
            page.clone_into(place);
        }
        Ok(detail)
    }
}

/// What an authentication proves, once it is done.
fn authenticated(row: &transactions::Row) -> ThreeDSecure {
    let Some(proof) = &row.proof else { return ThreeDSecure::default() };
    let text = |key: &str| proof.0.get(key).and_then(Value::as_str).map(str::to_owned);
    ThreeDSecure {
        version: Some("2.2.0".to_owned()),
        electronic_commerce_indicator: text("electronic_commerce_indicator"),
        cryptogram: text("cryptogram"),
        transaction_id: Some(row.transaction_id.to_string()),
        directory_server_transaction_id: Some(row.transaction_id.to_string()),
        pares_status: text("status"),
        acs_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_ends_with_the_published_checksum() {
        // The check value of this kind of CRC.
        assert_eq!(checksum("123456789"), 0x29B1);
        let code = qr_code("PIX", "00000000000042", "259.9 BRL");
        let (text, crc) = code.split_at(code.len() - 4);
        assert_eq!(format!("{:04X}", checksum(text)), crc);
        assert!(text.contains("5405259.9") && text.contains("00000000000042"), "{text}");
    }
}
