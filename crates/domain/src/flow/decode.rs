//! From JSON values to documents, with every mistake at once.
//!
//! What is wrong is reported and then left out or taken as its default, so that the rest can still
//! be checked: a decoded document is worth something only if no problem was added.
//!
//! The tree of nodes is read in [`nodes`]. Not here: kinds, configs and templates (`nodes`), text and lines ([`super::file`]).

mod nodes;

use serde_json::Map;

use crate::flow::document::{BasicDeclaration, Flow, Mode, Password, Trigger, WorkflowDocument, WorkflowLevel};
use crate::flow::fields::Fields;
use crate::flow::suggest::quoted;
use crate::flow::{codes, limits, mistakes};
use crate::problem::{Problems, below};
use crate::value::Value;
use crate::workflow::{Retention, Settings, WhenOff};

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
            level: WorkflowLevel::read(&mut fields),
            flow: Flow::read(&mut fields),
        };
        fields.finish();
        document
    }

    /// What stands in for a document that could not be read at all.
    fn empty() -> Self {
        Self { key: None, level: WorkflowLevel::empty(), flow: Flow::empty("") }
    }
}

/// What a workflow file holds beside the workflow level, and where it goes when there is no file.
const ELSEWHERE: [(&str, &str); 7] = [
    ("hookflow", "stands in workflow files only"),
    ("key", "is made by the server: rotate it to get a new one"),
    ("mode", DRAFT),
    ("timeout_ms", DRAFT),
    ("answer_deadline_ms", DRAFT),
    ("trigger", DRAFT),
    ("nodes", DRAFT),
];
const DRAFT: &str = "belongs to the flow: save it in the draft";

impl WorkflowLevel {
    /// Reads the workflow level alone. Problems: as in a workflow file, and `document.wrong_place`.
    pub fn decode(value: &Value, problems: &mut Problems) -> Self {
        let mut value = value.clone();
        for (name, place) in ELSEWHERE {
            if value.as_object_mut().is_some_and(|object| object.shift_remove(name).is_some()) {
                problems.add(below("", name), codes::WRONG_PLACE, format!("`{name}` {place}"));
            }
        }
        let Some(mut fields) = Fields::of(&value, "", problems) else {
            return Self::empty();
        };
        let level = Self::read(&mut fields);
        fields.finish();
        level
    }

    /// The settings of a workflow as an author would ask for them. The password is not known.
    pub fn of(settings: &Settings) -> Self {
        let basic = settings.credentials.as_ref();
        Self {
            title: settings.title.clone(),
            description: settings.description.clone(),
            tags: settings.tags.clone(),
            enabled: Some(settings.enabled),
            when_off: settings.when_off,
            retention: settings.retention,
            credentials: basic.map(|basic| BasicDeclaration { username: basic.username.clone(), password: None }),
        }
    }

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            title: read_title(fields),
            description: fields.text("description", limits::DESCRIPTION_MAX).unwrap_or_default().to_owned(),
            tags: read_tags(fields),
            enabled: fields.boolean("enabled"),
            when_off: fields.word("when_off", &WHEN_OFF).unwrap_or_default(),
            retention: read_retention(fields),
            credentials: read_credentials(fields),
        }
    }

    fn empty() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            tags: Vec::new(),
            enabled: None,
            when_off: WhenOff::default(),
            retention: Retention::default(),
            credentials: None,
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
            nodes: nodes::read(fields),
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
