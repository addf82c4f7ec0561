//! Changing workflows: apply documents, rotate a key.

use std::collections::HashSet;

use domain::credentials::BasicCredentials;
use domain::flow::document::WorkflowDocument;
use domain::id::{EndpointKey, RevisionId, WorkflowId};
use domain::problem::{Problem, Problems};
use domain::value::Value;
use domain::workflow::{Settings, Workflow};
use serde::{Deserialize, Serialize};
use store::{NewRevision, WorkflowSave};

mod draft;
mod settings;

pub use draft::{Draft, Published};
pub use settings::SettingsChange;

use crate::catalog::Lookup;
use crate::clock;
use crate::handle::{Engine, Inner};
use crate::live;

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
    /// The one document, or the draft, has these problems; nothing was changed.
    #[error("there are {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// Someone saved the draft meanwhile.
    #[error("the draft is at edit {actual}, not {expected}")]
    DraftConflict { expected: u32, actual: u32 },
    #[error("the workflow has no revision {0}")]
    UnknownRevision(u32),
    #[error("the store failed")]
    Store(#[from] store::Error),
}

/// A document on its way into the store.
struct Change {
    applied: Applied,
    save: Option<WorkflowSave>,
}

impl Engine {
    /// Creates or updates workflows from documents (the content of workflow files): all or none.
    ///
    /// Without `publish` only the draft of a workflow that exists changes; with it the document
    /// becomes live, unless it is what is live already.
    pub async fn apply(&self, documents: Vec<Value>, publish: bool) -> Result<Vec<Applied>, AuthoringError> {
        let inner = &self.inner;
        let _one_at_a_time = inner.authoring.lock().await;
        let mut taken = HashSet::new();
        let mut changes = Vec::new();
        for document in &documents {
            changes.push(inner.change(document, publish, &mut taken).await?);
        }
        if changes.iter().any(|change| !change.applied.problems.is_empty()) {
            let unapplied = |(change, document): (Change, &Value)| Applied {
                id: None,
                // One that was made for a new workflow leads nowhere.
                key: change.applied.key.filter(|key| document["key"] == key.as_str()),
                created: false,
                changed: false,
                ..change.applied
            };
            return Err(AuthoringError::Invalid(changes.into_iter().zip(&documents).map(unapplied).collect()));
        }
        let saves: Vec<_> = changes.iter_mut().filter_map(|change| change.save.take()).collect();
        if !saves.is_empty() {
            inner.store.workflow_save(saves).await?;
        }
        let mut applied: Vec<_> = changes.into_iter().map(|change| change.applied).collect();
        for id in applied.iter().filter(|applied| applied.changed).filter_map(|applied| applied.id) {
            inner.live.tell(live::Change::Workflow(id));
        }
        // Also what did not change: the last time it did, the catalog may have failed to read it.
        for applied in &mut applied {
            if let Some(id) = applied.id {
                applied.revision = inner.catalog.refresh(id).await?.and_then(|workflow| workflow.live);
            }
        }
        Ok(applied)
    }

    /// Every problem of a document, nothing kept.
    pub fn check(&self, document: &Value) -> Vec<Problem> {
        self.inner.registry.check(document).1
    }

    /// Gives the workflow a new key; the old one answers 410 from now on.
    pub async fn rotate(&self, workflow: &str) -> Result<Workflow, AuthoringError> {
        let _one_at_a_time = self.inner.authoring.lock().await;
        let mut workflow = self.workflow(workflow).await?;
        let key = clock::new_key();
        self.inner.store.workflow_rotate(workflow.id, key.clone(), clock::now()).await?;
        self.inner.live.tell(live::Change::Workflow(workflow.id));
        self.inner.catalog.refresh(workflow.id).await?;
        workflow.key = key;
        Ok(workflow)
    }

    /// By key or `wf_…` id.
    pub async fn workflow(&self, key_or_id: &str) -> Result<Workflow, AuthoringError> {
        let store = &self.inner.store;
        let found = if let Ok(id) = key_or_id.parse::<WorkflowId>() {
            store.workflow_get(id).await?
        } else if let Ok(key) = key_or_id.parse::<EndpointKey>() {
            store.workflow_by_key(&key).await?
        } else {
            None
        };
        found.ok_or_else(|| AuthoringError::UnknownWorkflow(key_or_id.to_owned()))
    }
}

impl Inner {
    /// What a document would change. `taken` holds the keys of the documents before it.
    async fn change(
        &self,
        document: &Value,
        publish: bool,
        taken: &mut HashSet<EndpointKey>,
    ) -> Result<Change, store::Error> {
        let (decoded, problems) = self.registry.check(document);
        let mut mistakes = Problems::new();
        mistakes.extend(problems);
        let existing = match &decoded.key {
            Some(key) => {
                if !taken.insert(key.clone()) {
                    mistakes.add("/key", "key.duplicate", "another of these files has the same key");
                }
                if matches!(self.catalog.lookup(key.as_str()), Lookup::Retired { .. }) {
                    mistakes.add("/key", "key.retired", "this key was rotated away and cannot be used again");
                }
                self.store.workflow_by_key(key).await?
            }
            None => None,
        };
        let credentials = self.credentials(&decoded, existing.as_ref(), &mut mistakes);
        let mut applied = Applied {
            id: existing.as_ref().map(|workflow| workflow.id),
            key: decoded.key.clone(),
            title: decoded.title.clone(),
            created: existing.is_none(),
            changed: false,
            enabled: existing.as_ref().is_some_and(|workflow| workflow.settings.enabled),
            revision: existing.as_ref().and_then(|workflow| workflow.live),
            problems: mistakes.into_vec(),
        };
        if !applied.problems.is_empty() {
            return Ok(Change { applied, save: None });
        }

        let now = clock::now();
        let flow = decoded.flow.to_value();
        let settings = Settings {
            title: decoded.title,
            description: decoded.description,
            tags: decoded.tags,
            enabled: decoded.enabled.unwrap_or(applied.enabled),
            when_off: decoded.when_off,
            retention: decoded.retention,
            credentials,
        };
        let expected_edit = existing.as_ref().map(|workflow| workflow.edit);
        let mut workflow = match &existing {
            Some(existing) => existing.clone(),
            None => Workflow {
                id: WorkflowId::new(now, clock::random()),
                key: decoded.key.unwrap_or_else(clock::new_key),
                settings: settings.clone(),
                draft: flow.clone(),
                edit: 1,
                live: None,
                created_at: now,
                changed_at: now,
            },
        };
        if workflow.draft != flow {
            workflow.draft = flow.clone();
            workflow.edit = workflow.edit.saturating_add(1);
        }
        let mut revision = None;
        if publish {
            workflow.settings = settings;
            if self.live_flow(&workflow).await?.as_ref() != Some(&flow) {
                let id = RevisionId::new(now, clock::random());
                revision = Some(NewRevision { id, flow, note: String::new(), published_at: now });
            }
        }
        applied.changed = revision.is_some() || existing.as_ref() != Some(&workflow);
        applied.id = Some(workflow.id);
        applied.key = Some(workflow.key.clone());
        applied.title.clone_from(&workflow.settings.title);
        applied.enabled = workflow.settings.enabled;
        if !applied.changed {
            return Ok(Change { applied, save: None });
        }
        workflow.changed_at = now;
        Ok(Change { applied, save: Some(WorkflowSave { workflow, expected_edit, publish: revision }) })
    }

    async fn live_flow(&self, workflow: &Workflow) -> Result<Option<Value>, store::Error> {
        match workflow.live {
            Some(live) => Ok(self.store.revision_get(workflow.id, live).await?.map(|revision| revision.flow)),
            None => Ok(None),
        }
    }

    /// The credentials a document asks for; an absent password keeps the stored one.
    fn credentials(
        &self,
        document: &WorkflowDocument,
        existing: Option<&Workflow>,
        problems: &mut Problems,
    ) -> Option<BasicCredentials> {
        let basic = document.credentials.as_ref()?;
        if let Some(password) = &basic.password {
            return Some(BasicCredentials::seal(&self.key, &basic.username, password.reveal()));
        }
        let stored = existing.and_then(|workflow| workflow.settings.credentials.clone());
        match stored {
            Some(stored) if stored.username == basic.username => Some(stored),
            Some(_) => {
                let message = "give the password again: it is sealed together with the username";
                problems.add("/credentials/basic/password", "credentials.password_needed", message);
                None
            }
            None => {
                let message = "give a password: there is none stored for this workflow";
                problems.add("/credentials/basic/password", "credentials.password_needed", message);
                None
            }
        }
    }
}
