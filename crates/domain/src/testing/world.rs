//! Something for templates and conditions to read.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use crate::event::{Event, TriggerValues};
use crate::id::{EventId, ExecutionId};
use crate::template::scope::{Results, Scope, System};
use crate::time::Timestamp;
use crate::value::Value;

/// What a scope borrows from.
#[derive(Debug)]
pub struct World {
    pub trigger: TriggerValues,
    pub nodes: Results,
}

impl World {
    /// A request of 2026-11-22 with this body and two headers, and the results of the nodes `call` and `also`.
    pub fn with_body(body: Value) -> Self {
        let at = Timestamp::from_rfc3339("2026-11-22T10:00:00Z").expect("written as it has to be");
        let event = Event {
            id: EventId::new(at, 1),
            method: "POST".to_owned(),
            headers: Vec::new(),
            query_string: String::new(),
            body: Bytes::from(body.to_string()),
            remote_addr: [203, 0, 113, 7].into(),
            received_at: at,
        };
        let headers = json!({"x-request-id": "r1", "date": "today"});
        let trigger = TriggerValues::with_values(Arc::new(event), headers, json!({"q": ["a", "b"]}), body);
        let nodes = [("call", json!({"body": {"odd key": 7}})), ("also", json!(null))];
        Self {
            trigger,
            nodes: nodes
                .into_iter()
                .map(|(key, value)| (key.parse().expect("written as it has to be"), value))
                .collect(),
        }
    }

    /// One second after the request came.
    pub fn scope(&self) -> Scope<'_> {
        let now = Timestamp::from_rfc3339("2026-11-22T10:00:01Z").expect("written as it has to be");
        let system =
            System { now, execution_id: ExecutionId::new(now, 2), workflow_key: "1hfmkioou0d", revision: Some(4) };
        Scope { trigger: &self.trigger, nodes: &self.nodes, system }
    }
}
