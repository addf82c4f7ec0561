//! Takes up executions that are due and that no living server owns: what an earlier process left
//! open, timers that fired, and what found no place in memory when it was accepted.
//!
//! One way for all three: claim, rebuild the machine from the journal, run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::TriggerValues;
use domain::execution::machine::{Facts, Machine};
use domain::id::ExecutionId;
use domain::time::Timestamp;
use store::{Claim, Claimed};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::handle::Inner;
use crate::turns::Room;
use crate::worker::Worker;

/// Executions taken up at a time.
const CLAIM_MAX: usize = 256;
/// The store is asked at least this often, for what other servers have left.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// And at most this often when executions are due that cannot be taken up yet.
const LOOK_AGAIN_WHEN_FULL: Duration = Duration::from_millis(50);
/// When a place becomes free, others mostly follow: one claim takes them all.
const MORE_PLACES: Duration = Duration::from_millis(5);

/// When to look into the store next.
#[derive(Debug, Default)]
pub(crate) struct Due {
    next: Mutex<Option<Timestamp>>,
    sooner: Notify,
}

impl Due {
    /// Something is due at `at`.
    pub(crate) fn at(&self, at: Timestamp) {
        let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            self.sooner.notify_one();
        }
    }

    fn set(&self, at: Option<Timestamp>) {
        *self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
    }

    fn get(&self) -> Option<Timestamp> {
        *self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The service.
#[derive(Debug)]
pub(crate) struct Claims(pub(crate) Arc<Inner>);

impl Claims {
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let pause = match self.look().await {
                Ok(Some(pause)) => pause,
                Ok(None) => continue,
                Err(error) => {
                    self.0.store_failed(&error);
                    LOOK_AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.due.sooner.notified() => self.until_due(&stop).await,
                () = self.0.turns.place_freed.notified() => tokio::time::sleep(MORE_PLACES).await,
                () = tokio::time::sleep(pause) => {}
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// A timer was set that fires before the next look: sleeps until then, or a still earlier one.
    async fn until_due(&self, stop: &CancellationToken) {
        while let Some(pause) = self.0.due.get().map(|due| due.since(clock::now()).min(LOOK_AGAIN)) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.due.sooner.notified() => {}
                () = tokio::time::sleep(pause) => return,
            }
        }
    }

    /// Claims once. Returns how long to wait before the next look; `None`: look again at once.
    async fn look(&self) -> Result<Option<Duration>, store::Error> {
        let engine = &self.0;
        let Room { free, per_workflow, full } = engine.turns.room();
        let limit = free.min(CLAIM_MAX);
        if limit == 0 {
            return Ok(Some(LOOK_AGAIN));
        }
        let claim = Claim {
            server: engine.server,
            now: clock::now(),
            per_workflow: u32::try_from(per_workflow.clamp(1, CLAIM_MAX)).unwrap_or(1),
            limit: u32::try_from(limit).unwrap_or(1),
            skip: full,
        };
        engine.due.set(None);
        let claimed = engine.store.execution_claim(claim).await?;
        let found = claimed.len();
        for one in claimed {
            take_up(engine, one).await;
        }
        if found > 0 {
            return Ok(None);
        }
        Ok(Some(match engine.store.execution_next_due().await? {
            None => LOOK_AGAIN,
            Some(due) => due.since(clock::now()).clamp(LOOK_AGAIN_WHEN_FULL, LOOK_AGAIN),
        }))
    }
}

/// Goes on with an execution that now belongs to this server.
async fn take_up(engine: &Arc<Inner>, claimed: Claimed) {
    match revive(engine, &claimed).await {
        Ok(worker) => engine.spawn(worker),
        Err(note) => Worker::give_up(engine, &claimed, note).await,
    }
}

async fn revive(engine: &Arc<Inner>, claimed: &Claimed) -> Result<Worker, String> {
    let plan = engine.catalog.plan(claimed.workflow, claimed.revision).await?;
    let event = Arc::new(claimed.event.clone());
    let facts = Facts {
        execution: claimed.id,
        workflow_key: claimed.workflow_key.clone(),
        revision: claimed.revision,
        timeout_at: claimed.timeout_at,
    };
    let trigger = TriggerValues::new(Arc::clone(&event));
    let machine =
        Machine::rebuild(plan, facts, trigger, claimed.records.clone()).map_err(|mismatch| mismatch.to_string())?;
    let nodes = domain::event::body::check(&event.body, usize::MAX).map_or(0, |checked| checked.nodes);
    Ok(Worker {
        id: claimed.id,
        workflow: claimed.workflow,
        workflow_key: claimed.workflow_key.clone(),
        revision: claimed.revision,
        mode: claimed.mode,
        accepted_at: claimed.accepted_at,
        timeout_at: claimed.timeout_at,
        machine,
        epoch: Some(claimed.epoch),
        caller: None,
        cancel: Arc::default(),
        _place: engine.turns.place_for_claimed(claimed.workflow),
        _share: engine.budget.share_for_claimed(event.body.len(), nodes),
        event,
    })
}

impl Inner {
    /// Cancels an open execution at its next node boundary. `false`: there is none, or it has ended.
    pub(crate) async fn cancel(self: &Arc<Self>, execution: ExecutionId) -> Result<bool, store::Error> {
        if let Some(cancel) = self.tracked(execution) {
            cancel.wish();
            return Ok(true);
        }
        let Some(claimed) = self.store.execution_claim_one(execution, self.server).await? else {
            return Ok(false);
        };
        match revive(self, &claimed).await {
            Ok(worker) => {
                worker.cancel.wish();
                self.spawn(worker);
            }
            Err(note) => Worker::give_up(self, &claimed, note).await,
        }
        Ok(true)
    }
}
