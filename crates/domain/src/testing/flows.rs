//! Documents and flows for tests, as short as they can be written.

use serde_json::json;

use crate::flow::document::{Flow, Mode};
use crate::problem::Problems;
use crate::value::Value;

/// A workflow document: a webhook trigger and these nodes.
pub fn document(mode: Mode, nodes: Value) -> Value {
    json!({"hookflow": 1, "title": "Test", "mode": mode, "trigger": {"kind": "webhook"}, "nodes": nodes})
}

/// A flow: a webhook trigger and these nodes. They must have no problems.
pub fn flow(mode: Mode, nodes: Value) -> Flow {
    let mut problems = Problems::new();
    let flow = Flow::decode(&json!({"mode": mode, "trigger": {"kind": "webhook"}, "nodes": nodes}), "", &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.into_vec());
    flow
}

pub fn node(key: &str, kind: &str, config: Value) -> Value {
    json!({"key": key, "kind": kind, "config": config})
}

/// A condition in branch mode.
pub fn condition(key: &str, rule: Value, yes: Value, no: Value) -> Value {
    let mut node = node(key, "condition", json!({"mode": "branch", "rule": rule}));
    node["branches"] = json!({"true": yes, "false": no});
    node
}

pub fn response(key: &str, status: u16, body: Value) -> Value {
    node(key, "response", json!({"status": status, "body": body}))
}

/// `{left: left, operator: equal, right: right}`.
pub fn equal(left: impl Into<Value>, right: impl Into<Value>) -> Value {
    json!({"left": left.into(), "operator": "equal", "right": right.into()})
}

/// `node` with `disabled: true`.
pub fn disabled(mut node: Value) -> Value {
    node["disabled"] = json!(true);
    node
}
