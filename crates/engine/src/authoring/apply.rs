//! Workflow files, several at once: all or none.

use std::collections::HashSet;
use std::sync::Arc;

use domain::flow::codes;
use domain::id::{EndpointKey, WorkflowId};
use domain::problem::Problem;
use domain::value::Value;
use serde::{Deserialize, Serialize};

use super::edit::{self, Edit};
use super::{AuthoringError, key_taken};
use crate::catalog::Lookup;
use crate::handle::{Engine, Inner};

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

/// A document on its way into the store.
pub(super) struct Read {
    pub(super) applied: Applied,
    /// `None`: it has problems.
    pub(super) edit: Option<Edit>,
}

impl Engine {
    /// Creates or updates workflows from documents (the content of workflow files): all or none.
    ///
    /// Without `publish` only the draft of a workflow that exists changes; with it the document
    /// becomes live, unless it is what is live already.
    pub async fn apply(&self, documents: Vec<Value>, publish: bool) -> Result<Vec<Applied>, AuthoringError> {
        self.alone(move |inner| {
            let documents = documents.clone();
            async move { inner.apply(&documents, publish).await }
        })
        .await
    }
}

impl Inner {
    async fn apply(self: &Arc<Self>, documents: &[Value], publish: bool) -> Result<Vec<Applied>, AuthoringError> {
        let mut taken = HashSet::new();
        let mut read = Vec::new();
        for document in documents {
            read.push(self.read_one(document, publish, &mut taken).await?);
        }
        let (mut applied, edits): (Vec<_>, Vec<_>) = read.into_iter().map(|read| (read.applied, read.edit)).unzip();
        if applied.iter().any(|applied| !applied.problems.is_empty()) {
            return Err(invalid(applied, documents));
        }
        let saves: Vec<_> = edits.into_iter().flatten().filter_map(Edit::save).collect();
        if !saves.is_empty() {
            match self.store.workflow_save(saves).await {
                Err(store::Error::KeyTaken { key }) => {
                    let theirs = applied.iter_mut().filter(|applied| applied.key.as_ref() == Some(&key));
                    theirs.for_each(|applied| applied.problems.push(key_taken()));
                    return Err(invalid(applied, documents));
                }
                saved => saved?,
            }
        }
        // All of them before the first failure is told: each tries again by itself.
        let mut failed = None;
        for applied in &mut applied {
            let Some(id) = applied.id else { continue };
            match self.put_in_force(id, applied.changed).await {
                Ok(workflow) => applied.revision = workflow.live,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(applied), Err)
    }

    /// What a document would change. `taken` holds the keys of the documents before it.
    pub(super) async fn read_one(
        &self,
        document: &Value,
        publish: bool,
        taken: &mut HashSet<EndpointKey>,
    ) -> Result<Read, store::Error> {
        let (decoded, mut problems) = self.read(document);
        let mut existing = None;
        if let Some(key) = &decoded.key {
            if !taken.insert(key.clone()) {
                problems.add("/key", codes::KEY_DUPLICATE, "another of these files has the same key");
            }
            if matches!(self.catalog.lookup(key.as_str()), Lookup::Retired { .. }) {
                problems.add("/key", codes::KEY_RETIRED, "this key was rotated away and cannot be used again");
            }
            existing = self.store.workflow_by_key(key).await?;
        }
        let stored = existing.as_ref().map(|workflow| &workflow.settings);
        let settings = self.settings(decoded.level, stored, &mut problems);
        let mut applied = Applied {
            id: existing.as_ref().map(|workflow| workflow.id),
            key: decoded.key.clone(),
            title: settings.title.clone(),
            created: existing.is_none(),
            changed: false,
            enabled: stored.is_some_and(|stored| stored.enabled),
            revision: existing.as_ref().and_then(|workflow| workflow.live),
            problems: problems.into_vec(),
        };
        if !applied.problems.is_empty() {
            return Ok(Read { applied, edit: None });
        }
        let flow = decoded.flow.to_value();
        let mut edit = match existing {
            Some(workflow) => {
                let mut edit = Edit::of(workflow);
                if publish {
                    edit.after.settings = settings;
                }
                edit
            }
            None => Edit::new(decoded.key, settings, flow.clone()),
        };
        if publish {
            edit.publish(self, &flow, String::new()).await?;
        }
        // A draft that says the same in other words stays as its author wrote it, until it is published.
        if edit.publishes() || !edit::means(&edit.after.draft, &flow) {
            edit.draft(flow);
        }
        applied.changed = edit.changes();
        applied.id = Some(edit.after.id);
        applied.key = Some(edit.after.key.clone());
        applied.title.clone_from(&edit.after.settings.title);
        applied.enabled = edit.after.settings.enabled;
        Ok(Read { applied, edit: Some(edit) })
    }
}

/// Nothing was applied.
fn invalid(applied: Vec<Applied>, documents: &[Value]) -> AuthoringError {
    let unapplied = |(applied, document): (Applied, &Value)| Applied {
        id: None,
        // One that was made for a new workflow leads nowhere.
        key: applied.key.filter(|key| document["key"] == key.as_str()),
        created: false,
        changed: false,
        ..applied
    };
    AuthoringError::Invalid(applied.into_iter().zip(documents).map(unapplied).collect())
}
