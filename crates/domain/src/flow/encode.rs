//! From documents back to JSON values, always in the same form: two documents that mean the same
//! are written alike, so that publishing an unchanged document makes no new revision.
//!
//! Fields stand in the order of the reference, defaults of the flow are written out, optional text
//! that is absent is left out, node keys are always there. Passwords are never written.

use serde_json::{Map, json};

use crate::flow::decode::{FORMAT, MODES, WHEN_OFF};
use crate::flow::document::{Flow, Node, Trigger, WorkflowDocument, WorkflowLevel};
use crate::id::EndpointKey;
use crate::value::Value;

impl WorkflowDocument {
    /// The content of a workflow file.
    pub fn to_value(&self) -> Value {
        whole(self.key.as_ref(), &self.level, &self.flow.to_value())
    }
}

/// A workflow file's content around a flow as it stands, problems and all. What of the flow has a name
/// that belongs to the file around it is left out: it would come to mean something.
pub fn whole(key: Option<&EndpointKey>, level: &WorkflowLevel, flow: &Value) -> Value {
    let mut object = Map::new();
    object.insert("hookflow".to_owned(), json!(FORMAT));
    if let Some(key) = key {
        object.insert("key".to_owned(), json!(key.as_str()));
    }
    level.write(&mut object);
    let belongs = |name: &str| !["hookflow", "key"].contains(&name) && !LEVEL.contains(&name);
    let flow = flow.as_object().into_iter().flatten().filter(|(name, _)| belongs(name));
    object.extend(flow.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(object)
}

/// The names of the workflow level, in the order of the reference.
const LEVEL: [&str; 7] = ["title", "description", "tags", "enabled", "when_off", "retention", "credentials"];

impl WorkflowLevel {
    /// The workflow level alone.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        self.write(&mut object);
        Value::Object(object)
    }

    fn write(&self, object: &mut Map<String, Value>) {
        let basic = self.credentials.as_ref();
        let values = [
            Some(json!(self.title)),
            (!self.description.is_empty()).then(|| json!(self.description)),
            (!self.tags.is_empty()).then(|| json!(self.tags)),
            self.enabled.map(Value::from),
            Some(word(&WHEN_OFF, self.when_off)),
            (self.retention != Default::default()).then(|| json!(self.retention)),
            basic.map(|basic| json!({ "basic": { "username": basic.username } })),
        ];
        let present = LEVEL.into_iter().zip(values).filter_map(|(name, value)| Some((name.to_owned(), value?)));
        object.extend(present);
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
