//! A workflow as a file has it.

use domain::flow::document::WorkflowLevel;
use domain::flow::encode;
use domain::value::Value;

use super::AuthoringError;
use crate::handle::Engine;

impl Engine {
    /// The content of a workflow file: applied, it changes nothing. With `live` the flow is the live
    /// revision's, otherwise the draft as it stands, problems and all. Passwords are left out.
    /// Errors: `NothingLive`.
    pub async fn export(&self, workflow: &str, live: bool) -> Result<Value, AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        let flow = if live {
            let number = workflow.live.ok_or(AuthoringError::NothingLive)?;
            let revision = self.inner.store.revision_get(workflow.id, number).await?;
            revision.ok_or(AuthoringError::UnknownRevision(number))?.flow
        } else {
            workflow.draft
        };
        Ok(encode::whole(Some(&workflow.key), &WorkflowLevel::of(&workflow.settings), &flow))
    }
}
