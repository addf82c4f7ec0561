//! Forgets what is old or too much, a small slice at a time, beside the requests.

use std::sync::Arc;
use std::time::Duration;

use domain::id::WorkflowId;
use store::RetentionRule;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::handle::Inner;

/// From one round over all workflows to the next.
const ROUND: Duration = Duration::from_secs(60);
/// Rows deleted in one transaction.
const SLICE: u32 = 200;
/// The pause between two slices, in which requests have the store to themselves.
const BREATH: Duration = Duration::from_millis(20);
const DAY: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug)]
pub(crate) struct Retention(pub(crate) Arc<Inner>);

impl Retention {
    pub(crate) async fn run(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(ROUND)).await.is_some() {
            match stop.run_until_cancelled(self.round()).await {
                Some(Err(error)) => self.0.store_failed(&error),
                Some(Ok(())) => {}
                None => return,
            }
        }
    }

    async fn round(&self) -> Result<(), store::Error> {
        for workflow in self.0.store.retention_workflows().await? {
            self.workflow(workflow).await?;
        }
        let limits = &self.0.limits;
        let trim = || self.0.store.request_trim(limits.request_log_per_workflow_max, limits.request_log_max, SLICE);
        while trim().await? == SLICE {
            tokio::time::sleep(BREATH).await;
        }
        self.0.store.space_slice().await
    }

    pub(crate) async fn workflow(&self, workflow: WorkflowId) -> Result<(), store::Error> {
        let own = self.0.store.workflow_get(workflow).await?.map(|found| found.settings.retention).unwrap_or_default();
        let days = own.days.unwrap_or(self.0.limits.retention_days);
        let keep = own.executions_max.unwrap_or(self.0.limits.retention_executions_max);
        loop {
            let before = clock::now().minus(DAY * days);
            let rule = RetentionRule { workflow, before, keep, limit: SLICE };
            if self.0.store.retention_slice(rule).await? < SLICE {
                return Ok(());
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

impl Inner {
    /// One round of retention now, for tests and for people in a hurry.
    pub(crate) async fn retention_round(self: &Arc<Self>) -> Result<(), store::Error> {
        Retention(Arc::clone(self)).round().await
    }
}
