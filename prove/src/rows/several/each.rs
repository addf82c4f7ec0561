//! Callers of each server by themselves, so that it can be said what each of them did.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use super::MIXTURE;
use crate::figures::Outcome;
use crate::ledger::{Account, Ledger};
use crate::load::{Load, Plan, Tally};
use crate::server::Server;

const CONNECTIONS: usize = 8;
/// A second, and what a busy machine adds.
const PUBLISHED_BY: Duration = Duration::from_millis(2_000);
const POLL: Duration = Duration::from_millis(5);

/// A load on each.
pub(super) struct Each {
    ledger: Arc<Ledger>,
    loads: Vec<Load>,
}

/// What all of them came to.
pub(super) struct Told {
    pub account: Account,
    /// Requests that nobody acknowledged: each may have been kept.
    pub unacknowledged: i64,
    pub refusals: BTreeMap<u16, u64>,
    /// Calls whose connection broke, or that nobody answered in a minute.
    pub unanswered: u64,
    pub slowest: Duration,
}

impl Each {
    /// Once what was published is known everywhere. `pause`: between an answer and the next request of each caller.
    pub(super) async fn start(servers: &[Server], ledger: &Path, pause: Duration) -> Result<Self> {
        sleep(PUBLISHED_BY).await;
        let ledger = Arc::new(Ledger::create(ledger)?);
        let load = |server: &Server| {
            let plan = Plan { connections: CONNECTIONS, pause, ..Plan::new(server.hooks, &MIXTURE) };
            Load::start(plan, &ledger)
        };
        Ok(Self { loads: servers.iter().map(load).collect(), ledger })
    }

    pub(super) fn tally(&self, server: usize) -> Tally {
        self.loads[server].tally()
    }

    /// When each of them had acknowledged something that came after now, at the latest; `None` if not in time.
    pub(super) async fn all_acknowledge(&self, patience: Duration) -> Option<Duration> {
        let from = Instant::now();
        // What was on its way is answered first.
        let before: Vec<u64> = (0..self.loads.len()).map(|server| self.tally(server).acknowledged).collect();
        for (server, before) in before.into_iter().enumerate() {
            while self.tally(server).acknowledged <= before + CONNECTIONS as u64 {
                if from.elapsed() > patience {
                    return None;
                }
                sleep(POLL).await;
            }
        }
        Some(from.elapsed())
    }

    pub(super) async fn finish(self) -> Result<Told> {
        let (mut sent, mut answered, mut slowest, mut refusals) = (0, 0, Duration::ZERO, BTreeMap::new());
        for load in self.loads {
            for (status, count) in load.refusals() {
                *refusals.entry(status).or_default() += count;
            }
            slowest = slowest.max(load.slowest());
            let tally = load.finish().await;
            sent += tally.sent;
            answered += tally.answered;
        }
        let account = Arc::into_inner(self.ledger).expect("the loads have ended").close()?;
        let unacknowledged = i64::try_from(sent - account.acknowledged.len() as u64)?;
        Ok(Told { account, unacknowledged, refusals, unanswered: sent - answered, slowest })
    }
}

impl Told {
    /// No refusal but 503, and nobody waited for longer than that.
    pub(super) fn check(&self, waits_max: Duration, outcome: &mut Outcome) {
        let others: Vec<_> = self.refusals.iter().filter(|(status, _)| **status != 503).collect();
        outcome.none("kinds of refusals that are not 503 (status, how many)", &others);
        outcome.check(self.slowest <= waits_max, || format!("a caller waited for {:.1} s", self.slowest.as_secs_f64()));
        outcome.check(self.account.nameless == 0, || format!("{} 2xx named no execution", self.account.nameless));
    }
}
