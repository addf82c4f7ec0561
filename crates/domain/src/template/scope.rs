//! What a template can see: the roots `trigger`, `nodes` and `system`.

use std::collections::HashMap;

use crate::event::TriggerValues;
use crate::flow::document::NodeKey;
use crate::id::ExecutionId;
use crate::time::Timestamp;
use crate::value::Value;

/// The latest result of each node that has one.
pub type Results = HashMap<NodeKey, Value>;

#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub trigger: &'a TriggerValues,
    pub nodes: &'a Results,
    pub system: System<'a>,
}

/// The `system` root.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// The time of the step being taken.
    pub now: Timestamp,
    pub execution_id: ExecutionId,
    pub workflow_key: &'a str,
    /// `None`: a copy of the draft, which a test runs.
    pub revision: Option<u32>,
}
