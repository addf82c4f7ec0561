//! Where in a rendered input a secret goes.

use serde::{Deserialize, Serialize};

use super::{SecretName, SecretValue};
use crate::value::Value;

/// One place where a secret's mark stands for its value. Noted while the template is rendered and kept in the
/// journal beside the input, so that no data can ask for a secret, whatever it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// JSON pointer of the text in the input, `/headers/0/value`.
    pub at: String,
    /// Where in that text the mark begins, in bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: usize,
    pub name: SecretName,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(offset: &usize) -> bool {
    *offset == 0
}

/// The input is not the one that the slots were noted for: the journal was damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no mark of the secret `{name}` stands at {at} of what was recorded")]
pub struct NotAtSlot {
    pub at: String,
    pub name: SecretName,
}

/// Puts values in place of marks. `slots` are in the order in which they were noted: rising in each text.
/// A secret for which `value` gives nothing keeps its mark.
pub fn fill<'v>(
    input: &mut Value,
    slots: &[Slot],
    value: impl Fn(&SecretName) -> Option<&'v SecretValue>,
) -> Result<(), NotAtSlot> {
    // From the end, so that the places before it stay where they are.
    for slot in slots.iter().rev() {
        let mark = slot.name.mark();
        let text = match input.pointer_mut(&slot.at) {
            Some(Value::String(text)) if text.get(slot.offset..).is_some_and(|rest| rest.starts_with(&mark)) => text,
            _ => return Err(NotAtSlot { at: slot.at.clone(), name: slot.name.clone() }),
        };
        if let Some(value) = value(&slot.name) {
            text.replace_range(slot.offset..slot.offset + mark.len(), value.reveal());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slot(at: &str, offset: usize, name: &str) -> Slot {
        Slot { at: at.to_owned(), offset, name: name.parse().unwrap() }
    }

    fn filled(mut input: Value, slots: &[Slot]) -> Result<Value, NotAtSlot> {
        let value = SecretValue::new("value-of-a".to_owned()).unwrap();
        fill(&mut input, slots, |name| (name.as_str() == "a").then_some(&value)).map(|()| input)
    }

    #[test]
    fn only_what_was_noted_is_filled() {
        let input = json!({"x/y": ["‹secret:a›‹secret:a›‹secret:a›", "‹secret:a›"], "b": "‹secret:b›"});
        let width = "‹secret:a›".len();
        let slots = [slot("/x~1y/0", 0, "a"), slot("/x~1y/0", 2 * width, "a"), slot("/b", 0, "b")];
        assert_eq!(
            filled(input, &slots).unwrap(),
            json!({"x/y": ["value-of-a‹secret:a›value-of-a", "‹secret:a›"], "b": "‹secret:b›"})
        );
    }

    #[test]
    fn a_slot_without_its_mark_is_an_error() {
        for (input, at) in [
            (json!({"a": "‹secret:b›"}), slot("/a", 0, "a")),
            (json!({"a": "‹secret:a›"}), slot("/a", 1, "a")),
            (json!({"a": "‹secret:a›"}), slot("/a", 99, "a")),
            (json!({"a": 1}), slot("/a", 0, "a")),
            (json!({}), slot("/a", 0, "a")),
        ] {
            assert!(filled(input.clone(), &[at]).is_err(), "{input}");
        }
    }
}
