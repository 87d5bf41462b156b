//! JSON that is kept in a `json` column, which leaves the order of its keys alone, unlike `jsonb`.

use serde_json::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::types::Json;
use sqlx::{Decode, Encode, Postgres, Type};

/// PostgreSQL's own number of its type `json`, the same in every database.
const JSON: Oid = Oid(114);

/// And of a list of them.
const JSON_ARRAY: Oid = Oid(199);

/// JSON as a client sent it. The driver would send any JSON as `jsonb`.
#[derive(Clone, Debug)]
pub struct AsSent(pub Value);

impl Type<Postgres> for AsSent {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSON)
    }

    fn compatible(found: &PgTypeInfo) -> bool {
        <Json<Value> as Type<Postgres>>::compatible(found)
    }
}

impl PgHasArrayType for AsSent {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(JSON_ARRAY)
    }
}

impl Encode<'_, Postgres> for AsSent {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.to_string().as_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for AsSent {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let Json(value) = Json::decode(value)?;
        Ok(Self(value))
    }
}
