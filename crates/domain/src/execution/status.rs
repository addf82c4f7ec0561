//! The life of an execution, and of a node run in it.
//! ```text
//! queued ──start──▶ running ──finish──▶ succeeded · failed · error · timed_out · cancelled
//!                    │   ▲
//!               wait ▼   │ resume
//!                   waiting
//! ```
//! A final status is never left: the store refuses to write over one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    Running,
    Waiting,
    Succeeded,
    /// The flow's ordinary negative end: a condition said no, an End node said so.
    Failed,
    /// Something broke.
    Error,
    TimedOut,
    Cancelled,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Succeeded,
    Failed,
    Error,
    TimedOut,
    Cancelled,
}

/// Why an execution is `waiting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Timer,
    NeedsAttention,
    Quarantined,
}

/// Where a node run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    Running,
    Waiting,
    Succeeded,
    Failed,
    Error,
    TimedOut,
    Cancelled,
    Skipped,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word used in the database, the API and the UI.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known word")]
pub struct UnknownWord;

words!(Status {
    Queued = "queued", Running = "running", Waiting = "waiting", Succeeded = "succeeded",
    Failed = "failed", Error = "error", TimedOut = "timed_out", Cancelled = "cancelled",
});
words!(End {
    Succeeded = "succeeded", Failed = "failed", Error = "error", TimedOut = "timed_out", Cancelled = "cancelled",
});
words!(Reason { Timer = "timer", NeedsAttention = "needs_attention", Quarantined = "quarantined" });
words!(NodeStatus {
    Running = "running", Waiting = "waiting", Succeeded = "succeeded", Failed = "failed",
    Error = "error", TimedOut = "timed_out", Cancelled = "cancelled", Skipped = "skipped",
});

impl Status {
    /// Not ended yet.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }
}

impl From<End> for Status {
    fn from(end: End) -> Self {
        match end {
            End::Succeeded => Self::Succeeded,
            End::Failed => Self::Failed,
            End::Error => Self::Error,
            End::TimedOut => Self::TimedOut,
            End::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_agree_with_json() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        for status in NodeStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
