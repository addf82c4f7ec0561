//! Reads the fields of one object of a document; whatever is wrong becomes a problem and reads as absent.
//!
//! `null` counts as absent. Fields nobody asked for are problems, so every reader ends with [`Fields::finish`].

use std::ops::RangeInclusive;

use serde_json::Map;

use crate::flow::mistakes;
use crate::problem::{Problems, below};
use crate::value::Value;

pub(super) struct Fields<'v, 'p> {
    object: &'v Map<String, Value>,
    pointer: String,
    /// The names asked for so far: what else is there is unknown.
    asked: Vec<&'static str>,
    /// Those that must be there and are not.
    absent: Vec<&'static str>,
    pub(super) problems: &'p mut Problems,
}

impl<'v, 'p> Fields<'v, 'p> {
    pub(super) fn of(value: &'v Value, pointer: &str, problems: &'p mut Problems) -> Option<Self> {
        match value {
            Value::Object(object) => {
                Some(Self { object, pointer: pointer.to_owned(), asked: Vec::new(), absent: Vec::new(), problems })
            }
            other => {
                mistakes::wrong_type(problems, pointer, "an object", other);
                None
            }
        }
    }

    /// Where the field `name` stands.
    pub(super) fn at(&self, name: &str) -> String {
        below(&self.pointer, name)
    }

    /// The field as it is, of whatever type.
    pub(super) fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// The field must be there, [`Fields::finish`] says if it is not; read it afterwards.
    pub(super) fn require(&mut self, name: &'static str) {
        if self.value(name).is_none() {
            self.absent.push(name);
        }
    }

    /// At most `max` characters.
    pub(super) fn text(&mut self, name: &'static str, max: usize) -> Option<&'v str> {
        let value = self.value(name)?;
        mistakes::text(self.problems, &below(&self.pointer, name), value, max)
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        if !value.is_boolean() {
            mistakes::wrong_type(self.problems, &below(&self.pointer, name), "true or false", value);
        }
        value.as_bool()
    }

    pub(super) fn integer(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(name)?;
        let pointer = self.at(name);
        if !value.is_i64() && !value.is_u64() {
            mistakes::wrong_type(self.problems, &pointer, "a whole number", value);
            return None;
        }
        let inside = value.as_u64().filter(|number| range.contains(number));
        if inside.is_none() {
            mistakes::out_of_range(self.problems, &pointer, *range.start(), *range.end(), value);
        }
        inside
    }

    /// One of a few words, each with what it stands for.
    pub(super) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let word = self.text(name, usize::MAX)?;
        let known = words.iter().find(|(known, _)| *known == word);
        if known.is_none() {
            let all: Vec<_> = words.iter().map(|(known, _)| *known).collect();
            mistakes::unknown_word(self.problems, &below(&self.pointer, name), word, &all);
        }
        known.map(|(_, meaning)| *meaning)
    }

    pub(super) fn list(&mut self, name: &'static str) -> Option<&'v [Value]> {
        let value = self.value(name)?;
        if !value.is_array() {
            mistakes::wrong_type(self.problems, &below(&self.pointer, name), "a list", value);
        }
        value.as_array().map(Vec::as_slice)
    }

    /// The field as an object that is not read further here.
    pub(super) fn map(&mut self, name: &'static str) -> Option<&'v Map<String, Value>> {
        let value = self.value(name)?;
        if !value.is_object() {
            mistakes::wrong_type(self.problems, &below(&self.pointer, name), "an object", value);
        }
        value.as_object()
    }

    /// The field, an object, with its own fields.
    pub(super) fn object(&mut self, name: &'static str) -> Option<Fields<'v, '_>> {
        let value = self.value(name)?;
        let pointer = self.at(name);
        Fields::of(value, &pointer, self.problems)
    }

    /// Every field that nobody asked for is a problem, and every one that should be there and is not.
    pub(super) fn finish(self) {
        let unknown = self.object.keys().map(String::as_str).filter(|name| !self.asked.contains(name));
        let unknown: Vec<_> = unknown.collect();
        mistakes::wrong_fields(self.problems, &self.pointer, &unknown, &self.absent, &self.asked);
    }
}
