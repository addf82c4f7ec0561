//! The value that variables, results and answers are made of.
//!
//! `serde_json::Value` with key order kept and integers exact over i64 and u64. It stands behind
//! this one name so that a cheaper shared value can take its place if a measurement asks for it.

pub use serde_json::Value;

/// Lists and objects inside each other in a value that is recorded. Readers of JSON stop at 127, and a record
/// and an answer of the API put a few around it: what is deeper could be written and never read again.
pub const DEPTH_MAX: usize = 120;

/// What a value takes of the memory where it stands; an object beside that; each of its entries beside its value, with
/// what an allocator adds to a short text. As measured, give or take a fifth.
pub(crate) const VALUE_BYTES: usize = size_of::<Value>();
pub(crate) const OBJECT_BYTES: usize = 64;
pub(crate) const ENTRY_BYTES: usize = 48;

/// About how many bytes of memory it takes.
pub fn memory(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(memory).sum(),
            Value::Object(members) => {
                let entries = members.iter().map(|(key, member)| ENTRY_BYTES + key.len() + memory(member));
                OBJECT_BYTES + entries.sum::<usize>()
            }
            _ => 0,
        }
}

/// Whether more than [`DEPTH_MAX`] lists and objects stand inside each other.
pub fn is_too_deep(value: &Value) -> bool {
    fn exceeds(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|item| exceeds(item, left - 1)),
            Value::Object(members) => left == 0 || members.values().any(|member| exceeds(member, left - 1)),
            _ => false,
        }
    }
    exceeds(value, DEPTH_MAX)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depth_counts_lists_and_objects() {
        let nested = |depth: usize| {
            (0..depth).fold(json!(1), |inner, at| if at % 2 == 0 { json!([inner]) } else { json!({"a": inner}) })
        };
        assert!(!is_too_deep(&nested(DEPTH_MAX)));
        assert!(is_too_deep(&nested(DEPTH_MAX + 1)));
        let (mut wide, deep) = (vec![json!(1); 10], nested(DEPTH_MAX));
        wide.push(deep);
        assert!(is_too_deep(&Value::Array(wide)), "the deepest member counts");
    }
}
