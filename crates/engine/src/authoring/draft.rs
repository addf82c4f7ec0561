//! Drafts and revisions: saved as they are edited, made live in one step.

use domain::problem::Problem;
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::Workflow;

use super::AuthoringError;
use crate::handle::Engine;

/// The editable document and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Counts its saves.
    pub edit: u32,
    /// `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`.
    pub flow: Value,
    pub problems: Vec<Problem>,
    pub changed_at: Timestamp,
}

/// What publishing came to.
#[derive(Debug, Clone)]
pub struct Published {
    pub workflow: Workflow,
    /// The live revision.
    pub revision: u32,
    /// `false`: it was live already.
    pub changed: bool,
}

impl Engine {
    pub async fn draft(&self, workflow: &str) -> Result<Draft, AuthoringError> {
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }

    /// Keeps the draft as it is given, problems and all, unless it is at another edit than `expected`
    /// (`None`: whatever it is at). Errors: `Problems` when it is no JSON object or too large to be one.
    pub async fn save_draft(
        &self,
        workflow: &str,
        flow: Value,
        expected: Option<u32>,
    ) -> Result<Draft, AuthoringError> {
        let _ = (flow, expected);
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }

    /// Makes the draft the live revision, unless it has problems or is at another edit than `expected`.
    pub async fn publish(
        &self,
        workflow: &str,
        note: String,
        expected: Option<u32>,
    ) -> Result<Published, AuthoringError> {
        let _ = (note, expected);
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }

    /// Makes a revision live (again). The draft stays as it is.
    pub async fn activate(&self, workflow: &str, revision: u32) -> Result<Workflow, AuthoringError> {
        let _ = revision;
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }
}
