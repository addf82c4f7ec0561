//! Parse from a sample: every path of a URL's query or of a JSON body, and what a new list changes.
//!
//! Invariants
//! - Samples and live requests are parsed by the same code (`query::parse`, `body::parse`).
//! - Parents stand before children, in the sample's order; the root itself has no path.
//! - The list is bounded: a long key with many values below it would be copied once for each.
//!
//! Not here: reading a path out of a value (`crate::template::path`).

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::event::body::{self, BodyError};
use crate::event::query;
use crate::value::{Type, Value};

/// The paths of one JSON sample, all together, may be about this long.
pub const PATH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Values in a JSON sample: more rows are nothing to choose from.
pub const VALUES_MAX: usize = 50_000;

/// One path of a sample.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SamplePath {
    pub path: String,
    #[serde(rename = "type")]
    pub kind: Type,
    /// The sample's value where it is text, a number or a boolean; null for lists and objects, whose
    /// parts have rows of their own.
    pub example: Value,
}

/// Why a sample gives no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the paths of this sample are longer than {max} bytes together")]
    TooLarge { max: usize },
    #[error("this sample holds more than {max} values")]
    TooMany { max: usize },
}

/// From a URL or its query part: what stands after the first `?` up to `#` if the text starts with a
/// scheme, `/` or `?`, else all of it. Blanks around are cut off.
pub fn query_paths(sample: &str) -> Vec<SamplePath> {
    paths(&query::parse(query_part(sample.trim())))
}

/// From a JSON sample, as deep as a request's body may nest by default.
pub fn body_paths(sample: &str) -> Result<Vec<SamplePath>, SampleError> {
    if body::check(sample.as_bytes(), body::DEPTH_MAX)?.nodes > VALUES_MAX {
        return Err(SampleError::TooMany { max: VALUES_MAX });
    }
    let value = body::parse(sample.as_bytes())?;
    if path_bytes(&value, 0) > PATH_BYTES_MAX {
        return Err(SampleError::TooLarge { max: PATH_BYTES_MAX });
    }
    Ok(paths(&value))
}

/// A declared path and the author's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub path: String,
    pub alias: Option<String>,
}

/// A path of the new list, with the alias that it had.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub found: SamplePath,
    pub alias: Option<String>,
}

/// What parsing again changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedAgain {
    /// The new list.
    pub rows: Vec<Row>,
    /// Paths that were not declared, in the new list's order.
    pub new: Vec<String>,
    /// Declared rows whose path is no longer there, in their old order.
    pub gone: Vec<Declared>,
}

/// Compares a new list with the declared rows. Of two rows with one path the first gives the alias.
pub fn parse_again(declared: &[Declared], found: Vec<SamplePath>) -> ParsedAgain {
    let before: HashMap<&str, &Declared> = declared.iter().rev().map(|row| (row.path.as_str(), row)).collect();
    let now: HashSet<&str> = found.iter().map(|row| row.path.as_str()).collect();

    let gone = declared.iter().filter(|row| !now.contains(row.path.as_str())).cloned().collect();
    let new = found.iter().filter(|row| !before.contains_key(row.path.as_str()));
    let new = new.map(|row| row.path.clone()).collect();
    let alias = |row: &SamplePath| before.get(row.path.as_str()).and_then(|declared| declared.alias.clone());
    let rows = found.into_iter().map(|row| Row { alias: alias(&row), found: row }).collect();
    ParsedAgain { rows, new, gone }
}

/// Adds a key to a path: dotted if it is made of ASCII letters, digits, `_`, `$` and `-`, else
/// quoted in brackets as a JSON string, `a["b.c"]`.
pub fn push_key(path: &mut String, key: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    if key.is_empty() || !key.bytes().all(is_plain) {
        // As JSON, text prints quoted and escaped. Writing to a string cannot fail.
        let _ = write!(path, "[{}]", Value::from(key));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// Adds a place in a list to a path: `a[0]`.
pub fn push_index(path: &mut String, index: usize) {
    // Writing to a string cannot fail.
    let _ = write!(path, "[{index}]");
}

fn query_part(sample: &str) -> &str {
    if !(sample.starts_with(['/', '?']) || starts_with_scheme(sample)) {
        return sample;
    }
    let behind = sample.split_once('?').map_or("", |(_, behind)| behind);
    behind.split_once('#').map_or(behind, |(query, _)| query).trim()
}

/// `https://`; RFC 3986, section 3.1.
fn starts_with_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    })
}

fn paths(root: &Value) -> Vec<SamplePath> {
    let mut rows = Vec::new();
    push_children(root, &mut String::new(), &mut rows);
    rows
}

/// `path` is the parent's; it leaves as it came.
fn push_children(parent: &Value, path: &mut String, rows: &mut Vec<SamplePath>) {
    let parent_len = path.len();
    let mut push_row = |value: &Value, path: &mut String| {
        rows.push(SamplePath { path: path.clone(), kind: Type::of(value), example: example(value) });
        push_children(value, path, rows);
        path.truncate(parent_len);
    };
    match parent {
        Value::Object(entries) => {
            for (key, value) in entries {
                push_key(path, key);
                push_row(value, path);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                push_index(path, index);
                push_row(value, path);
            }
        }
        _ => {}
    }
}

fn example(value: &Value) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) => Value::Null,
        scalar => scalar.clone(),
    }
}

/// About how long all paths below `value` are, without making them.
fn path_bytes(value: &Value, parent_len: usize) -> usize {
    const BRACKETS_AND_INDEX: usize = 4;
    let row = |segment_len: usize, value: &Value| {
        let len = parent_len + segment_len;
        len.saturating_add(path_bytes(value, len))
    };
    match value {
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| row(key.len() + 1, value)).fold(0, usize::saturating_add)
        }
        Value::Array(items) => items.iter().map(|value| row(BRACKETS_AND_INDEX, value)).fold(0, usize::saturating_add),
        _ => 0,
    }
}
