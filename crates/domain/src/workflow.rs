//! The named thing an author edits; owns one endpoint.

use serde::{Deserialize, Serialize};

use crate::credentials::BasicCredentials;
use crate::id::{EndpointKey, RevisionId, WorkflowId};
use crate::time::Timestamp;
use crate::value::Value;

/// What the endpoint of a workflow that is off answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenOff {
    /// 404, the same bytes as for an unknown key.
    #[default]
    NotFound,
    /// 503 with Retry-After.
    RetryLater,
}

/// How long executions are kept; what is absent is the server's setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executions_max: Option<u32>,
}

/// The workflow-level part: changes at once, without a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    pub title: String,
    pub description: String,
    pub tags: Vec<String>,
    pub enabled: bool,
    pub when_off: WhenOff,
    pub retention: Retention,
    pub credentials: Option<BasicCredentials>,
}

/// A workflow as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    pub id: WorkflowId,
    pub key: EndpointKey,
    pub settings: Settings,
    /// The flow document as last saved; it may have problems. `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`.
    pub draft: Value,
    /// Counts saves of the draft, from 1.
    pub edit: u32,
    /// The number of the live revision.
    pub live: Option<u32>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// An immutable numbered copy of a draft that had no problems.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub id: RevisionId,
    pub workflow: WorkflowId,
    /// From 1, without gaps.
    pub number: u32,
    pub flow: Value,
    pub note: String,
    pub published_at: Timestamp,
}
