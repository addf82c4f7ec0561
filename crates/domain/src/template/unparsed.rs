//! What a plain path comes to in a body that has not been parsed: all it does not lead to is passed over.
//!
//! Exactly what `resolve` finds in the parsed tree: the last of duplicate keys wins, keys are compared without
//! their escapes. What a key maps over is a list, and that one is parsed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::path::Step;
use super::resolve::walk_list;
use crate::event::body;
use crate::value::Value;

/// `None`: missing. `json` has passed the check of bodies.
pub(super) fn read(json: &[u8], steps: &[Step]) -> Option<Value> {
    body::read_with(json, Walk { steps })?
}

/// Reads the value that `steps` lead to from the one it is asked to read.
struct Walk<'s> {
    steps: &'s [Step],
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        if self.steps.is_empty() {
            return body::Kept.deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    // There is nothing inside a scalar.
    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let [Step::Index(index), rest @ ..] = self.steps else {
            let mut list = Vec::new();
            while let Some(value) = items.next_element_seed(body::Kept)? {
                list.push(value);
            }
            return Ok(walk_list(&list, self.steps).map(Cow::into_owned));
        };
        for _ in 0..*index {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = items.next_element_seed(Walk { steps: rest })?.flatten();
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<Value>, A::Error> {
        let [step, rest @ ..] = self.steps else { return Ok(None) };
        let key = step.text();
        let mut found = None;
        while let Some(is_it) = entries.next_key_seed(Is(&key))? {
            if is_it {
                found = entries.next_value_seed(Walk { steps: rest })?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a key is this one.
struct Is<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}
