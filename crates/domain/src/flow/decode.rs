//! From JSON values to documents, with every mistake at once.
//!
//! What is wrong is reported and then left out or taken as its default, so that the rest can still
//! be checked: a decoded document is worth something only if no problem was added.
//!
//! Not here: kinds, configs and templates (`nodes`), text and lines ([`super::file`]).

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Map;

use crate::flow::document::{BasicDeclaration, Flow, Mode, Node, NodeKey, Password, Trigger, WorkflowDocument};
use crate::flow::fields::Fields;
use crate::flow::suggest::quoted;
use crate::flow::{codes, limits, mistakes};
use crate::problem::{Problems, below};
use crate::value::Value;
use crate::workflow::{Retention, WhenOff};

/// The version of the format that this code reads and writes.
pub(super) const FORMAT: u64 = 1;
pub(super) const MODES: [(&str, Mode); 2] = [("sync", Mode::Sync), ("async", Mode::Async)];
pub(super) const WHEN_OFF: [(&str, WhenOff); 2] =
    [("not_found", WhenOff::NotFound), ("retry_later", WhenOff::RetryLater)];

impl WorkflowDocument {
    /// Reads the content of a workflow file.
    pub fn decode(value: &Value, problems: &mut Problems) -> Self {
        let Some(mut fields) = Fields::of(value, "", problems) else {
            return Self::empty();
        };
        read_version(&mut fields);
        let document = Self {
            key: read_endpoint_key(&mut fields),
            title: read_title(&mut fields),
            description: fields.text("description", limits::DESCRIPTION_MAX).unwrap_or_default().to_owned(),
            tags: read_tags(&mut fields),
            enabled: fields.boolean("enabled"),
            when_off: fields.word("when_off", &WHEN_OFF).unwrap_or_default(),
            retention: read_retention(&mut fields),
            credentials: read_credentials(&mut fields),
            flow: Flow::read(&mut fields),
        };
        fields.finish();
        document
    }

    /// What stands in for a document that could not be read at all.
    fn empty() -> Self {
        Self {
            key: None,
            title: String::new(),
            description: String::new(),
            tags: Vec::new(),
            enabled: None,
            when_off: WhenOff::default(),
            retention: Retention::default(),
            credentials: None,
            flow: Flow::empty(""),
        }
    }
}

fn read_version(fields: &mut Fields<'_, '_>) {
    fields.require("hookflow");
    if let Some(version) = fields.value("hookflow").filter(|version| **version != FORMAT) {
        let message = format!("`hookflow` is the version of the format: it must be {FORMAT}, not {version}");
        fields.problems.add("/hookflow", codes::VERSION, message);
    }
}

fn read_endpoint_key(fields: &mut Fields<'_, '_>) -> Option<crate::id::EndpointKey> {
    let key = fields.text("key", usize::MAX)?.parse();
    if let Err(error) = &key {
        fields.problems.add("/key", codes::ENDPOINT_KEY, format!("{error}; leave it out to get a new one"));
    }
    key.ok()
}

fn read_title(fields: &mut Fields<'_, '_>) -> String {
    fields.require("title");
    let title = fields.text("title", limits::TITLE_MAX).unwrap_or("untitled").trim();
    if title.is_empty() {
        fields.problems.add("/title", codes::BAD_TEXT, "a title can't be empty");
    }
    title.to_owned()
}

fn read_tags(fields: &mut Fields<'_, '_>) -> Vec<String> {
    let list = fields.list("tags").unwrap_or_default();
    if list.len() > limits::TAGS_MAX {
        mistakes::too_many(fields.problems, "/tags", "tags", limits::TAGS_MAX);
    }
    let mut tags: Vec<String> = Vec::new();
    for (index, tag) in list.iter().enumerate().take(limits::TAGS_MAX) {
        let pointer = below("/tags", index);
        match mistakes::text(fields.problems, &pointer, tag, limits::TAG_MAX).map(str::trim) {
            None => {}
            Some("") => fields.problems.add(pointer, codes::BAD_TEXT, "a tag can't be empty"),
            Some(tag) if tags.iter().any(|other| other == tag) => {
                fields.problems.add(pointer, codes::DUPLICATE, format!("the tag {} is listed twice", quoted(tag)));
            }
            Some(tag) => tags.push(tag.to_owned()),
        }
    }
    tags
}

fn read_retention(fields: &mut Fields<'_, '_>) -> Retention {
    let Some(mut retention) = fields.object("retention") else {
        return Retention::default();
    };
    let narrow = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let read = Retention {
        days: narrow(retention.integer("days", limits::RETENTION_DAYS)),
        executions_max: narrow(retention.integer("executions_max", limits::RETENTION_EXECUTIONS)),
    };
    retention.finish();
    read
}

fn read_credentials(fields: &mut Fields<'_, '_>) -> Option<BasicDeclaration> {
    let mut credentials = fields.object("credentials")?;
    let declaration = credentials.object("basic").and_then(|mut basic| {
        basic.require("username");
        let username = read_credential(&mut basic, "username");
        // A colon ends the user name in the header (RFC 7617).
        if username.is_some_and(|username| username.contains(':')) {
            let pointer = basic.at("username");
            basic.problems.add(pointer, codes::BAD_TEXT, "a user name can't hold a colon");
        }
        let password = read_credential(&mut basic, "password").map(|password| Password::new(password.to_owned()));
        basic.finish();
        username.map(|username| BasicDeclaration { username: username.to_owned(), password })
    });
    credentials.finish();
    declaration
}

/// Text that fits into a Basic header: not empty, no control characters (RFC 7617).
fn read_credential<'v>(basic: &mut Fields<'v, '_>, name: &'static str) -> Option<&'v str> {
    let text = basic.text(name, limits::CREDENTIAL_MAX)?;
    if text.is_empty() || text.chars().any(char::is_control) {
        let pointer = basic.at(name);
        basic.problems.add(pointer, codes::BAD_TEXT, format!("a {name} can't be empty or hold control characters"));
        return None;
    }
    Some(text)
}

impl Flow {
    /// Reads the flow alone, as drafts and revisions are stored. `pointer` is where it stands.
    pub fn decode(value: &Value, pointer: &str, problems: &mut Problems) -> Self {
        let Some(mut fields) = Fields::of(value, pointer, problems) else {
            return Self::empty(pointer);
        };
        let flow = Self::read(&mut fields);
        fields.finish();
        flow
    }

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        fields.require("mode");
        fields.require("trigger");
        let mode = fields.word("mode", &MODES);
        let trigger = read_trigger(fields);
        Self {
            // When it could not be read, the mode that suits the trigger, so that nobody is told off for a guess.
            mode: mode.unwrap_or(if trigger.config.get("answer").is_some() { Mode::Async } else { Mode::Sync }),
            timeout_ms: fields.integer("timeout_ms", limits::TIMEOUT_MS).unwrap_or(0),
            answer_deadline_ms: fields
                .integer("answer_deadline_ms", limits::ANSWER_DEADLINE_MS)
                .unwrap_or(limits::ANSWER_DEADLINE_MS_DEFAULT),
            trigger,
            nodes: read_nodes(fields),
        }
    }

    fn empty(pointer: &str) -> Self {
        Self {
            mode: Mode::Sync,
            timeout_ms: 0,
            answer_deadline_ms: limits::ANSWER_DEADLINE_MS_DEFAULT,
            trigger: Trigger::unreadable(below(pointer, "trigger")),
            nodes: Vec::new(),
        }
    }
}

impl Trigger {
    fn unreadable(pointer: String) -> Self {
        Self { pointer, kind: String::new(), config: Value::Object(Map::new()) }
    }
}

fn read_trigger(fields: &mut Fields<'_, '_>) -> Trigger {
    let pointer = fields.at("trigger");
    let Some(value) = fields.value("trigger") else {
        return Trigger::unreadable(pointer);
    };
    let Some(mut trigger) = Fields::of(value, &pointer, fields.problems) else {
        return Trigger::unreadable(pointer);
    };
    if trigger.value("kind").is_none() {
        mistakes::missing(trigger.problems, &pointer, "kind");
    }
    let kind = trigger.text("kind", usize::MAX).unwrap_or_default().to_owned();
    // The other fields are the trigger kind's business.
    let config = value.as_object().into_iter().flatten().filter(|(name, _)| *name != "kind");
    Trigger { pointer, kind, config: Value::Object(config.map(|(k, v)| (k.clone(), v.clone())).collect()) }
}

fn read_nodes(fields: &mut Fields<'_, '_>) -> Vec<Node> {
    let pointer = fields.at("nodes");
    let list = fields.list("nodes").unwrap_or_default();
    let mut reader = NodeReader {
        taken: HashSet::new(),
        seen: HashSet::new(),
        numbers: HashMap::new(),
        count: 0,
        problems: fields.problems,
    };
    reader.find_keys(list, 0);
    reader.list(list, &pointer, 0)
}

/// Reads the tree of nodes in reading order.
struct NodeReader<'v, 'p> {
    /// Every key an author wrote: generated keys keep away from them.
    taken: HashSet<&'v str>,
    /// Keys of the nodes read so far, generated ones too.
    seen: HashSet<NodeKey>,
    /// The last number given to a node of each kind.
    numbers: HashMap<String, u32>,
    count: usize,
    problems: &'p mut Problems,
}

impl<'v> NodeReader<'v, '_> {
    fn find_keys(&mut self, nodes: &'v [Value], depth: usize) {
        if depth > limits::BRANCH_DEPTH_MAX {
            return;
        }
        for node in nodes {
            self.taken.extend(node.get("key").and_then(Value::as_str));
            for branch in node.get("branches").and_then(Value::as_object).into_iter().flat_map(Map::values) {
                self.find_keys(branch.as_array().map_or(&[], Vec::as_slice), depth + 1);
            }
        }
    }

    fn list(&mut self, values: &'v [Value], pointer: &str, depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (index, value) in values.iter().enumerate() {
            self.count += 1;
            if self.count > limits::NODES_MAX {
                // Said once; what comes after is not read.
                if self.count == limits::NODES_MAX + 1 {
                    let message = format!("a flow can have {} nodes and no more", limits::NODES_MAX);
                    self.problems.add(below(pointer, index), codes::TOO_MANY_NODES, message);
                }
                break;
            }
            nodes.extend(self.node(value, below(pointer, index), depth));
        }
        nodes
    }

    fn node(&mut self, value: &'v Value, pointer: String, depth: usize) -> Option<Node> {
        let mut fields = Fields::of(value, &pointer, self.problems)?;
        fields.require("kind");
        let kind = fields.text("kind", usize::MAX).unwrap_or_default().to_owned();
        let key = fields.text("key", usize::MAX);
        let title = fields.text("title", limits::TITLE_MAX).map(str::to_owned);
        let note = fields.text("note", limits::NOTE_MAX).map(str::to_owned);
        let disabled = fields.boolean("disabled").unwrap_or(false);
        let config = Value::Object(fields.map("config").cloned().unwrap_or_default());
        let branches = fields.map("branches");
        fields.finish();
        let key = self.key(key, &kind, &pointer);
        let branches =
            branches.map_or_else(IndexMap::new, |map| self.branches(map, &below(&pointer, "branches"), depth));
        Some(Node { pointer, key, kind, title, note, disabled, config, branches })
    }

    fn branches(&mut self, map: &'v Map<String, Value>, pointer: &str, depth: usize) -> IndexMap<String, Vec<Node>> {
        if map.len() > limits::BRANCHES_MAX {
            mistakes::too_many(self.problems, pointer, "branches", limits::BRANCHES_MAX);
        }
        if depth == limits::BRANCH_DEPTH_MAX && !map.is_empty() {
            let message = format!("branches can be nested {} deep and no deeper", limits::BRANCH_DEPTH_MAX);
            self.problems.add(pointer, codes::TOO_DEEP, message);
            return IndexMap::new();
        }
        let mut branches = IndexMap::new();
        for (name, value) in map.iter().take(limits::BRANCHES_MAX) {
            let pointer = below(pointer, name);
            let nodes = match value {
                // `"false":` with nothing below it is an empty branch.
                Value::Null => Vec::new(),
                Value::Array(list) => self.list(list, &pointer, depth + 1),
                other => {
                    mistakes::wrong_type(self.problems, &pointer, "a list of nodes", other);
                    Vec::new()
                }
            };
            branches.insert(name.clone(), nodes);
        }
        branches
    }

    /// The key as written, or a new one of kind and number.
    fn key(&mut self, written: Option<&str>, kind: &str, pointer: &str) -> NodeKey {
        match written.map(str::parse::<NodeKey>) {
            Some(Ok(key)) if self.seen.insert(key.clone()) => return key,
            Some(Ok(key)) => {
                let message = format!("another node has the key `{key}` already: every node needs its own");
                self.problems.add(below(pointer, "key"), codes::NODE_DUPLICATE_KEY, message);
            }
            Some(Err(error)) => self.problems.add(below(pointer, "key"), codes::NODE_KEY, error.to_string()),
            None => {}
        }
        let key = self.generated_key(kind);
        self.seen.insert(key.clone());
        key
    }

    fn generated_key(&mut self, kind: &str) -> NodeKey {
        let number = self.numbers.entry(kind.to_owned()).or_insert(0);
        loop {
            *number += 1;
            let from_kind = format!("{kind}{number}").parse::<NodeKey>();
            let key =
                from_kind.unwrap_or_else(|_| format!("node{number}").parse().expect("`node` and a number is a key"));
            if !self.seen.contains(&key) && !self.taken.contains(key.as_str()) {
                return key;
            }
        }
    }
}
