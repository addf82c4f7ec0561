//! A person's word on an execution that waits for one: its node's outcome was lost, or it was set aside.
//! ```text
//! needs_attention   run again (same idempotency key) · skip (with a result, if wanted) · fail
//! quarantined       run again from where it stands · skip the node it stood in · fail, also where it cannot be read
//! ```

use domain::execution::machine::Resolution;
use domain::execution::status::{Reason, Status};
use domain::id::ExecutionId;
use store::Progress;
use tokio::sync::oneshot;

use crate::catalog::NoPlan;
use crate::claims;
use crate::clock;
use crate::handle::Engine;
use crate::saving::given_back;
use crate::worker::NEVER;

/// Why a person's word had no effect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    #[error("there is no execution {0}")]
    UnknownExecution(ExecutionId),
    /// It runs, it waits for a timer, or it has ended.
    #[error("the execution is {0} and does not wait for anybody")]
    NotAsked(Status),
    #[error("the execution stands between two nodes: there is nothing to skip")]
    NothingToSkip,
    /// A sentence that says why; it can only fail.
    #[error("{0}")]
    CannotGoOn(String),
    /// Someone else's word came first, or the server is stopping.
    #[error("the execution is being taken up by somebody else")]
    Taken,
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Goes on with an execution that waits for a person. What came of it is on disk when this returns.
    pub async fn resolve(&self, execution: ExecutionId, resolution: Resolution) -> Result<(), ResolveError> {
        let engine = &self.inner;
        let stored = engine.store.execution_head(execution).await?;
        let head = stored.ok_or(ResolveError::UnknownExecution(execution))?;
        let Some(reason @ (Reason::NeedsAttention | Reason::Quarantined)) = head.reason else {
            return Err(ResolveError::NotAsked(head.status));
        };
        let Some(claimed) = engine.store.execution_claim_one(execution, engine.server).await? else {
            return self.fail_unread(execution, reason, resolution).await;
        };
        let epoch = claimed.epoch;
        let back = |due_at| Progress { status: Status::Waiting, reason: Some(reason), ..given_back(due_at) };
        let refused = match claims::revive(engine, claimed).await {
            Ok(mut worker) if !matches!(resolution, Resolution::Skip(_)) || worker.machine.can_skip() => {
                let (resolved, told) = oneshot::channel();
                worker.resolution = Some(resolution);
                worker.resolved = Some(resolved);
                engine.spawn(worker);
                return told.await.map_err(|_| ResolveError::Taken);
            }
            Ok(worker) => {
                let due_at = worker.timeout_at.unwrap_or(NEVER);
                drop(worker);
                (back(due_at), ResolveError::NothingToSkip)
            }
            Err(NoPlan::Unknown(error)) => (back(NEVER), ResolveError::Store(error)),
            Err(NoPlan::Unusable { note, .. }) if matches!(resolution, Resolution::Fail) => {
                let broken = crate::saving::broken_off(execution, head.mode, note);
                return Ok(engine.progress(execution, epoch, broken).await?);
            }
            Err(NoPlan::Unusable { note, .. }) => (back(NEVER), ResolveError::CannotGoOn(note)),
        };
        let (progress, error) = refused;
        engine.progress(execution, epoch, progress).await?;
        Err(error)
    }

    /// One whose record cannot be read was set aside once more by the attempt to take it.
    async fn fail_unread(
        &self,
        execution: ExecutionId,
        reason: Reason,
        resolution: Resolution,
    ) -> Result<(), ResolveError> {
        match (reason, resolution) {
            (Reason::Quarantined, Resolution::Fail) => {
                match self.inner.store.execution_fail_quarantined(execution, clock::now()).await? {
                    true => Ok(()),
                    false => Err(ResolveError::Taken),
                }
            }
            (Reason::Quarantined, _) => Err(ResolveError::CannotGoOn("its record cannot be read".to_owned())),
            _ => Err(ResolveError::Taken),
        }
    }
}
