//! One file a command: its flags, its help, what it does.

pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod config_check;
pub(crate) mod execution;
pub(crate) mod executions;
pub(crate) mod list;
pub(crate) mod rotate;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod show;

use serde_json::Value;

/// A field of an answer as text: `""` when it is absent or null.
pub(crate) fn text(document: &Value, field: &str) -> String {
    match &document[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
