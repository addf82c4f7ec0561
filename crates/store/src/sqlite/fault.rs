//! What can go wrong inside a command, and what follows from it.
//!
//! Not here: what happens to the neighbours in a batch (`writer`).

use rusqlite::ErrorCode;

use crate::error::Error;

/// Why a piece of work failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// By the store's own rules; the database is fine.
    Refused(Error),
    Driver(rusqlite::Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Driver(error)
    }
}

impl Fault {
    /// What the caller of `operation` is told.
    pub(super) fn into_error(self, operation: &'static str) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Driver(error) if is_full(&error) => Error::Full,
            Self::Driver(error) => Error::Database { operation, source: Box::new(error) },
        }
    }

    /// For work that panicked; what it had written is rolled back.
    pub(super) fn panicked(operation: &'static str) -> Self {
        Self::Refused(Error::Database { operation, source: Box::new(Panicked) })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it panicked")]
struct Panicked;

/// The file could not be read or written as it should, or is not what it should be.
pub(super) fn is_fatal(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}
