//! The append-only record of an execution's node runs.
//!
//! A record is a snapshot of one node run. A later record of the same node, visit and attempt takes
//! the place of an earlier one: `running` → `succeeded`, `waiting` → `cancelled`. The machine is
//! rebuilt from these alone, so what stands here as finished is never run again.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::status::NodeStatus;
use crate::flow::document::NodeKey;
use crate::secret::Slot;
use crate::template::Missing;
use crate::time::Timestamp;
use crate::value::Value;

/// One visit of one node, as far as it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRun {
    pub node: NodeKey,
    pub kind: Arc<str>,
    /// The path of loop indexes, `""` outside loops, `2/0` in the first round of a loop in the third round of another.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub visit: String,
    /// From 1. A run that was in flight at a crash is tried again with the next number and the same idempotency key.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub attempt: u32,
    pub status: NodeStatus,
    /// What the templates of an effect or a wait came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Arc<Value>>,
    /// Where in `input` secrets were put in when it was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<Slot>,
    /// What later nodes read as `nodes.<key>`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<NodeError>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When a `waiting` run goes on, or an attempt that failed is followed by the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
}

/// A result of null is one, too: otherwise it would be missing after a rebuild.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_first(attempt: &u32) -> bool {
    *attempt == 1
}

impl NodeRun {
    /// Whether the execution got on by it: an attempt that a crash cut off has come to an end, but to none of its own.
    pub fn gets_on(&self) -> bool {
        self.finished_at.is_some() && self.error.as_ref().is_none_or(|error| error.code != INTERRUPTED)
    }
}

/// Code of an attempt whose outcome was lost with the process.
pub const INTERRUPTED: &str = "node.interrupted";

/// Why a node run ended as `error` (or `failed`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Stable: `template.failed`, `condition.type`, …
    pub code: String,
    /// For the author: which template of which node, and why.
    pub message: String,
}

impl NodeError {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// Why an effect did not come to a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub error: NodeError,
    /// Another try may end otherwise.
    pub may_pass: bool,
    /// How long the far side asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What there is to see all the same. Where the failure is ignored, this is the node's result, with `error` in it.
    pub result: serde_json::Map<String, Value>,
}

impl Failure {
    /// One that will be the same on every try.
    pub fn lasting(error: NodeError) -> Self {
        Self { error, may_pass: false, retry_after: None, result: serde_json::Map::new() }
    }

    pub fn passing(error: NodeError) -> Self {
        Self { may_pass: true, ..Self::lasting(error) }
    }
}

/// The journal as a reader wants it: one entry a node run, the latest record of each, in the order they began.
pub fn latest(records: impl IntoIterator<Item = NodeRun>) -> Vec<NodeRun> {
    let mut runs: indexmap::IndexMap<(NodeKey, String, u32), NodeRun> = indexmap::IndexMap::new();
    for record in records {
        runs.insert((record.node.clone(), record.visit.clone(), record.attempt), record);
    }
    runs.into_values().collect()
}
