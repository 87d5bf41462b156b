//! What a checkout can become.

use crate::error::ApiError;
use crate::types::CheckoutStatus;

/// What is wanted of a checkout.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// The status that it is to have.
    pub status: Option<CheckoutStatus>,
    /// Whether it is to be the account's default.
    pub is_default: Option<bool>,
}

/// What becomes of a checkout: its status, and whether it is the default. That it becomes the default wins over a status,
/// and publishes it from any.
///
/// # Errors
/// When there is no way from what it is to what is wanted.
pub fn become_of(status: CheckoutStatus, is_default: bool, wanted: Wanted) -> Result<(CheckoutStatus, bool), ApiError> {
    use CheckoutStatus::{Archived, NotPublished, Published};
    match wanted.is_default {
        Some(true) => return Ok((Published, true)),
        Some(false) => return Err(ApiError::CheckoutDemotion),
        None => {}
    }
    match (status, wanted.status) {
        (_, None) => Ok((status, is_default)),
        (Published, Some(NotPublished)) if is_default => Err(ApiError::CannotUnpublishDefaultCheckout),
        (Published, Some(Archived)) if is_default => Err(ApiError::CannotArchiveDefaultCheckout),
        (NotPublished, Some(Published))
        | (Published | Archived, Some(NotPublished))
        | (Published | NotPublished, Some(Archived)) => Ok((wanted.status.unwrap_or(status), is_default)),
        (Published, Some(Published)) | (NotPublished, Some(NotPublished)) | (Archived, Some(Archived | Published)) => {
            Err(ApiError::InvalidStatusTransition(status))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CheckoutStatus::{Archived, NotPublished, Published};

    fn code(is_default: bool, from: CheckoutStatus, to: CheckoutStatus) -> &'static str {
        match become_of(from, is_default, Wanted { status: Some(to), is_default: None }) {
            Ok(became) => {
                assert_eq!(became, (to, is_default));
                "OK"
            }
            Err(error) => error.status_and_code().1,
        }
    }

    #[test]
    fn the_whole_table_of_transitions() {
        for (from, to, expected) in [
            (Published, Published, "INVALID_STATUS_TRANSITION"),
            (Published, NotPublished, "OK"),
            (Published, Archived, "OK"),
            (NotPublished, Published, "OK"),
            (NotPublished, NotPublished, "INVALID_STATUS_TRANSITION"),
            (NotPublished, Archived, "OK"),
            (Archived, Published, "INVALID_STATUS_TRANSITION"),
            (Archived, NotPublished, "OK"),
            (Archived, Archived, "INVALID_STATUS_TRANSITION"),
        ] {
            assert_eq!(code(false, from, to), expected, "{from:?} to {to:?}");
        }
        assert_eq!(code(true, Published, NotPublished), "CANNOT_UNPUBLISH_DEFAULT_CHECKOUT");
        assert_eq!(code(true, Published, Archived), "CANNOT_ARCHIVE_DEFAULT_CHECKOUT");
        assert_eq!(code(true, Published, Published), "INVALID_STATUS_TRANSITION");
    }

    #[test]
    fn becoming_the_default_wins_and_is_never_undone() {
        for from in [Published, NotPublished, Archived] {
            for status in [None, Some(Archived)] {
                let became = become_of(from, false, Wanted { status, is_default: Some(true) });
                assert_eq!(became.expect("from any"), (Published, true));
            }
        }
        for is_default in [true, false] {
            let refused = become_of(Published, is_default, Wanted { status: None, is_default: Some(false) });
            assert_eq!(refused.expect_err("never").status_and_code().1, "INVALID_OPERATION");
        }
        let same = become_of(NotPublished, false, Wanted::default());
        assert_eq!(same.expect("nothing is wanted"), (NotPublished, false));
    }
}
