//! What belongs to the workflow and not to its revisions: changed at once.

use domain::value::Value;
use domain::workflow::Workflow;

use super::AuthoringError;
use crate::handle::Engine;

/// A merge patch (RFC 7396) over the workflow level of a workflow file: `title`, `description`, `tags`,
/// `enabled`, `when_off`, `retention`, `credentials`.
#[derive(Debug, Clone)]
pub struct SettingsChange(pub Value);

impl Engine {
    /// A new workflow from a document as a workflow file has it, not published. Errors: `Problems`.
    pub async fn create(&self, document: Value) -> Result<Workflow, AuthoringError> {
        let _ = document;
        Err(AuthoringError::Problems(Vec::new()))
    }

    /// Errors: `Problems`, with pointers into the patch.
    pub async fn change_settings(&self, workflow: &str, change: SettingsChange) -> Result<Workflow, AuthoringError> {
        let _ = change;
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }

    /// Its executions stay readable until retention takes them.
    pub async fn delete(&self, workflow: &str) -> Result<(), AuthoringError> {
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }

    /// A new workflow with the draft and the settings of this one, switched off and under a key of its own.
    pub async fn duplicate(&self, workflow: &str, title: Option<String>) -> Result<Workflow, AuthoringError> {
        let _ = title;
        Err(AuthoringError::UnknownWorkflow(workflow.to_owned()))
    }
}
