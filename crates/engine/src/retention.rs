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
/// Executions deleted before the next pause; refused requests in one transaction.
const SLICE: u32 = 200;
/// Executions looked for at a time, over all workflows, and at least of each.
const FOUND: usize = 20_000;
const FOUND_EACH_MIN: usize = 100;
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
        let mut workflows = self.0.store.retention_workflows().await?;
        while !workflows.is_empty() {
            let limit = (FOUND / workflows.len()).max(FOUND_EACH_MIN);
            let (mut found, mut more) = (Vec::new(), Vec::new());
            for workflow in workflows {
                let of_one = self.0.store.retention_find(self.rule(workflow, limit).await?).await?;
                if of_one.len() == limit {
                    more.push(workflow);
                }
                found.extend(of_one);
            }
            // Neighbours in time are neighbours in the file: what goes together is one write.
            found.sort_unstable();
            let mut deleted = 0;
            for slice in found.chunks(SLICE as usize) {
                deleted += self.0.store.retention_delete(slice.to_vec()).await?;
                tokio::time::sleep(BREATH).await;
            }
            // What was found and does not go would be found again.
            workflows = if deleted > 0 { more } else { Vec::new() };
        }
        let limits = &self.0.limits;
        let trim = || self.0.store.request_trim(limits.request_log_per_workflow_max, limits.request_log_max, SLICE);
        while trim().await? == SLICE {
            tokio::time::sleep(BREATH).await;
        }
        self.0.store.space_slice().await
    }

    async fn rule(&self, workflow: WorkflowId, limit: usize) -> Result<RetentionRule, store::Error> {
        let own = self.0.store.workflow_get(workflow).await?.map(|found| found.settings.retention).unwrap_or_default();
        let days = own.days.unwrap_or(self.0.limits.retention_days);
        let keep = own.executions_max.unwrap_or(self.0.limits.retention_executions_max);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        Ok(RetentionRule { workflow, before: clock::now().minus(DAY * days), keep, limit })
    }
}

impl Inner {
    /// One round of retention now, for tests and for people in a hurry.
    pub(crate) async fn retention_round(self: &Arc<Self>) -> Result<(), store::Error> {
        Retention(Arc::clone(self)).round().await
    }
}
