//! What happened to a session and its payment, in the order in which it did.
