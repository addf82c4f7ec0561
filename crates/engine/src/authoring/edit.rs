//! What a change makes of a workflow, up to the one call that writes it.

use std::time::Duration;

use domain::credentials::BasicCredentials;
use domain::flow::codes;
use domain::flow::document::{BasicDeclaration, Flow, WorkflowLevel};
use domain::id::{EndpointKey, RevisionId, WorkflowId};
use domain::problem::Problems;
use domain::value::Value;
use domain::workflow::{Settings, Workflow};
use store::{NewRevision, WorkflowSave};

use crate::clock;
use crate::handle::Inner;

/// A workflow as it is and as it shall be.
#[derive(Debug)]
pub(super) struct Edit {
    /// `None`: it is new.
    before: Option<Workflow>,
    pub(super) after: Workflow,
    publish: Option<NewRevision>,
}

impl Edit {
    pub(super) fn of(workflow: Workflow) -> Self {
        Self { before: Some(workflow.clone()), after: workflow, publish: None }
    }

    /// A new workflow; without a key it gets one.
    pub(super) fn new(key: Option<EndpointKey>, settings: Settings, draft: Value) -> Self {
        let now = clock::now();
        let after = Workflow {
            id: WorkflowId::new(now, clock::random()),
            key: key.unwrap_or_else(clock::new_key),
            settings,
            draft,
            edit: 1,
            live: None,
            created_at: now,
            changed_at: now,
        };
        Self { before: None, after, publish: None }
    }

    /// The same draft again is no save of it.
    pub(super) fn draft(&mut self, draft: Value) {
        if !alike(&self.after.draft, &draft) {
            self.after.draft = draft;
            self.after.edit = self.after.edit.saturating_add(1);
        }
    }

    /// Makes `flow`, which compiles, live, unless it is.
    pub(super) async fn publish(&mut self, inner: &Inner, flow: &Value, note: String) -> Result<(), store::Error> {
        if let Some(live) = self.after.live
            && let Some(revision) = inner.store.revision_get(self.after.id, live).await?
            && alike(&revision.flow, flow)
        {
            return Ok(());
        }
        let now = clock::now();
        let id = RevisionId::new(now, clock::random());
        self.publish = Some(NewRevision { id, flow: flow.clone(), note, published_at: now });
        Ok(())
    }

    pub(super) fn publishes(&self) -> bool {
        self.publish.is_some()
    }

    pub(super) fn changes(&self) -> bool {
        self.publishes() || self.before.as_ref() != Some(&self.after)
    }

    /// What to write; `None` when nothing has changed.
    pub(super) fn save(mut self) -> Option<WorkflowSave> {
        if !self.changes() {
            return None;
        }
        let made_from = self.before.map(|workflow| workflow.changed_at);
        if let Some(before) = made_from {
            // By this one knows it again: it is never the same twice, whatever the clock says.
            self.after.changed_at = clock::now().max(before.plus(Duration::from_micros(1)));
        }
        Some(WorkflowSave { workflow: self.after, made_from, publish: self.publish })
    }
}

/// Two flows are the same only if they are written the same: the order of names is the order in which
/// bodies go out.
fn alike(one: &Value, other: &Value) -> bool {
    let (one, other) = (one.to_string(), other.to_string());
    one == other
}

/// Whether a draft, which may stand in any form, says what `flow` says in the form of revisions.
pub(super) fn means(draft: &Value, flow: &Value) -> bool {
    let mut problems = Problems::new();
    let read = Flow::decode(draft, "", &mut problems);
    problems.is_empty() && alike(&read.to_value(), flow)
}

impl Inner {
    /// The settings that `level` asks for, of a workflow that has these so far.
    pub(super) fn settings(
        &self,
        level: WorkflowLevel,
        stored: Option<&Settings>,
        problems: &mut Problems,
    ) -> Settings {
        let enabled = stored.is_some_and(|stored| stored.enabled);
        let sealed = stored.and_then(|stored| stored.credentials.as_ref());
        Settings {
            title: level.title,
            description: level.description,
            tags: level.tags,
            enabled: level.enabled.unwrap_or(enabled),
            when_off: level.when_off,
            retention: level.retention,
            credentials: level.credentials.and_then(|basic| self.credentials(&basic, sealed, problems)),
        }
    }

    /// An absent password keeps the stored one, which is sealed together with the username.
    fn credentials(
        &self,
        basic: &BasicDeclaration,
        stored: Option<&BasicCredentials>,
        problems: &mut Problems,
    ) -> Option<BasicCredentials> {
        if let Some(password) = &basic.password {
            return Some(BasicCredentials::seal(&self.key, &basic.username, password.reveal()));
        }
        let message = match stored {
            Some(stored) if stored.username == basic.username => return Some(stored.clone()),
            Some(_) => "give the password again: it is sealed together with the username",
            None => "give a password: there is none stored for this workflow",
        };
        problems.add("/credentials/basic/password", codes::PASSWORD_NEEDED, message);
        None
    }
}
