//! Amounts as people read them.
