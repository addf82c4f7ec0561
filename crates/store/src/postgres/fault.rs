//! What can go wrong inside a transaction, and what follows from it.

use tokio_postgres::error::SqlState;

use crate::error::Error;

#[derive(Debug)]
pub(super) enum Fault {
    /// By the store's own rules; the database is fine.
    Refused(Error),
    Driver(tokio_postgres::Error),
    /// What stands in a column is not what belongs there.
    Unreadable(Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

impl Fault {
    /// What the caller of `operation` is told.
    pub(super) fn into_error(self, operation: &'static str) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Driver(error) if is_lost(&error) => away(&error),
            Self::Driver(error) => match error.code() {
                Some(&SqlState::DISK_FULL) => Error::Full,
                Some(
                    &SqlState::T_R_SERIALIZATION_FAILURE
                    | &SqlState::T_R_DEADLOCK_DETECTED
                    | &SqlState::LOCK_NOT_AVAILABLE
                    | &SqlState::QUERY_CANCELED
                    | &SqlState::OUT_OF_MEMORY,
                ) => Error::Overloaded,
                _ => Error::Database { operation, source: Box::new(error) },
            },
            Self::Unreadable(source) => Error::Database { operation, source },
        }
    }

    pub(super) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unreadable(Box::new(error))
    }

    /// The transaction was taken back because of others that ran beside it: nothing of it was kept, and another try
    /// need not meet them again.
    pub(super) fn is_of_the_moment(&self) -> bool {
        let codes = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        matches!(self, Self::Driver(error) if error.code().is_some_and(|code| codes.contains(&code)))
    }

    /// A batch holds what does not pass it (`batch`).
    pub(super) fn is_of_the_fence(&self) -> bool {
        matches!(self, Self::Driver(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO))
    }

    /// The connection is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Driver(error) if is_lost(error))
    }

    /// There was no connection to be had.
    pub(super) fn is_away(&self) -> bool {
        matches!(self, Self::Refused(Error::Away { .. } | Error::Overloaded))
    }

    /// The database did its part: what it keeps is not what this program can read.
    pub(super) fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable(_) => true,
            Self::Driver(error) => error.code().is_none() && !is_lost(error),
            Self::Refused(_) => false,
        }
    }
}

/// The connection is gone, or leads to a server that goes down, comes up, or may not write.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    let by_code = error.code().is_some_and(|code| {
        // Class 08: the connection itself.
        code.code().starts_with("08")
            || [
                &SqlState::ADMIN_SHUTDOWN,
                &SqlState::CRASH_SHUTDOWN,
                &SqlState::CANNOT_CONNECT_NOW,
                &SqlState::TOO_MANY_CONNECTIONS,
                &SqlState::READ_ONLY_SQL_TRANSACTION,
                &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            ]
            .contains(&code)
    });
    let by_cause = std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>());
    error.is_closed() || by_code || by_cause
}

pub(super) fn away(error: &dyn std::error::Error) -> Error {
    Error::Away { reason: chain(error) }
}

/// The error and what caused it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
