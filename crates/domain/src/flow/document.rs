//! What an author writes, decoded: the flow, and the workflow document (a workflow file's content) around it.
//!
//! Not here: how it is read ([`super::decode`]) and written ([`super::encode`]), what kinds make of it (`nodes`).

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::id::EndpointKey;
use crate::value::Value;
use crate::workflow::{Retention, WhenOff};

/// Whether the caller waits for the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Sync,
    Async,
}

/// The name of a node in its flow: `[a-z][a-z0-9_]*`, at most 64 characters, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct NodeKey(std::sync::Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a node key is a lower-case letter, then letters, digits and `_`, 64 characters at most")]
pub struct NotANodeKey;

impl NodeKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeKey {
    type Err = NotANodeKey;
    fn from_str(text: &str) -> Result<Self, NotANodeKey> {
        let mut bytes = text.bytes();
        let legal = text.len() <= 64
            && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if legal { Ok(Self(text.into())) } else { Err(NotANodeKey) }
    }
}

impl TryFrom<String> for NodeKey {
    type Error = NotANodeKey;
    fn try_from(text: String) -> Result<Self, NotANodeKey> {
        text.parse()
    }
}

impl From<NodeKey> for String {
    fn from(key: NodeKey) -> Self {
        key.0.as_ref().to_owned()
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A workflow file's content: what is asked of the workflow, and its flow.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowDocument {
    /// `None`: a new workflow.
    pub key: Option<EndpointKey>,
    pub level: WorkflowLevel,
    pub flow: Flow,
}

/// What an author asks of the workflow itself: it changes at once, without a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowLevel {
    pub title: String,
    pub description: String,
    pub tags: Vec<String>,
    /// `None`: unchanged, and off for a new workflow.
    pub enabled: Option<bool>,
    pub when_off: WhenOff,
    pub retention: Retention,
    /// `None`: callers need no credentials.
    pub credentials: Option<BasicDeclaration>,
}

/// The credentials an author asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicDeclaration {
    pub username: String,
    /// `None`: the stored password stays.
    pub password: Option<Password>,
}

/// A password on its way to be sealed. Never printed, never written into a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A decoded flow: well-formed, its kinds and configs not yet compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    pub mode: Mode,
    /// The whole execution's time, 0 for none.
    pub timeout_ms: u64,
    /// How long a caller of a sync workflow waits before it gets a 202.
    pub answer_deadline_ms: u64,
    pub trigger: Trigger,
    pub nodes: Vec<Node>,
}

/// How executions start.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Where it stands in the document, for problems.
    pub pointer: String,
    /// `""` when it could not be read.
    pub kind: String,
    /// An object: everything beside `kind`; read by the trigger kind.
    pub config: Value,
}

/// One step in the flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands in the document, for problems: `/nodes/0/branches/true/1`.
    pub pointer: String,
    pub key: NodeKey,
    /// `""` when it could not be read.
    pub kind: String,
    pub title: Option<String>,
    pub note: Option<String>,
    pub disabled: bool,
    /// An object.
    pub config: Value,
    pub branches: IndexMap<String, Vec<Node>>,
}
