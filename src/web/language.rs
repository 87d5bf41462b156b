//! The language in which a customer is spoken to.
