//! The value that variables, results and answers are made of.
//!
//! `serde_json::Value` with key order kept and integers exact over i64 and u64. It stands behind
//! this one name so that a cheaper shared value can take its place if a measurement asks for it.

pub use serde_json::Value;

/// The `type` word of parse results and path declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Text,
    Number,
    Boolean,
    List,
    Object,
    Null,
}

impl Type {
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}
