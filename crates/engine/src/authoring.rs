//! Changing workflows: apply files, publish, rotate.

use domain::id::{EndpointKey, WorkflowId};
use domain::problem::Problem;
use domain::value::Value;
use domain::workflow::Workflow;
use serde::{Deserialize, Serialize};

use crate::handle::Engine;

/// What became of one document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Applied {
    /// `None` when nothing was applied.
    pub id: Option<WorkflowId>,
    pub key: Option<EndpointKey>,
    pub title: String,
    pub created: bool,
    /// Whether the workflow is now different from before.
    pub changed: bool,
    pub enabled: bool,
    /// The live revision's number.
    pub revision: Option<u32>,
    pub problems: Vec<Problem>,
}

/// Why authors' requests fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthoringError {
    #[error("there is no workflow {0}")]
    UnknownWorkflow(String),
    /// Nothing was applied; each document's problems.
    #[error("{} of the documents have problems", .0.iter().filter(|applied| !applied.problems.is_empty()).count())]
    Invalid(Vec<Applied>),
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Creates or updates workflows from documents (the content of workflow files): all or none.
    pub async fn apply(&self, _documents: Vec<Value>, _publish: bool) -> Result<Vec<Applied>, AuthoringError> {
        todo!()
    }

    /// Every problem of a document, nothing kept.
    pub fn check(&self, _document: &Value) -> Vec<Problem> {
        todo!()
    }

    /// Gives the workflow a new key; the old one answers 410 from now on.
    pub async fn rotate(&self, _workflow: &str) -> Result<Workflow, AuthoringError> {
        todo!()
    }

    /// By key or `wf_…` id.
    pub async fn workflow(&self, _key_or_id: &str) -> Result<Workflow, AuthoringError> {
        todo!()
    }
}
