//! What a backend has committed, counted for [`Stats`](crate::Stats).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::histogram::Histogram;

/// What was committed.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) flushes: AtomicU64,
    pub(crate) flush_times: Histogram,
    pub(crate) commands: AtomicU64,
    pub(crate) batch_commands: Histogram,
}

impl Default for Done {
    fn default() -> Self {
        Self {
            flushes: AtomicU64::default(),
            flush_times: Histogram::of_times(),
            commands: AtomicU64::default(),
            batch_commands: Histogram::of_numbers(),
        }
    }
}

impl Done {
    /// A commit of so many commands; how long it took, if there was a flush.
    pub(crate) fn add(&self, took: Option<Duration>, commands: u64) {
        if let Some(took) = took {
            self.flushes.fetch_add(1, Ordering::Relaxed);
            self.flush_times.add_time(took);
        }
        self.commands.fetch_add(commands, Ordering::Relaxed);
        if commands > 0 {
            self.batch_commands.add(commands);
        }
    }
}
