//! Changing workflows: files applied, drafts saved and published, settings.
//! ```text
//! Engine::alone ─▶ read and judge ─▶ Edit ─▶ one call of the store ─▶ catalog, live feed
//! ```
//! Every change goes this way, one at a time, and to its end even when its author hangs up meanwhile:
//! what is in the store and what the endpoints answer do not drift apart.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::flow::document::WorkflowDocument;
use domain::flow::{bounds, codes};
use domain::id::{EndpointKey, WorkflowId};
use domain::problem::{Problem, Problems};
use domain::value::Value;
use domain::workflow::Workflow;

mod apply;
mod draft;
mod edit;
mod export;
mod settings;

pub use apply::Applied;
pub use draft::{Draft, Published};
pub use settings::SettingsChange;

use crate::handle::{Engine, Inner};
use crate::live::Change;

/// Of a change that meets others.
const TRIES_MAX: u32 = 10;
/// Between two tries to bring an endpoint in line with the store.
const REFRESH_AGAIN: Duration = Duration::from_secs(1);

/// Why authors' requests fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthoringError {
    #[error("there is no workflow {0}")]
    UnknownWorkflow(String),
    /// Nothing was applied; each document's problems.
    #[error("{} of the documents have problems", .0.iter().filter(|applied| !applied.problems.is_empty()).count())]
    Invalid(Vec<Applied>),
    /// The one document, or the draft, has these problems; nothing was changed.
    #[error("there are {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// Someone saved the draft meanwhile.
    #[error("the draft is at edit {actual}, not {expected}")]
    DraftConflict { expected: u32, actual: u32 },
    #[error("the workflow has no revision {0}")]
    UnknownRevision(u32),
    #[error("no revision of the workflow is live")]
    NothingLive,
    #[error("the store failed")]
    Store(#[source] store::Error),
}

impl From<store::Error> for AuthoringError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { workflow } => Self::UnknownWorkflow(workflow.to_string()),
            store::Error::KeyTaken { .. } => Self::Problems(vec![key_taken()]),
            error => Self::Store(error),
        }
    }
}

fn key_taken() -> Problem {
    Problem {
        pointer: "/key".to_owned(),
        code: codes::KEY_TAKEN.to_owned(),
        message: "this key belongs to another workflow, or to one that was deleted".to_owned(),
        line: None,
    }
}

impl Engine {
    /// Every problem of a document, nothing kept.
    pub fn check(&self, document: &Value) -> Vec<Problem> {
        self.inner.read(document).1.into_vec()
    }

    /// By key or `wf_…` id.
    pub async fn workflow(&self, key_or_id: &str) -> Result<Workflow, AuthoringError> {
        self.inner.workflow(key_or_id).await
    }

    /// Does `work` when no other author's work is under way here, to its end even if the caller is gone by then. What
    /// met somebody's at another server is done again, from what is there then.
    async fn alone<T, F>(&self, work: impl Fn(Arc<Inner>) -> F + Send + 'static) -> Result<T, AuthoringError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, AuthoringError>> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let task = self.inner.tasks.spawn(async move {
            let _one_at_a_time = inner.authoring.lock().await;
            let mut tries = 1;
            loop {
                match work(Arc::clone(&inner)).await {
                    Err(AuthoringError::Store(store::Error::WorkflowChanged { .. })) if tries < TRIES_MAX => tries += 1,
                    done => return done,
                }
            }
        });
        match task.await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being taken down.
                Err(_) => Err(AuthoringError::Store(store::Error::Closed)),
            },
        }
    }
}

impl Inner {
    async fn workflow(&self, key_or_id: &str) -> Result<Workflow, AuthoringError> {
        let found = if let Ok(id) = key_or_id.parse::<WorkflowId>() {
            self.store.workflow_get(id).await?
        } else if let Ok(key) = key_or_id.parse::<EndpointKey>() {
            self.store.workflow_by_key(&key).await?
        } else {
            None
        };
        found.ok_or_else(|| AuthoringError::UnknownWorkflow(key_or_id.to_owned()))
    }

    /// A document as a workflow file has it, with all that is wrong with it.
    fn read(&self, document: &Value) -> (WorkflowDocument, Problems) {
        let mut problems = Problems::new();
        // What is too large is not looked into.
        let document = if bounds::check(document, &mut problems) { document } else { &Value::Null };
        if !problems.is_empty() {
            return (WorkflowDocument::decode(document, &mut Problems::new()), problems);
        }
        let (document, found) = self.registry.check(document);
        problems.extend(found);
        (document, problems)
    }

    /// Brings the endpoint in line with what was written, and tells whoever looks on. When that fails
    /// the store has the change all the same; it is tried again until it works.
    ///
    /// Also for what turned out to be no change: the last time it was one, this may have failed.
    async fn put_in_force(self: &Arc<Self>, id: WorkflowId, changed: bool) -> Result<Workflow, AuthoringError> {
        let refreshed = self.catalog.refresh(id).await;
        if changed {
            self.live.tell(|| Change::Workflow(id));
        }
        if let Err(error) = &refreshed {
            tracing::warn!(workflow = %id, %error, "an endpoint is not yet in line with what was written");
            let inner = Arc::clone(self);
            self.tasks.spawn(async move { inner.refresh_until_it_works(id).await });
        }
        refreshed?.ok_or_else(|| AuthoringError::UnknownWorkflow(id.to_string()))
    }

    async fn refresh_until_it_works(&self, id: WorkflowId) {
        loop {
            tokio::select! {
                () = self.draining.cancelled() => return,
                () = tokio::time::sleep(REFRESH_AGAIN) => {}
            }
            if self.catalog.refresh(id).await.is_ok() {
                return;
            }
        }
    }
}
