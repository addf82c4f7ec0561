//! A person's word on an execution that waits for one: its node's outcome was lost, or it was set aside.
//! ```text
//! needs_attention   run again (same idempotency key) · skip (with a result, if wanted) · fail
//! quarantined       run again from where it stands · skip the node it stood in · fail, also where it cannot be read
//! ```
//! Invariants
//! - What came of a word is on disk when its giver hears of it.
//! - A word that came to nothing, whatever the cause, leaves the execution waiting as it was.

use std::sync::Arc;

use domain::execution::machine::Resolution;
use domain::execution::status::{Reason, Status};
use domain::id::ExecutionId;
use domain::value::{DEPTH_MAX, is_too_deep};
use store::{ExecutionHead, Progress};
use tokio::sync::oneshot;

use crate::catalog::NoPlan;
use crate::claims;
use crate::clock;
use crate::handle::{Engine, Inner};
use crate::saving::{broken_off, error_answer, waiting_for_a_person};
use crate::worker::{Word, Worker};

/// Why a person's word had no effect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    #[error("there is no execution {0}")]
    UnknownExecution(ExecutionId),
    /// It runs, it waits for a timer, or it has ended.
    #[error("the execution is {0} and waits for nobody's word")]
    NotAsked(Status),
    #[error("the execution stands between two nodes: there is nothing to skip")]
    NothingToSkip,
    /// A result that cannot be; a sentence that says why.
    #[error("{0}")]
    Result(String),
    /// A sentence that says why; it can only fail.
    #[error("{0}")]
    CannotGoOn(String),
    /// Someone else's word came first, it was cancelled, or the server is stopping.
    #[error("somebody else's word came first, or the server is stopping")]
    Taken,
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Goes on with an execution that waits for a person. What came of it is on disk when this returns.
    pub async fn resolve(&self, execution: ExecutionId, resolution: Resolution) -> Result<(), ResolveError> {
        let engine = Arc::clone(&self.inner);
        self.inner.whole(async move { engine.resolve(execution, resolution).await }).await
    }
}

impl Inner {
    async fn resolve(self: &Arc<Self>, execution: ExecutionId, resolution: Resolution) -> Result<(), ResolveError> {
        if matches!(&resolution, Resolution::Skip(Some(result)) if is_too_deep(result)) {
            let why =
                format!("the result is nested deeper than {DEPTH_MAX} lists and objects, which cannot be recorded");
            return Err(ResolveError::Result(why));
        }
        let head = self.asks(execution).await?;
        let Some(claimed) = self.store.execution_claim_one(execution, self.server()).await? else {
            return self.resolve_unread(&head, &resolution).await;
        };
        let (head, epoch, timeout_at) = (claimed.head.clone(), claimed.epoch, claimed.timeout_at);
        let Some(reason @ (Reason::NeedsAttention | Reason::Quarantined)) = claimed.waited_for else {
            // Another word came first, and led to a timer.
            claims::take_up(self, claimed, false).await?;
            return Err(ResolveError::Taken);
        };
        let (progress, outcome) = match claims::revive(self, claimed).await {
            Ok(worker) if !matches!(resolution, Resolution::Skip(_)) || worker.machine.can_skip() => {
                return self.hand_on(worker, resolution, reason).await;
            }
            Ok(worker) => {
                self.leave(worker, reason).await?;
                return Err(ResolveError::NothingToSkip);
            }
            Err(NoPlan::Unknown(error)) => (waiting_for_a_person(reason, timeout_at), Err(error.into())),
            Err(NoPlan::Unusable { note, .. }) if resolution == Resolution::Fail => {
                (broken_off(execution, head.mode, note), Ok(()))
            }
            Err(NoPlan::Unusable { note, .. }) => {
                (waiting_for_a_person(reason, timeout_at), Err(ResolveError::CannotGoOn(note)))
            }
        };
        self.progress_of(&head, epoch, progress).await?;
        outcome
    }

    /// As it is now, if it waits for a person.
    async fn asks(&self, execution: ExecutionId) -> Result<ExecutionHead, ResolveError> {
        let head = self.store.execution_head(execution).await?.ok_or(ResolveError::UnknownExecution(execution))?;
        match head.reason {
            Some(Reason::NeedsAttention | Reason::Quarantined) => Ok(head),
            _ => Err(ResolveError::NotAsked(head.status)),
        }
    }

    async fn hand_on(
        self: &Arc<Self>,
        mut worker: Box<Worker>,
        resolution: Resolution,
        reason: Reason,
    ) -> Result<(), ResolveError> {
        let (tell, told) = oneshot::channel();
        worker.word = Some(Word::Given(resolution, reason, tell));
        self.spawn(worker);
        told.await.map_err(|_| ResolveError::Taken)
    }

    /// It waits on. Somebody may have wished meanwhile that it be cancelled.
    async fn leave(self: &Arc<Self>, worker: Box<Worker>, reason: Reason) -> Result<(), ResolveError> {
        let (head, epoch, timeout_at) = (worker.head.clone(), worker.epoch.unwrap_or(1), worker.timeout_at);
        let saved = self.progress_of(&head, epoch, waiting_for_a_person(reason, timeout_at)).await;
        let wished = worker.cancel.close();
        drop(worker);
        saved?;
        if wished {
            self.cancel(head.id).await?;
        }
        Ok(())
    }

    /// It could not be taken: somebody else has it, or its record cannot be read and it was quarantined for that.
    async fn resolve_unread(&self, was: &ExecutionHead, resolution: &Resolution) -> Result<(), ResolveError> {
        let now = clock::now();
        if *resolution != Resolution::Fail {
            let head = self.asks(was.id).await?;
            return Err(match head.reason {
                Some(Reason::Quarantined) => ResolveError::CannotGoOn("its record cannot be read".to_owned()),
                _ => ResolveError::Taken,
            });
        }
        let answer = error_answer(was.id, was.mode, now);
        if !self.store.execution_fail_quarantined(was.id, answer.clone(), now).await? {
            return Err(ResolveError::Taken);
        }
        let end = Progress { status: Status::Error, answer, finished_at: Some(now), ..crate::saving::given_back(now) };
        self.has_become(end.applied_to(was));
        Ok(())
    }
}
