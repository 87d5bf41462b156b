//! The response codes of transactions, with their texts: `catalog/response_codes.csv`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::types::{TransactionStatus, TransactionType};

/// A status with a response code, one of the published pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseCode {
    /// How the transaction stands.
    pub status: TransactionStatus,
    /// Why.
    pub code: String,
}

#[derive(Deserialize)]
struct Row {
    status: String,
    response_code: String,
    message: String,
    decline_kind: String,
}

static ROWS: LazyLock<Vec<(TransactionStatus, Row)>> =
    LazyLock::new(|| rows(include_str!("../../catalog/response_codes.csv")));

/// Those of disputes, which no gateway answers.
static OF_DISPUTES: LazyLock<Vec<(TransactionStatus, Row)>> =
    LazyLock::new(|| rows(include_str!("../../catalog/dispute_response_codes.csv")));

fn rows(table: &str) -> Vec<(TransactionStatus, Row)> {
    csv::Reader::from_reader(table.as_bytes())
        .deserialize::<Row>()
        .map(|row| {
            let row = row.map_err(|error| error.to_string())?;
            Ok((TransactionStatus::parse(&row.status)?, row))
        })
        .collect::<Result<_, String>>()
        .unwrap_or_else(|error| panic!("the response codes compiled into this build are broken: {error}"))
}

impl ResponseCode {
    /// The pair of a status and a code.
    #[must_use]
    pub fn of(status: TransactionStatus, code: &str) -> Self {
        Self { status, code: code.to_owned() }
    }

    /// Everything went well.
    #[must_use]
    pub fn succeeded() -> Self {
        Self::of(TransactionStatus::Succeeded, "SUCCEEDED")
    }

    /// A published pair, by its code and, where that stands under several statuses, its status: without one, the first
    /// that a payment can come to.
    #[must_use]
    pub fn known(code: &str, status: Option<TransactionStatus>) -> Option<Self> {
        let of_status =
            ROWS.iter().find(|(known, row)| row.response_code == code && status.is_none_or(|status| status == *known));
        let first = || of_status.map(|(status, row)| Self::of(*status, &row.response_code));
        if status.is_some() { first() } else { Self::named(code).or_else(first) }
    }

    /// The pair that a dispute stands at by a published code, written exactly so.
    #[must_use]
    pub fn of_dispute(code: &str) -> Option<Self> {
        let row = OF_DISPUTES.iter().find(|(_, row)| row.response_code == code);
        row.map(|(status, row)| Self::of(*status, &row.response_code))
    }

    /// The pair that a payment can come to by a published code, written exactly so. Some codes stand under two
    /// statuses; the first one counts.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        ROWS.iter()
            .find(|(status, row)| row.response_code == code && *status != TransactionStatus::Created)
            .map(|(status, row)| Self::of(*status, &row.response_code))
    }
}

/// The published text of a pair, for a transaction of a type; empty when there is none.
#[must_use]
pub fn message(r#type: TransactionType, status: TransactionStatus, code: &str) -> &'static str {
    let rows = if r#type == TransactionType::Chargeback { &OF_DISPUTES } else { &ROWS };
    rows.iter()
        .find(|(row_status, row)| *row_status == status && row.response_code == code)
        .map_or("", |(_, row)| row.message.as_str())
}

/// A card network's advice on trying a declined payment again: its code and its text.
#[must_use]
pub fn advice(status: TransactionStatus, code: &str) -> Option<(&'static str, &'static str)> {
    let (_, row) = ROWS.iter().find(|(row_status, row)| *row_status == status && row.response_code == code)?;
    match (status, row.decline_kind.as_str()) {
        (TransactionStatus::Declined, "HARD") => Some(("03", "Do not try again")),
        (TransactionStatus::Declined, _) => Some(("02", "Try again later")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_leads_to_its_status() {
        for (code, status) in [
            ("SUCCEEDED", TransactionStatus::Succeeded),
            ("INSUFFICIENT_FUNDS", TransactionStatus::Declined),
            ("COUNTRY_NOT_SUPPORTED", TransactionStatus::Declined),
            ("INTERNAL_ERROR", TransactionStatus::Rejected),
            ("PROVIDER_TIMEOUT", TransactionStatus::Error),
            ("CHALLENGE_REQUIRED", TransactionStatus::Pending),
            ("EXPIRED_BY_PROVIDER", TransactionStatus::Expired),
        ] {
            assert_eq!(ResponseCode::named(code), Some(ResponseCode::of(status, code)));
        }
        let created = Some(TransactionStatus::Created);
        assert_eq!(ResponseCode::known("SUCCEEDED", None), Some(ResponseCode::succeeded()));
        assert_eq!(ResponseCode::known("SUCCEEDED", created).map(|pair| pair.status), created);
        assert_eq!(ResponseCode::known("ACTION_REQUIRED", None).map(|pair| pair.status), created);
        assert_eq!(ResponseCode::known("SUCCEEDED", Some(TransactionStatus::Error)), None);
        assert_eq!(ResponseCode::known("nothing", None), None);
        for no_code in ["insufficient_funds", "Running shoes", "", "ACTION_REQUIRED", "SUCCEDED"] {
            assert_eq!(ResponseCode::named(no_code), None, "{no_code}");
        }
    }
}
