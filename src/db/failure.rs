//! What an error says about the database: that it is away or busy, that a connection is of no use any more, or that
//! the statement was wrong.

use std::io;

use sqlx::Error;

/// That the database is away, and known to be: nothing was asked of it.
#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away;

/// The error of somebody who asks while the database is known to be away.
pub(super) fn away() -> Error {
    Error::Io(io::Error::new(io::ErrorKind::NotConnected, Away))
}

/// Whether nothing was asked because the database is known to be away. That was logged when it was found out.
#[must_use]
pub fn is_known_away(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Away>))
}

/// Whether the database cannot be asked now, or refuses for now what it may take another time. Where it happened at a
/// commit, nobody knows whether that was done.
#[must_use]
pub fn is_passing(error: &Error) -> bool {
    // Classes of its codes: 08 the connection, 40 another transaction was in the way, 53 it has no resources left, 57
    // it is being stopped or started or stopped the statement, 58 its machine fails it. And some of other classes.
    const CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
    // It only reads, ended a transaction that took too long, or a lock took too long.
    const CODES: [&str; 4] = ["25006", "25P03", "25P04", "55P03"];
    match error {
        Error::Database(error) => {
            error.code().is_some_and(|code| CODES.contains(&&*code) || CLASSES.contains(&&code[..2.min(code.len())]))
        }
        error => is_lost(error),
    }
}

/// Whether an error is of the connection, and not of what was asked on it: nobody knows then what was done.
#[must_use]
pub fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => true,
        // The server ended the connection, or is not the primary any more.
        Error::Database(error) => error.code().is_some_and(|code| {
            ["08", "57P"].iter().any(|ended| code.starts_with(ended)) || ["25006", "25P03", "25P04"].contains(&&*code)
        }),
        _ => false,
    }
}

/// Whether a server that refused a connection is there all the same: it has no room, or does not know who asks.
pub(super) fn is_there(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.code().is_some_and(|code| {
        !["08", "57", "58"].contains(&&code[..2.min(code.len())])
    }))
}

/// The same error for another one who waited: the driver's errors cannot be copied.
pub(super) fn same(error: &Error) -> Error {
    match error {
        Error::PoolTimedOut => Error::PoolTimedOut,
        Error::PoolClosed => Error::PoolClosed,
        error if is_known_away(error) => away(),
        // The database cannot be asked: whoever gets it answers 503.
        error => Error::Io(io::Error::other(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_to_be_away_stays_so_for_those_who_waited_too() {
        assert!(is_known_away(&away()) && is_known_away(&same(&away())));
        assert!(is_passing(&away()) && is_lost(&away()));
        let refused = Error::Io(io::ErrorKind::ConnectionRefused.into());
        assert!(is_passing(&refused) && !is_known_away(&refused) && !is_known_away(&same(&refused)));
    }

    #[test]
    fn every_error_of_the_connection_passes_and_an_error_of_ours_does_not() {
        for error in [
            Error::PoolTimedOut,
            Error::PoolClosed,
            Error::WorkerCrashed,
            Error::BeginFailed,
            Error::Protocol("a message of half its length".into()),
            Error::Tls("cut off".into()),
        ] {
            assert!(is_passing(&error) && is_lost(&error), "{error}");
        }
        for error in [Error::RowNotFound, Error::ColumnNotFound("x".into()), Error::Decode("x".into())] {
            assert!(!is_passing(&error) && !is_lost(&error), "{error}");
        }
    }
}
