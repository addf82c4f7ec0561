//! Copying the write-ahead log into the database file, beside the batches.
//!
//! A thread of its own copies as the log grows and stops nobody. The log starts anew by itself
//! when all of it is copied at the moment a batch begins; under a load that never pauses this does
//! not happen, so past a limit the writer does the small rest between two batches.
//!
//! Small too is what is left to flush then: SQLite flushes the database file only before the log starts anew, so the
//! copier does it after each of its steps. Else everybody would wait for all that was copied in between.
//!
//! Invariant: nothing is copied once the database is broken; the next start reads the log as it stands.

use std::ffi::c_int;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connect::PAGE_BYTES;
use super::fault::is_fatal;
use super::options::Options;
use super::sql::{row, statements};
use super::writer::Shared;

statements! {
    PASSIVE = "pragma wal_checkpoint(passive)";
    RESTART = "pragma wal_checkpoint(restart)";
    TRUNCATE = "pragma wal_checkpoint(truncate)";
}

/// The writer's side.
pub(super) struct Checkpoints {
    /// Pages in the log after the last commit that wrote any; 0 once taken note of.
    committed_pages: Arc<AtomicU64>,
    wake: Sender<()>,
    copier: JoinHandle<()>,
    step_pages: u64,
    pages_max: u64,
    /// Pages in the log when the copier was last woken.
    woken_at_pages: u64,
    /// The log's size from which on the writer itself copies; moves up when readers were in the way.
    restart_at_pages: u64,
}

impl Checkpoints {
    /// `copier` is the thread that runs [`copy`] at the other end of `wake`, a channel of 1.
    pub(super) fn new(
        writer: &mut Connection,
        wake: Sender<()>,
        copier: JoinHandle<()>,
        options: &Options,
    ) -> rusqlite::Result<Self> {
        let committed_pages = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&committed_pages);
        writer.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            told.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let pages_max = options.wal_bytes_max.div_ceil(PAGE_BYTES);
        Ok(Self {
            committed_pages,
            wake,
            copier,
            step_pages: options.checkpoint_bytes.div_ceil(PAGE_BYTES),
            pages_max,
            woken_at_pages: 0,
            restart_at_pages: pages_max,
        })
    }

    /// Whether the last commit wrote anything, and so flushed. Until `after_batch` takes note.
    pub(super) fn flushed(&self) -> bool {
        self.committed_pages.load(Ordering::Relaxed) > 0
    }

    /// Once the replies are out: sees to it that the log is copied in time.
    pub(super) fn after_batch(&mut self, db: &Connection, shared: &Shared) {
        let pages = self.committed_pages.swap(0, Ordering::Relaxed);
        if pages == 0 {
            return;
        }
        if pages < self.woken_at_pages {
            // It started anew.
            self.woken_at_pages = 0;
            self.restart_at_pages = self.pages_max;
        }
        if pages >= self.restart_at_pages {
            let copied = checkpoint(db, RESTART, shared);
            self.restart_at_pages = if copied { self.pages_max } else { pages + self.pages_max / 4 };
        } else if pages >= self.woken_at_pages + self.step_pages {
            self.woken_at_pages = pages;
            // Full: it has been woken already.
            let _ = self.wake.try_send(());
        }
    }

    /// Leaves a database file with an empty log.
    pub(super) fn finish(self, db: &Connection, shared: &Shared) {
        drop(self.wake);
        // It ends by itself now; a panic in it changes nothing here.
        let _ = self.copier.join();
        checkpoint(db, TRUNCATE, shared);
    }
}

/// The copier's thread: copies what it can each time it is woken, until the writer is gone.
#[allow(clippy::needless_pass_by_value, reason = "the connection closes when the thread ends")]
pub(super) fn copy(db: Connection, file: &File, wake: Receiver<()>, shared: Arc<Shared>) {
    while wake.recv().is_ok() {
        checkpoint(&db, PASSIVE, &shared);
        // SQLite does it again where it counts, and learns of a failure then.
        let _ = file.sync_data();
    }
}

/// Whether all of the log was copied. No space for it may pass; other failures break the fence.
fn checkpoint(db: &Connection, sql: &str, shared: &Shared) -> bool {
    let _alone = shared.copying.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.fence.trusted().is_err() {
        return false;
    }
    let busy = row(db, sql, [], |row| row.get::<_, bool>(0));
    match busy {
        Ok(busy) => busy == Some(false),
        Err(error) => {
            if is_fatal(&error) {
                shared.fence.break_with(&error.to_string());
            } else {
                tracing::warn!(%error, "the write-ahead log could not be copied into the database file");
            }
            false
        }
    }
}
