//! A few threads that read, each with a read-only connection: what they read is committed, and
//! reading never waits for writing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Fault, is_fatal};
use super::writer::Shared;
use crate::error::{Error, Result};

/// `None` ends the thread that takes it.
type Read = Option<Box<dyn FnOnce(&Connection) + Send>>;

#[derive(Debug)]
pub(super) struct Readers {
    queue: Sender<Read>,
    threads: usize,
    shared: Arc<Shared>,
}

impl Readers {
    /// The pool, and the queue its threads [`serve`].
    pub(super) fn new(threads: usize, waiting_max: usize, shared: Arc<Shared>) -> (Self, Receiver<Read>) {
        let (queue, reads) = crossbeam_channel::bounded(waiting_max);
        (Self { queue, threads, shared }, reads)
    }

    /// Runs `work` in one read transaction: all it reads is of one moment.
    pub(super) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        self.shared.fence.check()?;
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let job = move |db: &Connection| {
            let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(db, work)));
            let result = match outcome.unwrap_or_else(|_| Err(Fault::panicked(operation))) {
                Err(Fault::Driver(error)) if is_fatal(&error) => {
                    shared.fence.break_with(&error.to_string());
                    Err(shared.fence.dropped())
                }
                other => other.map_err(|fault| fault.into_error(operation)),
            };
            // The caller may have gone.
            let _ = reply.send(result);
        };
        self.queue.try_send(Some(Box::new(job))).map_err(|error| match error {
            TrySendError::Full(_) => Error::Overloaded,
            TrySendError::Disconnected(_) => self.shared.fence.dropped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(self.shared.fence.dropped()))
    }

    /// Lets the threads end once they have read what was asked for. Blocks while the queue is full.
    pub(super) fn stop(&self) {
        for _ in 0..self.threads {
            // They may have ended already.
            let _ = self.queue.send(None);
        }
    }
}

fn snapshot<T>(db: &Connection, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
    let transaction = db.unchecked_transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// A reader's thread.
#[allow(clippy::needless_pass_by_value, reason = "the connection closes when the thread ends")]
pub(super) fn serve(db: Connection, reads: Receiver<Read>) {
    while let Ok(Some(job)) = reads.recv() {
        job(&db);
    }
}
