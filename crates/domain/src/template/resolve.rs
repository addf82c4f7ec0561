//! What a plain path comes to.
//!
//! - Missing and null differ: `None` is missing, `Some(null)` is there.
//! - A key on a list maps over its elements: those without the key are skipped, an element's value
//!   that is itself a list is spliced in (one level). An empty list maps to an empty list; if no
//!   element of a list has the key, the path is missing.
//! - An index picks from a list, a mapped one too: `items.price[0]` is the first of all prices.
//! - What is read is borrowed from what has been parsed; what is read without that is made, and so are mapped lists
//!   and the texts that an event holds unboxed.

use std::borrow::Cow;

use serde_json::{Map, json};

use super::path::{Origin, Path, Step};
use super::scope::{Scope, System};
use super::unparsed;
use crate::event::TriggerValues;
use crate::value::Value;

impl Path {
    /// `None`: missing.
    pub fn resolve<'a>(&self, scope: &Scope<'a>) -> Option<Cow<'a, Value>> {
        let Scope { trigger, nodes, system } = *scope;
        let made = match &self.origin {
            Origin::Headers => match self.rest() {
                [Step::Key(name)] => return trigger.header(name),
                steps => return walk(trigger.headers(), steps),
            },
            Origin::Query => return walk(trigger.query(), self.rest()),
            Origin::Body => match (self.rest(), trigger.unparsed_body()) {
                (steps, Some(json)) if !json.is_empty() => return unparsed::read(json, steps).map(Cow::Owned),
                (steps, _) => return walk(trigger.body(), steps),
            },
            Origin::Node(key) => return walk(nodes.get(key)?, self.rest()),
            // All below are whole roots, whose members have origins of their own, or scalars.
            _ if !self.rest().is_empty() => return None,
            Origin::Trigger => whole_trigger(trigger),
            Origin::RawBody => trigger.raw_body(),
            Origin::Method => Value::from(trigger.event().method.as_str()),
            Origin::RemoteAddr => Value::from(trigger.event().remote_addr.to_string()),
            Origin::ReceivedAt => Value::from(trigger.event().received_at.to_string()),
            Origin::Nodes => {
                let mut results: Vec<_> = nodes.iter().collect();
                results.sort_by_key(|(key, _)| *key);
                results.into_iter().map(|(key, result)| (key.to_string(), result.clone())).collect::<Map<_, _>>().into()
            }
            Origin::System => whole_system(system),
            Origin::Now => Value::from(system.now.to_string()),
            Origin::ExecutionId => Value::from(system.execution_id.to_string()),
            Origin::WorkflowKey => Value::from(system.workflow_key),
            Origin::Revision => Value::from(system.revision),
            Origin::Secret(name) => Value::from(name.mark()),
        };
        Some(Cow::Owned(made))
    }
}

fn whole_trigger(trigger: &TriggerValues) -> Value {
    let event = trigger.event();
    json!({
        "headers": trigger.headers(),
        "query": trigger.query(),
        "body": trigger.body(),
        "raw_body": trigger.raw_body(),
        "method": event.method,
        "remote_addr": event.remote_addr,
        "received_at": event.received_at,
    })
}

fn whole_system(system: System<'_>) -> Value {
    json!({
        "now": system.now,
        "execution_id": system.execution_id,
        "workflow_key": system.workflow_key,
        "revision": system.revision,
    })
}

fn walk<'a>(start: &'a Value, steps: &[Step]) -> Option<Cow<'a, Value>> {
    let mut at = start;
    for (done, step) in steps.iter().enumerate() {
        at = match (at, step) {
            (Value::Array(list), Step::Key(_)) => return walk_list(list, &steps[done..]),
            (Value::Array(list), Step::Index(index)) => list.get(*index as usize)?,
            (Value::Object(members), Step::Key(key)) => members.get(&**key)?,
            (Value::Object(members), Step::Index(index)) => members.get(&index.to_string())?,
            _ => return None,
        };
    }
    Some(Cow::Borrowed(at))
}

pub(super) fn walk_list<'a>(list: &'a [Value], steps: &[Step]) -> Option<Cow<'a, Value>> {
    let mut many: Vec<&'a Value> = list.iter().collect();
    for (done, step) in steps.iter().enumerate() {
        match step {
            Step::Index(index) => return walk(many.get(*index as usize)?, &steps[done + 1..]),
            Step::Key(key) => {
                let mut picked = Vec::new();
                let mut found = many.is_empty();
                for value in many {
                    found |= pick(value, key, &mut picked);
                }
                if !found {
                    return None;
                }
                many = picked;
            }
        }
    }
    Some(Cow::Owned(many.into_iter().cloned().collect()))
}

/// Adds what `value` holds under `key`; whether it holds it.
fn pick<'a>(value: &'a Value, key: &str, picked: &mut Vec<&'a Value>) -> bool {
    match value {
        Value::Object(members) => match members.get(key) {
            Some(Value::Array(list)) => picked.extend(list),
            Some(one) => picked.push(one),
            None => return false,
        },
        Value::Array(list) => {
            return list.iter().fold(list.is_empty(), |found, element| pick(element, key, picked) || found);
        }
        _ => return false,
    }
    true
}
