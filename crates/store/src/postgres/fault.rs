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
                Some(code) if is_busy(code) => Error::Overloaded,
                Some(code) if !is_of_what_was_asked(code) => Error::Unwilling { reason: chain(&error) },
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

    /// Of a batch: it need not be all of it that the database refuses.
    pub(super) fn may_be_of_one(&self) -> bool {
        match self {
            Self::Driver(error) => {
                !is_lost(error) && !error.code().is_some_and(|code| is_busy(code) || *code == SqlState::DISK_FULL)
            }
            Self::Unreadable(_) => true,
            Self::Refused(_) => false,
        }
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

fn is_busy(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::OUT_OF_MEMORY,
    ]
    .contains(code)
}

/// What was to be written or read is what the database refuses, and another try would meet the same: a value that no
/// column takes, a key that is taken, more than fits. All else is between the database and who runs it.
fn is_of_what_was_asked(code: &SqlState) -> bool {
    ["22", "23", "54"].iter().any(|class| code.code().starts_with(class))
}

/// The connection is gone, or leads to a server that goes down, comes up, or may not write; or what was prepared on it
/// is of no use any more.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    let by_code = error.code().is_some_and(|code| {
        // Class 08: the connection itself. Of 57: the session ends, or does not begin.
        ["08", "57P"].iter().any(|class| code.code().starts_with(class))
            || [
                &SqlState::TOO_MANY_CONNECTIONS,
                &SqlState::READ_ONLY_SQL_TRANSACTION,
                &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                // A table is another one than it was prepared for.
                &SqlState::FEATURE_NOT_SUPPORTED,
                // Somebody has taken it away, with all that the session had.
                &SqlState::INVALID_SQL_STATEMENT_NAME,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::testing::{Cluster, client};

    /// What the caller hears decides whether an execution waits or ends as an error.
    #[tokio::test]
    async fn only_what_was_asked_for_ends_an_execution() {
        let url = Cluster::shared().database().await;
        let client = client(&url).await;
        let heard = async |code: &str| {
            let raise = format!("do $$ begin raise exception 'test' using errcode = '{code}'; end $$");
            let error = client.batch_execute(&raise).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), code);
            Fault::from(error).into_error("test")
        };
        for refused in ["22021", "22003", "23505", "23514", "54000"] {
            let error = heard(refused).await;
            assert!(matches!(error, Error::Database { operation: "test", .. }), "{refused}: {error:?}");
        }
        for passes in ["58030", "XX000", "42501", "42P01", "55006"] {
            let error = heard(passes).await;
            assert!(matches!(error, Error::Unwilling { .. }), "{passes}: {error:?}");
        }
        for away in ["26000", "0A000", "57P05", "57P01"] {
            let error = heard(away).await;
            assert!(matches!(error, Error::Away { .. }), "{away}: {error:?}");
        }
        for busy in ["40001", "40P01", "55P03", "57014", "53200"] {
            let error = heard(busy).await;
            assert!(matches!(error, Error::Overloaded), "{busy}: {error:?}");
        }
        assert!(matches!(heard("53100").await, Error::Full));
    }
}
