//! The end of a batch: its flush to disk, and the replies. Beside the writer, which works on the next batch meanwhile.
//! ```text
//! writer   BEGIN ─ command… ─ COMMIT ──▶ BEGIN ─ command… ─ COMMIT ──▶ …
//! flusher                       └─▶ fdatasync of the log ─▶ replies ─▶ fdatasync …
//! ```
//! SQLite writes the log at a COMMIT and leaves the flush to us (`synchronous=normal`: it still flushes the log itself
//! before it copies from it or begins it anew).
//!
//! Invariants
//! - Nobody is told of anything that is not on disk: replies go out batch by batch behind the flush, and a reader's
//!   answer waits for the flush of what it may have seen.
//! - After a flush failed once, nobody gets `Ok` any more.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::writer::{Command, Shared, Verdict};
use crate::points;

/// A batch behind its COMMIT.
pub(super) struct Written {
    pub(super) commands: Vec<Box<dyn Command>>,
    pub(super) bytes: usize,
    pub(super) verdict: Verdict,
    /// When its COMMIT began, if there is anything to flush.
    pub(super) began: Option<Instant>,
    /// As [`Shared::written`] counts.
    pub(super) number: u64,
}

pub(super) struct Flusher {
    /// The write-ahead log.
    log: File,
    flush: fn(&File) -> io::Result<()>,
    shared: Arc<Shared>,
}

impl Flusher {
    pub(super) fn new(log: File, flush: fn(&File) -> io::Result<()>, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { log, flush, shared })
    }

    /// The thread: until the writer is gone.
    #[allow(clippy::needless_pass_by_value, reason = "the writer sees that it has ended")]
    pub(super) fn run(&self, batches: Receiver<Written>) {
        while let Ok(written) = batches.recv() {
            self.end(written);
        }
    }

    /// Makes it durable and answers.
    pub(super) fn end(&self, written: Written) {
        let Written { commands, bytes, mut verdict, began, number } = written;
        if let (Verdict::Committed, Some(began)) = (&verdict, began) {
            verdict = self.flushed(began);
        } else if matches!(verdict, Verdict::Committed)
            && let Err(error) = self.shared.fence.trusted()
        {
            verdict = Verdict::Broken(error.to_string());
        }
        // Before the replies, so that a caller who comes back at once finds room.
        self.shared.waiting_commands.fetch_sub(commands.len(), Ordering::Relaxed);
        self.shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.shared.is_flushed(number);
        for command in commands {
            command.answer(&verdict);
        }
        self.shared.unflushed.fetch_sub(1, Ordering::AcqRel);
    }

    fn flushed(&self, began: Instant) -> Verdict {
        // One that failed before may have lost what this one is built on.
        let flushed = match self.shared.fence.trusted() {
            Ok(()) => (self.flush)(&self.log).map_err(|error| format!("the log could not be flushed: {error}")),
            Err(error) => return Verdict::Broken(error.to_string()),
        };
        let reached = flushed.and_then(|()| points::reach(points::COMMIT_AFTER).map_err(|error| error.to_string()));
        match reached {
            Ok(()) => {
                let done = &self.shared.done;
                done.flushes.fetch_add(1, Ordering::Relaxed);
                done.flush_times.add_time(began.elapsed());
                Verdict::Committed
            }
            Err(reason) => {
                self.shared.fence.break_with(&reason);
                Verdict::Broken(reason)
            }
        }
    }
}
