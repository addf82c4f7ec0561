//! What belongs to the workflow and not to its revisions: changed at once.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use domain::flow::document::WorkflowLevel;
use domain::flow::{bounds, limits};
use domain::problem::Problems;
use domain::value::Value;
use domain::workflow::{Settings, Workflow};
use serde_json::{Map, json};

use super::edit::Edit;
use super::{AuthoringError, key_taken};
use crate::clock;
use crate::handle::{Engine, Inner};
use crate::live::Change;

/// A merge patch (RFC 7396) over the workflow level of a workflow file: `title`, `description`, `tags`,
/// `enabled`, `when_off`, `retention`, `credentials`. It can hold a password: never printed.
#[derive(Clone)]
pub struct SettingsChange(pub Value);

impl fmt::Debug for SettingsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SettingsChange(…)")
    }
}

/// Behind the title of a copy.
const COPY: &str = " (copy)";

impl Engine {
    /// A new workflow from a document as a workflow file has it, not published. Errors: `Problems`.
    pub async fn create(&self, document: Value) -> Result<Workflow, AuthoringError> {
        self.alone(move |inner| {
            let document = document.clone();
            async move { inner.create(&document).await }
        })
        .await
    }

    /// Null takes a field away, but for `enabled`, which then stays as it is; an absent password stays
    /// as long as the username does. Errors: `Problems`, with pointers into the patch.
    pub async fn change_settings(&self, workflow: &str, change: SettingsChange) -> Result<Workflow, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let (workflow, change) = (workflow.clone(), change.clone());
            async move { inner.change_settings(&workflow, &change.0).await }
        })
        .await
    }

    /// Its executions stay readable until retention takes them; its key is never free again.
    pub async fn delete(&self, workflow: &str) -> Result<(), AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let workflow = workflow.clone();
            async move { inner.delete(&workflow).await }
        })
        .await
    }

    /// A new workflow with the draft and the settings of this one, credentials included, switched off and
    /// under a key of its own. Without a title, its title is this one's and ` (copy)`. Errors: `Problems`,
    /// of the title.
    pub async fn duplicate(&self, workflow: &str, title: Option<String>) -> Result<Workflow, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let (workflow, title) = (workflow.clone(), title.clone());
            async move { inner.duplicate(&workflow, title).await }
        })
        .await
    }

    /// Gives the workflow a new key; the old one answers 410 from now on.
    pub async fn rotate(&self, workflow: &str) -> Result<Workflow, AuthoringError> {
        let workflow = workflow.to_owned();
        self.alone(move |inner| {
            let workflow = workflow.clone();
            async move { inner.rotate(&workflow).await }
        })
        .await
    }
}

impl Inner {
    async fn create(self: &Arc<Self>, document: &Value) -> Result<Workflow, AuthoringError> {
        let read = self.read_one(document, false, &mut HashSet::new()).await?;
        let mut problems = read.applied.problems;
        if !read.applied.created {
            problems.push(key_taken());
        }
        match read.edit {
            Some(edit) if problems.is_empty() => self.write(edit).await,
            _ => Err(AuthoringError::Problems(problems)),
        }
    }

    async fn change_settings(self: &Arc<Self>, workflow: &str, patch: &Value) -> Result<Workflow, AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        let mut problems = Problems::new();
        let mut wanted = WorkflowLevel::of(&workflow.settings).to_value();
        if bounds::check(patch, &mut problems) {
            merge(&mut wanted, patch);
        }
        let settings = self.changed(&wanted, &workflow.settings, problems)?;
        let mut edit = Edit::of(workflow);
        edit.after.settings = settings;
        self.write(edit).await
    }

    async fn delete(&self, workflow: &str) -> Result<(), AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        self.store.workflow_delete(workflow.id, clock::now()).await?;
        self.catalog.remove(workflow.id).await;
        self.live.tell(|| Change::Workflow(workflow.id));
        Ok(())
    }

    async fn duplicate(self: &Arc<Self>, workflow: &str, title: Option<String>) -> Result<Workflow, AuthoringError> {
        let original = self.workflow(workflow).await?;
        let title = title.unwrap_or_else(|| title_of_copy(&original.settings.title));
        let mut wanted = WorkflowLevel::of(&original.settings).to_value();
        merge(&mut wanted, &json!({ "title": title, "enabled": false }));
        let settings = self.changed(&wanted, &original.settings, Problems::new())?;
        self.write(Edit::new(None, settings, original.draft)).await
    }

    async fn rotate(self: &Arc<Self>, workflow: &str) -> Result<Workflow, AuthoringError> {
        let workflow = self.workflow(workflow).await?;
        self.store.workflow_rotate(workflow.id, clock::new_key(), clock::now()).await?;
        self.put_in_force(workflow.id, true).await
    }

    /// The settings that a workflow level as in a file asks for.
    fn changed(&self, wanted: &Value, stored: &Settings, mut problems: Problems) -> Result<Settings, AuthoringError> {
        let level = WorkflowLevel::decode(wanted, &mut problems);
        let settings = self.settings(level, Some(stored), &mut problems);
        problems.or(settings).map_err(AuthoringError::Problems)
    }
}

/// RFC 7396, but that nulls stay where they fall: they are read as absent, and null for a name that
/// does not exist is a mistake to tell.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (name, value) in patch {
        merge(&mut target[name.as_str()], value);
    }
}

fn title_of_copy(title: &str) -> String {
    let room = limits::TITLE_MAX - COPY.chars().count();
    let kept: String = title.chars().take(room).collect();
    format!("{}{COPY}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7396, appendix A, with nulls left in place.
    #[test]
    fn patches_merge_as_the_rfc_says() {
        for (target, patch, merged) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"a": null, "b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d", "c": null}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b", "c": null})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {"ccc": null}}})),
        ] {
            let mut result = target.clone();
            merge(&mut result, &patch);
            assert_eq!(result, merged, "{target} {patch}");
        }
    }

    #[test]
    fn the_title_of_a_copy_is_a_title() {
        assert_eq!(title_of_copy("Orders"), "Orders (copy)");
        assert_eq!(title_of_copy(&"é".repeat(200)), format!("{} (copy)", "é".repeat(193)));
        assert_eq!(title_of_copy(&format!("{}   x", "é".repeat(190))), format!("{} (copy)", "é".repeat(190)));
    }
}
