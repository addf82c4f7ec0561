//! Whether requests can be taken, and what a failure of the store means for that.
//! ```text
//! stopping, broken      for good: only a new process helps
//! database away         until it answers again, which is tried every second
//! disk full, overloaded for a while: nobody comes to a server that says it is not ready, so after the
//!                       while it says that it is, and the next request is the one that tries
//! ```

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::handle::Inner;

/// How long a server calls itself not ready after the database would take no more.
const OVERLOAD_PAUSE: Duration = Duration::from_secs(2);

const STOPPING: &str = "the server is stopping";

/// What stands in the way of requests.
#[derive(Debug)]
pub(crate) struct Obstacles {
    /// When the disk had no room for what was written last.
    full_at: Mutex<Option<Instant>>,
    /// When the database last refused something because too much was waiting.
    overloaded_at: Mutex<Option<Instant>>,
    /// Why the database could not be reached last; until it has answered again.
    away: Mutex<Option<String>>,
    /// Told when it could not be reached, and could before.
    pub(crate) is_away: Notify,
    pub(crate) broken: watch::Sender<Option<String>>,
}

impl Default for Obstacles {
    fn default() -> Self {
        Self {
            full_at: Mutex::default(),
            overloaded_at: Mutex::default(),
            away: Mutex::default(),
            is_away: Notify::new(),
            broken: watch::Sender::new(None),
        }
    }
}

impl Inner {
    /// `Err` says why no request is worth sending now.
    pub(crate) fn ready(&self) -> Result<(), String> {
        if self.draining.is_cancelled() {
            return Err(STOPPING.to_owned());
        }
        self.able()?;
        if let Err(error) = self.store.health() {
            return Err(error.to_string());
        }
        let within = |at: &Mutex<Option<Instant>>, pause| lock(at).is_some_and(|at| at.elapsed() < pause);
        if within(&self.obstacles.full_at, self.limits.full_pause) {
            return Err("the disk is full".to_owned());
        }
        if within(&self.obstacles.overloaded_at, OVERLOAD_PAUSE) {
            return Err(store::Error::Overloaded.to_string());
        }
        if let Some(why) = &*lock(&self.obstacles.away) {
            return Err(why.clone());
        }
        if self.bodies.is_spent() {
            return Err("too many requests are in memory".to_owned());
        }
        Ok(())
    }

    /// `Err`: nothing can be accepted until the process is another. A server that drains can: it keeps for others.
    pub(crate) fn able(&self) -> Result<(), String> {
        // From there on nobody would wait for what is begun.
        if self.tasks.is_closed() {
            return Err(STOPPING.to_owned());
        }
        if self.standing.is_lost() {
            return Err(store::Error::ServerLeaseLost.to_string());
        }
        match &*self.obstacles.broken.borrow() {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }

    /// A write went through.
    pub(crate) fn has_room(&self) {
        if lock(&self.obstacles.full_at).take().is_some() {
            tracing::info!("the disk has room again");
        }
    }

    /// The database answers.
    pub(crate) fn is_reached(&self) {
        if lock(&self.obstacles.away).take().is_some() {
            tracing::info!("the database answers again");
        }
    }

    /// Draws the consequences of a failure of the store for the whole server.
    pub(crate) fn store_failed(&self, error: &store::Error) {
        match error {
            store::Error::Full => {
                if lock(&self.obstacles.full_at).replace(Instant::now()).is_none() {
                    tracing::error!("the disk is full: requests are refused until there is room");
                }
            }
            store::Error::Broken { .. } | store::Error::ServerLeaseLost => {
                tracing::error!(%error, "the server cannot go on");
                self.obstacles.broken.send_if_modified(|broken| {
                    let first = broken.is_none();
                    broken.get_or_insert_with(|| error.to_string());
                    first
                });
            }
            store::Error::LeaseLost { .. } => tracing::info!(%error, "another server goes on with it"),
            store::Error::Away { .. } => {
                if lock(&self.obstacles.away).replace(error.to_string()).is_none() {
                    tracing::error!(%error, "requests are refused until it answers");
                    self.obstacles.is_away.notify_one();
                }
            }
            error => {
                if matches!(error, store::Error::Overloaded) {
                    *lock(&self.obstacles.overloaded_at) = Some(Instant::now());
                }
                tracing::warn!(error = %chain(error), "the store failed");
            }
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its causes, for a log line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
