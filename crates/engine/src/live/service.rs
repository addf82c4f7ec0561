//! From the inbox to the ring, a tick at a time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::id::ExecutionId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Change, Live, Told, position};
use crate::clock;

/// How long changes are gathered: what happens meanwhile is one write for each who listens.
const TICK: Duration = Duration::from_millis(100);
/// Who tells may be overtaken for so long by who goes on with the same execution.
const OVERTAKEN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Service {
    live: Arc<Live>,
    ended: Ended,
}

impl Service {
    pub(crate) fn new(live: Arc<Live>) -> Self {
        Self { live, ended: Ended::new() }
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let tick = async {
                self.live.filled.notified().await;
                tokio::time::sleep(TICK).await;
            };
            let goes_on = stop.run_until_cancelled(tick).await.is_some();
            self.tick();
            if !goes_on {
                return;
            }
        }
    }

    pub(super) fn tick(&mut self) {
        let inbox = std::mem::take(&mut *self.live.inbox());
        self.live.watches.sweep();
        if !self.live.watches.any() {
            // Who comes back later hears of a gap, and who comes anew reads the lists.
            self.live.ring().forget();
            return;
        }
        let told = self.ended.settle(inbox.told);
        if told.is_empty() {
            // Said before the next that there is.
            self.live.inbox().left_out |= inbox.left_out;
            return;
        }
        let mut ring = self.live.ring();
        ring.push(told, inbox.left_out, position::time(clock::now()));
        let newest = ring.newest();
        drop(ring);
        self.live.newest.send_replace(newest);
    }
}

/// The executions that ended a moment ago. A final status is never left, so an open one that is told after
/// it was overtaken on its way from the store to here.
#[derive(Debug)]
struct Ended {
    now: HashSet<ExecutionId>,
    before: HashSet<ExecutionId>,
    turned_at: Instant,
}

impl Ended {
    fn new() -> Self {
        Self { now: HashSet::new(), before: HashSet::new(), turned_at: Instant::now() }
    }

    /// Of several states of an execution the last, and none but the final one once it has ended.
    fn settle(&mut self, mut told: Vec<Told>) -> Vec<Told> {
        if self.turned_at.elapsed() > OVERTAKEN {
            self.before = std::mem::take(&mut self.now);
            self.turned_at = Instant::now();
        }
        let mut last: HashMap<ExecutionId, (bool, usize)> = HashMap::new();
        for (index, told) in told.iter().enumerate() {
            if let Some((id, is_final)) = state(told) {
                let known = last.entry(id).or_insert((is_final, index));
                *known = (*known).max((is_final, index));
            }
        }
        let mut index = 0;
        told.retain(|told| {
            let here = index;
            index += 1;
            state(told).is_none_or(|(id, is_final)| {
                let is_last = last.get(&id) == Some(&(is_final, here));
                is_last && (is_final || !(self.now.contains(&id) || self.before.contains(&id)))
            })
        });
        self.now.extend(last.into_iter().filter(|(_, (is_final, _))| *is_final).map(|(id, _)| id));
        told
    }
}

/// Of an execution: whether it is final.
fn state(told: &Told) -> Option<(ExecutionId, bool)> {
    match told.change.as_deref() {
        Some(Change::Execution(head)) => Some((head.id, !head.status.is_open())),
        _ => None,
    }
}
