//! From documents back to JSON values, always in the same form: two documents that mean the same
//! are written alike, so that publishing an unchanged document makes no new revision.
//!
//! Fields stand in the order of the reference, defaults of the flow are written out, optional text
//! that is absent is left out, node keys are always there. Passwords are never written.

use serde_json::{Map, json};

use crate::flow::decode::{FORMAT, MODES, WHEN_OFF};
use crate::flow::document::{Flow, Node, Trigger, WorkflowDocument};
use crate::id::EndpointKey;
use crate::value::Value;
use crate::workflow::{Retention, WhenOff, Workflow};

impl WorkflowDocument {
    /// The content of a workflow file.
    pub fn to_value(&self) -> Value {
        let mut object = Around {
            key: self.key.as_ref(),
            title: &self.title,
            description: &self.description,
            tags: &self.tags,
            enabled: self.enabled,
            when_off: self.when_off,
            retention: self.retention,
            username: self.credentials.as_ref().map(|basic| basic.username.as_str()),
        }
        .write();
        self.flow.write(&mut object);
        Value::Object(object)
    }
}

impl Workflow {
    /// The content of a workflow file that stands for this workflow with `flow`: its draft, or a revision's.
    /// The flow is taken as it is; a draft may have problems.
    pub fn to_document(&self, flow: &Value) -> Value {
        let settings = &self.settings;
        let mut object = Around {
            key: Some(&self.key),
            title: &settings.title,
            description: &settings.description,
            tags: &settings.tags,
            enabled: Some(settings.enabled),
            when_off: settings.when_off,
            retention: settings.retention,
            username: settings.credentials.as_ref().map(|basic| basic.username.as_str()),
        }
        .write();
        for (name, value) in flow.as_object().into_iter().flatten() {
            // A draft may say `title` by mistake; the workflow's own stays.
            object.entry(name).or_insert_with(|| value.clone());
        }
        Value::Object(object)
    }
}

/// What stands around the flow in a workflow file.
struct Around<'a> {
    key: Option<&'a EndpointKey>,
    title: &'a str,
    description: &'a str,
    tags: &'a [String],
    enabled: Option<bool>,
    when_off: WhenOff,
    retention: Retention,
    username: Option<&'a str>,
}

impl Around<'_> {
    fn write(&self) -> Map<String, Value> {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        put("hookflow", json!(FORMAT));
        if let Some(key) = self.key {
            put("key", json!(key.as_str()));
        }
        put("title", json!(self.title));
        if !self.description.is_empty() {
            put("description", json!(self.description));
        }
        if !self.tags.is_empty() {
            put("tags", json!(self.tags));
        }
        if let Some(enabled) = self.enabled {
            put("enabled", json!(enabled));
        }
        put("when_off", word(&WHEN_OFF, self.when_off));
        if self.retention != Default::default() {
            put("retention", json!(self.retention));
        }
        if let Some(username) = self.username {
            put("credentials", json!({ "basic": { "username": username } }));
        }
        object
    }
}

impl Flow {
    /// The flow alone, as drafts and revisions are stored.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        self.write(&mut object);
        Value::Object(object)
    }

    fn write(&self, object: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        put("mode", word(&MODES, self.mode));
        put("timeout_ms", json!(self.timeout_ms));
        put("answer_deadline_ms", json!(self.answer_deadline_ms));
        put("trigger", self.trigger.to_value());
        put("nodes", nodes(&self.nodes));
    }
}

impl Trigger {
    fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("kind".to_owned(), json!(self.kind));
        object.extend(self.config.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(object)
    }
}

impl Node {
    fn to_value(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        put("key", json!(self.key.as_str()));
        put("kind", json!(self.kind));
        if let Some(title) = &self.title {
            put("title", json!(title));
        }
        if let Some(note) = &self.note {
            put("note", json!(note));
        }
        if self.disabled {
            put("disabled", json!(true));
        }
        put("config", self.config.clone());
        if !self.branches.is_empty() {
            put("branches", self.branches.iter().map(|(name, branch)| (name.clone(), nodes(branch))).collect());
        }
        Value::Object(object)
    }
}

fn nodes(list: &[Node]) -> Value {
    list.iter().map(Node::to_value).collect()
}

fn word<T: PartialEq>(words: &[(&str, T)], meaning: T) -> Value {
    words.iter().find(|(_, known)| *known == meaning).map_or(Value::Null, |(word, _)| json!(word))
}
