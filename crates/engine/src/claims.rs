//! Takes up executions that are due and that no living server owns: what an earlier process left
//! open, timers that fired, and what found no place in memory when it was accepted.
//!
//! One way for all three: claim, rebuild the machine from the journal, run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::event::TriggerValues;
use domain::execution::machine::{Facts, Machine};
use domain::execution::status::Reason;
use domain::time::Timestamp;
use store::{Claim, Claimed};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::catalog::NoPlan;
use crate::clock;
use crate::handle::Inner;
use crate::live::Change;
use crate::saving;
use crate::turns::Room;
use crate::worker::Worker;

/// Executions taken up at a time.
const CLAIM_MAX: usize = 256;
/// The store is asked at least this often, for what other servers have left.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How soon it is asked again when executions are due that cannot be taken up yet.
const LOOK_AGAIN_WHEN_FULL: Duration = Duration::from_millis(50);
/// From a look that found nothing to the next, however many executions fall due meanwhile; and when a
/// place becomes free, others mostly follow: one claim takes them all.
const MOMENT: Duration = Duration::from_millis(5);

/// When something falls due that the last look into the store may not have seen.
#[derive(Debug, Default)]
pub(crate) struct Due {
    next: Mutex<Option<Timestamp>>,
    sooner: Notify,
}

impl Due {
    /// Something is due at `at`.
    pub(crate) fn at(&self, at: Timestamp) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            self.sooner.notify_one();
        }
    }

    fn forget(&self) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn get(&self) -> Option<Timestamp> {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service.
#[derive(Debug)]
pub(crate) struct Claims(pub(crate) Arc<Inner>);

impl Claims {
    /// Until the drain begins: what is claimed after that would only be parked, and found due again.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.look().await {
                Ok(Some(pause)) => pause,
                Ok(None) => continue,
                Err(error) => {
                    self.0.store_failed(&error);
                    LOOK_AGAIN
                }
            };
            if stop.run_until_cancelled(self.rest(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Waits for `pause`, or until a timer fires that was set since the last look began, or until there is
    /// a place again.
    async fn rest(&self, pause: Duration) {
        let began = Instant::now();
        loop {
            let timer = self.0.due.get().map_or(pause, |due| due.since(clock::now()).min(pause));
            tokio::select! {
                () = self.0.due.sooner.notified() => {}
                () = self.0.turns.place_freed.notified() => break sleep(MOMENT).await,
                () = sleep_until((Instant::now() + timer).min(began + pause)) => break,
            }
        }
        sleep_until(began + MOMENT).await;
    }

    /// Claims once. Returns how long to wait before the next look; `None`: look again at once.
    async fn look(&self) -> Result<Option<Duration>, store::Error> {
        let engine = &self.0;
        engine.due.forget();
        let Room { free, per_workflow, full } = engine.turns.room();
        let limit = free.min(CLAIM_MAX);
        if limit == 0 || engine.bodies.is_spent() {
            return Ok(Some(LOOK_AGAIN_WHEN_FULL));
        }
        let claim = Claim {
            server: engine.server(),
            now: clock::now(),
            per_workflow: u32::try_from(per_workflow).unwrap_or(u32::MAX),
            limit: u32::try_from(limit).unwrap_or(1),
            skip: full,
        };
        let claimed = engine.store.execution_claim(claim).await?;
        let found = claimed.len();
        for one in claimed {
            if let Err(error) = take_up(engine, one, false).await {
                engine.store_failed(&error);
            }
        }
        engine.tell_set_aside().await?;
        if found > 0 {
            return Ok(None);
        }
        Ok(Some(match engine.store.execution_next_due().await? {
            None => LOOK_AGAIN,
            Some(due) => due.since(clock::now()).clamp(LOOK_AGAIN_WHEN_FULL, LOOK_AGAIN),
        }))
    }
}

/// Goes on with an execution that now belongs to this server, or ends it if that is `cancelled`. An error: it
/// could not be looked at now and is given back.
pub(crate) async fn take_up(engine: &Arc<Inner>, claimed: Claimed, cancelled: bool) -> Result<(), store::Error> {
    let (id, epoch, mode) = (claimed.head.id, claimed.epoch, claimed.head.mode);
    let (waited_for, timeout_at) = (claimed.waited_for, claimed.timeout_at);
    let head = claimed.head.clone();
    engine.live.tell(|| Change::Execution(head.clone()));
    let mut taken_up = Ok(());
    let progress = match revive(engine, claimed).await {
        Ok(worker) => {
            if cancelled {
                engine.cancels.wish(id);
            }
            engine.spawn(worker);
            return Ok(());
        }
        Err(NoPlan::Unknown(error)) => {
            taken_up = Err(error);
            match waited_for {
                // Given back to the claims, it would go on without a word.
                Some(reason @ Reason::Quarantined) => saving::waiting_for_a_person(reason, timeout_at),
                _ => saving::given_back(clock::now().plus(LOOK_AGAIN)),
            }
        }
        Err(NoPlan::Unusable { note, .. }) => {
            tracing::error!(execution = %id, note, "an execution cannot go on");
            saving::broken_off(id, mode, note)
        }
    };
    // A task of its own: this may have to wait for room on the disk, and the others need not.
    let saver = Arc::clone(engine);
    engine.tasks.spawn(async move {
        if let Err(error) = saver.progress_of(&head, epoch, progress).await {
            tracing::warn!(execution = %id, %error, "an execution could not be given back; the next start takes it");
        }
    });
    taken_up
}

pub(crate) async fn revive(engine: &Arc<Inner>, claimed: Claimed) -> Result<Box<Worker>, NoPlan> {
    let head = claimed.head;
    let plan = engine.catalog.pinned(head.workflow, &claimed.pinned).await?;
    let checked = domain::event::body::check(&claimed.event.body, usize::MAX);
    let mut share = engine.bodies.share(Some(head.workflow));
    share.take(claimed.event.body.len());
    let event = Arc::new(claimed.event);
    // What stands in its journal from before it was accepted, it has taken over from another one.
    let began_at = claimed.records.iter().map(|run| run.started_at).find(|at| *at >= head.accepted_at);
    let facts = Facts {
        execution: head.id,
        workflow_key: head.workflow_key.clone(),
        revision: head.revision,
        timeout_at: claimed.timeout_at,
    };
    let trigger = TriggerValues::new(Arc::clone(&event));
    let machine = Machine::rebuild(plan, facts, trigger, claimed.records)
        .map_err(|mismatch| NoPlan::because(mismatch.to_string()))?;
    Ok(Box::new(Worker {
        pinned: claimed.pinned,
        timeout_at: claimed.timeout_at,
        machine: Box::new(machine),
        epoch: Some(claimed.epoch),
        began_at,
        caller: None,
        sender: None,
        cancel: engine.cancels.listen(head.id),
        word: None,
        _place: engine.turns.place_for_claimed(head.workflow),
        tree_bytes: checked.map_or(0, |checked| checked.tree_bytes),
        room: None,
        _share: share,
        event,
        head,
    }))
}
