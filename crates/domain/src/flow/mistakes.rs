//! The mistakes that any part of a document can have, each with its code and its sentence.
//!
//! Shared by the reader of the document and the checker of configs, so that the same mistake reads
//! the same everywhere.

use crate::flow::codes;
use crate::flow::suggest::{did_you_mean, nearest, quoted};
use crate::problem::{Problems, below};
use crate::value::{Type, Value};

/// `wanted` with its article: `a list`.
pub fn wrong_type(problems: &mut Problems, pointer: &str, wanted: &str, found: &Value) {
    let (found, hint) = match Type::of(found) {
        Type::Text => ("text", ""),
        Type::Number => ("a number", ": put it in quotes"),
        Type::Boolean => ("a boolean", ": put it in quotes"),
        Type::List => ("a list", ""),
        Type::Object => ("an object", ""),
        Type::Null => ("null", ""),
    };
    let hint = if wanted == "text" { hint } else { "" };
    problems.add(pointer, codes::WRONG_TYPE, format!("this must be {wanted}, not {found}{hint}"));
}

/// `parent` points to the object that should hold `name`.
pub fn missing(problems: &mut Problems, parent: &str, name: &str) {
    problems.add(below(parent, name), codes::MISSING, format!("`{name}` is missing here"));
}

/// The fields of the object at `parent`: those it has and may not have, and those it should have and has not.
/// A missing field that is only mistyped is told once.
pub fn wrong_fields(problems: &mut Problems, parent: &str, unknown: &[&str], absent: &[&str], known: &[&str]) {
    for name in unknown {
        let message = format!("there is no field {} here{}", quoted(name), did_you_mean(name, known.iter().copied()));
        problems.add(below(parent, name), codes::UNKNOWN_FIELD, message);
    }
    let mistyped: Vec<_> = unknown.iter().filter_map(|name| nearest(name, known.iter().copied())).collect();
    for name in absent.iter().filter(|name| !mistyped.contains(name)) {
        missing(problems, parent, name);
    }
}

pub fn unknown_word(problems: &mut Problems, pointer: &str, word: &str, known: &[&str]) {
    let all = known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>();
    let all = if all.len() < 3 { all.join(" or ") } else { format!("one of {}", all.join(", ")) };
    let hint = did_you_mean(word, known.iter().copied());
    problems.add(pointer, codes::UNKNOWN_WORD, format!("this must be {all}, not {}{hint}", quoted(word)));
}

pub fn out_of_range(problems: &mut Problems, pointer: &str, least: u64, most: u64, found: &Value) {
    problems.add(pointer, codes::OUT_OF_RANGE, format!("this must be from {least} to {most}, not {found}"));
}

/// `what` in the plural: `tags`.
pub fn too_many(problems: &mut Problems, pointer: &str, what: &str, max: usize) {
    problems.add(pointer, codes::TOO_MANY, format!("there are more than {max} {what}"));
}

/// The text of `value`, if it is text of at most `max` characters.
pub fn text<'v>(problems: &mut Problems, pointer: &str, value: &'v Value, max: usize) -> Option<&'v str> {
    let Some(text) = value.as_str() else {
        wrong_type(problems, pointer, "text", value);
        return None;
    };
    // Bytes first: counting characters is only worth it for text that may be too long.
    if text.len() > max && text.chars().count() > max {
        problems.add(pointer, codes::TOO_LONG, format!("the text is longer than {max} characters"));
        return None;
    }
    Some(text)
}
