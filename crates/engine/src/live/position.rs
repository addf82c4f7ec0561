//! Where a listener is: the id of what it heard last.
//!
//! A position is the time in microseconds, raised where needed so that each change has its own and later
//! ones have higher ones. So an id that is out of date still says since when something may be missing.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use domain::time::Timestamp;

/// What was durable so long before a position has surely been told before it, or was left out on purpose.
pub(super) const MARGIN: Duration = Duration::from_secs(1);

/// `<boot>-<microseconds>`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub(super) boot: u64,
    pub(super) at: u64,
}

impl Position {
    /// A time before which nothing behind this position became durable, unless the clock was set back.
    pub(super) fn since(self) -> Timestamp {
        since(self.at)
    }
}

/// A little before a moment.
pub(super) fn since(micros: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(0)).minus(MARGIN).max(Timestamp::from_micros(0))
}

pub(super) fn time(now: Timestamp) -> u64 {
    u64::try_from(now.as_micros()).unwrap_or(0)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.boot, self.at)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a change")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (boot, at) = text.split_once('-').ok_or(NotAPosition)?;
        let boot = u64::from_str_radix(boot, 16).map_err(|_| NotAPosition)?;
        Ok(Self { boot, at: at.parse().map_err(|_| NotAPosition)? })
    }
}
