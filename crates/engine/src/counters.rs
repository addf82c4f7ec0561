//! What the engine has done and how long it took, stage by stage.
//! ```text
//! handed in ──accept──▶ durable ──queue──▶ first turn ──run──▶ end
//! ```
//! A synchronous execution has its first turn before it is durable: its `queue` lies within its `accept`.
//!
//! Invariant: counting takes no lock and allocates nothing.
//!
//! Not here: how anyone is shown it (`server::metrics`).

use std::sync::atomic::{AtomicU64, Ordering};

use domain::execution::status::Status;
use domain::time::Timestamp;
use store::{Distribution, Histogram};

use crate::clock;

/// What the engine has done since it started, and what it holds now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counters {
    /// Requests that became an execution. Tests and replays are no requests, but they run and end as well.
    pub accepted: u64,
    /// Executions that ended, by each final status.
    pub ended: Vec<(Status, u64)>,
    pub requests_logged: u64,
    pub requests_dropped: u64,
    /// Held in memory now: those that run, those that wait for a turn, those on their way to the disk.
    pub in_memory: u64,
    /// Of these, the ones that have a turn.
    pub running: u64,
    /// Of these, the ones that wait for a turn.
    pub waiting_for_turn: u64,
    /// Changes that the live feed had no room for.
    pub live_left_out: u64,
    /// Gaps that those who listen to it were told of.
    pub live_gaps: u64,
    /// Those who listen now.
    pub live_listeners: u64,
    /// From being handed in to being durable, of each request that was accepted.
    pub accept_times: Distribution,
    /// From being ready to the first turn. Ready is an asynchronous one once it is durable, a
    /// synchronous one once it is handed in.
    pub queue_times: Distribution,
    /// From the first turn to the end, with all that it waited for in between and however many servers
    /// it took.
    pub run_times: Distribution,
}

/// The statuses in which an execution can end.
const FINAL: [Status; 5] = [Status::Succeeded, Status::Failed, Status::Error, Status::TimedOut, Status::Cancelled];

#[derive(Debug)]
pub(crate) struct Count {
    accepted: AtomicU64,
    ended: [AtomicU64; FINAL.len()],
    pub(crate) requests_logged: AtomicU64,
    pub(crate) requests_dropped: AtomicU64,
    accept_times: Histogram,
    queue_times: Histogram,
    run_times: Histogram,
}

impl Default for Count {
    fn default() -> Self {
        Self {
            accepted: AtomicU64::default(),
            ended: Default::default(),
            requests_logged: AtomicU64::default(),
            requests_dropped: AtomicU64::default(),
            accept_times: Histogram::of_times(),
            queue_times: Histogram::of_times(),
            run_times: Histogram::of_times(),
        }
    }
}

impl Count {
    /// What was handed in at `at` is durable now.
    pub(crate) fn is_accepted(&self, at: Timestamp) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.accept_times.add_time(clock::now().since(at));
    }

    /// What was ready at `at` has its first turn.
    pub(crate) fn has_begun(&self, at: Timestamp, now: Timestamp) {
        self.queue_times.add_time(now.since(at));
    }

    /// Its end is durable. `began_at`: its first turn, if it had one.
    pub(crate) fn has_ended(&self, status: Status, began_at: Option<Timestamp>) {
        if let Some(place) = FINAL.iter().position(|last| *last == status) {
            self.ended[place].fetch_add(1, Ordering::Relaxed);
        }
        if let Some(began_at) = began_at {
            self.run_times.add_time(clock::now().since(began_at));
        }
    }

    /// All of it but what is in memory now.
    pub(crate) fn counters(&self) -> Counters {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            accepted: get(&self.accepted),
            ended: FINAL.into_iter().zip(self.ended.iter().map(get)).collect(),
            requests_logged: get(&self.requests_logged),
            requests_dropped: get(&self.requests_dropped),
            accept_times: self.accept_times.distribution(),
            queue_times: self.queue_times.distribution(),
            run_times: self.run_times.distribution(),
            ..Counters::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_status_has_its_count() {
        for status in Status::ALL {
            assert_eq!(FINAL.contains(status), !status.is_open(), "{status}");
        }
    }
}
