//! What no call passes once a store is closed, or cannot be trusted any more.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Stands between callers and the database: once it is broken or closed, nothing passes, for good.
#[derive(Debug, Default)]
pub(crate) struct Fence {
    broken: OnceLock<String>,
    closed: AtomicBool,
}

impl Fence {
    pub(crate) fn check(&self) -> Result<()> {
        self.trusted()?;
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    /// Like [`Self::check`], but a closed store is fine.
    pub(crate) fn trusted(&self) -> Result<()> {
        match self.broken.get() {
            Some(reason) => Err(Error::Broken { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// The first reason stays.
    pub(crate) fn break_with(&self, reason: &str) {
        if self.broken.set(reason.to_owned()).is_ok() {
            tracing::error!(reason, "the database failed; nothing is written any more until a restart");
        }
    }

    /// `false` if it was closed already.
    pub(crate) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// For a caller whose work was dropped unanswered: its thread is gone.
    pub(crate) fn dropped(&self) -> Error {
        self.check().err().unwrap_or(Error::Closed)
    }
}
