//! `/v1/catalog`

mod payment_methods;
