//! Drafts and revisions: saved as they are edited, made live in one step.

use std::sync::Arc;

use domain::flow::{bounds, limits, mistakes};
use domain::problem::{Problem, Problems};
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::Workflow;

use super::AuthoringError;
use super::edit::Edit;
use crate::catalog::read_flow;
use crate::handle::{Engine, Inner};
use crate::live::Change;

/// The editable document and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Counts its saves.
    pub edit: u32,
    /// As it was saved: `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`, or whatever else.
    pub flow: Value,
    /// Pointers into `flow`.
    pub problems: Vec<Problem>,
    /// When anything of the workflow was last changed.
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
        let workflow = self.workflow(workflow).await?;
        Ok(self.inner.judged(workflow))
    }

    /// Keeps the draft as it is given, problems and all, unless it is at another edit than `expected`
    /// (`None`: whatever it is at). The same again changes nothing and keeps the edit. Errors: `Problems`
    /// when it is no JSON object or larger than a workflow file may be.
    pub async fn save_draft(
        &self,
        workflow: &str,
        flow: Value,
        expected: Option<u32>,
    ) -> Result<Draft, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let (workflow, flow) = (workflow.clone(), flow.clone());
            async move { inner.save_draft(&workflow, flow, expected).await }
        })
        .await
    }

    /// Makes the draft the live revision, unless it has problems or is at another edit than `expected`.
    /// From then on the draft stands in the form of revisions, made keys included; if that is another
    /// form than it had, this counts as a save of it. Whether the workflow is enabled stays as it is.
    /// A note on what is live already is dropped. Errors: `Problems`, of a note too (`/note`).
    pub async fn publish(
        &self,
        workflow: &str,
        note: String,
        expected: Option<u32>,
    ) -> Result<Published, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let (workflow, note) = (workflow.clone(), note.clone());
            async move { inner.publish(&workflow, note, expected).await }
        })
        .await
    }

    /// Makes a revision live (again). The draft stays as it is. Errors: `Problems` when this server
    /// cannot run the revision any more.
    pub async fn activate(&self, workflow: &str, revision: u32) -> Result<Workflow, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let workflow = workflow.clone();
            async move { inner.activate(&workflow, revision).await }
        })
        .await
    }
}

impl Inner {
    async fn save_draft(&self, workflow: &str, flow: Value, expected: Option<u32>) -> Result<Draft, AuthoringError> {
        let workflow = self.at_edit(workflow, expected).await?;
        let mut problems = Problems::new();
        if !flow.is_object() {
            mistakes::wrong_type(&mut problems, "", "an object", &flow);
        }
        bounds::check(&flow, &mut problems);
        problems.or(()).map_err(AuthoringError::Problems)?;
        let mut edit = Edit::of(workflow);
        edit.draft(flow);
        let mut workflow = edit.after.clone();
        if let Some(save) = edit.save() {
            workflow.changed_at = save.workflow.changed_at;
            self.store.workflow_save(vec![save]).await?;
            // The endpoint never answers from a draft: there is nothing to put in force.
            self.live.tell(|| Change::Workflow(workflow.id));
        }
        Ok(self.judged(workflow))
    }

    async fn publish(
        self: &Arc<Self>,
        workflow: &str,
        note: String,
        expected: Option<u32>,
    ) -> Result<Published, AuthoringError> {
        let workflow = self.at_edit(workflow, expected).await?;
        let mut problems = Problems::new();
        mistakes::text(&mut problems, "/note", &Value::from(note.as_str()), limits::NOTE_MAX);
        problems.or(()).map_err(AuthoringError::Problems)?;
        let (flow, _) = read_flow(&self.registry, &workflow.draft).map_err(AuthoringError::Problems)?;
        let flow = flow.to_value();
        let mut edit = Edit::of(workflow);
        edit.publish(self, &flow, note).await?;
        edit.draft(flow);
        let changed = edit.publishes();
        let workflow = self.write(edit).await?;
        let revision = workflow.live.ok_or(AuthoringError::NothingLive)?;
        Ok(Published { revision, workflow, changed })
    }

    async fn activate(self: &Arc<Self>, workflow: &str, revision: u32) -> Result<Workflow, AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        let stored = self.store.revision_get(workflow.id, revision).await?;
        let stored = stored.ok_or(AuthoringError::UnknownRevision(revision))?;
        read_flow(&self.registry, &stored.flow).map_err(AuthoringError::Problems)?;
        let mut edit = Edit::of(workflow);
        edit.after.live = Some(revision);
        self.write(edit).await
    }

    /// Writes what an edit changes, puts it in force, and returns the workflow as it is then.
    pub(super) async fn write(self: &Arc<Self>, edit: Edit) -> Result<Workflow, AuthoringError> {
        let id = edit.after.id;
        let save = edit.save();
        let changed = save.is_some();
        if let Some(save) = save {
            self.store.workflow_save(vec![save]).await?;
        }
        self.put_in_force(id, changed).await
    }

    /// The workflow, if its draft is where its author believes it to be.
    async fn at_edit(&self, workflow: &str, expected: Option<u32>) -> Result<Workflow, AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        match expected {
            Some(expected) if expected != workflow.edit => {
                Err(AuthoringError::DraftConflict { expected, actual: workflow.edit })
            }
            _ => Ok(workflow),
        }
    }

    fn judged(&self, workflow: Workflow) -> Draft {
        let problems = read_flow(&self.registry, &workflow.draft).err().unwrap_or_default();
        Draft { edit: workflow.edit, flow: workflow.draft, problems, changed_at: workflow.changed_at }
    }
}
