//! What each operator says of two values.
//!
//! - One equality everywhere, inside lists and objects too: a number equals text that is the same number
//!   in JSON's grammar, null equals null (and missing), text is case-sensitive, objects ignore key order.
//! - Order knows two numbers (or one and numeric text), two RFC 3339 times, two texts by code point.
//!   Of anything else it says false.
//! - Null and missing contain nothing, start with nothing, match nothing.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};

use super::number::Exact;
use super::operator::Operator;
use crate::time::Timestamp;
use crate::value::Value;

/// Bytes that a compiled pattern may take, and the cache of a search with it.
const PATTERN_SIZE_MAX: usize = 1 << 20;
/// How deep the groups of a pattern may nest.
const PATTERN_DEPTH_MAX: u32 = 64;

/// Why two values could not be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The operator does not take values of these types.
    Type,
    /// The pattern is not a regular expression, or too large; why.
    Pattern(String),
}

/// The pattern of `matches`, or why it is none. Matching takes time linear in the text, whatever the pattern.
pub(super) fn pattern(source: &str) -> Result<Regex, String> {
    RegexBuilder::new(source)
        .size_limit(PATTERN_SIZE_MAX)
        .dfa_size_limit(PATTERN_SIZE_MAX)
        .nest_limit(PATTERN_DEPTH_MAX)
        .build()
        .map_err(|error| error.to_string())
}

/// Whether `left operator right` is true; `None` is missing. `compiled` is the pattern of `matches` if it
/// was known before.
pub(super) fn compare(
    left: Option<&Value>,
    operator: Operator,
    right: Option<&Value>,
    compiled: Option<&Regex>,
) -> Result<bool, Fault> {
    let present = left.is_some();
    let (left, right) = (left.unwrap_or(&Value::Null), right.unwrap_or(&Value::Null));
    Ok(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Operator::Less => order(left, right).is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Operator::Contains => contains(left, right)?,
        Operator::NotContains => !contains(left, right)?,
        Operator::StartsWith => texts(left, right)?.is_some_and(|(text, part)| text.starts_with(part)),
        Operator::NotStartsWith => !texts(left, right)?.is_some_and(|(text, part)| text.starts_with(part)),
        Operator::EndsWith => texts(left, right)?.is_some_and(|(text, part)| text.ends_with(part)),
        Operator::NotEndsWith => !texts(left, right)?.is_some_and(|(text, part)| text.ends_with(part)),
        Operator::IsEmpty => is_empty(left),
        Operator::IsNotEmpty => !is_empty(left),
        Operator::IsNull => present && left.is_null(),
        Operator::Exists => present,
        Operator::In => is_in(left, right)?,
        Operator::NotIn => !is_in(left, right)?,
        Operator::Matches => match texts(left, right)? {
            Some((text, source)) => match compiled {
                Some(compiled) => compiled.is_match(text),
                None => pattern(source).map_err(Fault::Pattern)?.is_match(text),
            },
            None => false,
        },
    })
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_) | Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            matches!((Exact::read(left), Exact::read(right)), (Some(left), Some(right)) if left.order(right).is_eq())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        (left, right) => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Value::String(left), Value::String(right)) = (left, right) {
        return Some(match (Timestamp::from_rfc3339(left), Timestamp::from_rfc3339(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // The order of UTF-8 bytes is the order of code points.
            _ => left.cmp(right),
        });
    }
    Some(Exact::read(left)?.order(Exact::read(right)?))
}

fn contains(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Array(list), sought) => Ok(list.iter().any(|element| equal(element, sought))),
        _ => Ok(texts(left, right)?.is_some_and(|(text, part)| text.contains(part))),
    }
}

fn is_in(left: &Value, right: &Value) -> Result<bool, Fault> {
    match right {
        Value::Null => Ok(false),
        Value::Array(list) => Ok(list.iter().any(|element| equal(element, left))),
        _ => Err(Fault::Type),
    }
}

/// Both texts; `None` if one is null, which has no parts and is part of nothing.
fn texts<'a>(left: &'a Value, right: &'a Value) -> Result<Option<(&'a str, &'a str)>, Fault> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(Some((left, right))),
        (Value::Null, _) | (Value::String(_), Value::Null) => Ok(None),
        _ => Err(Fault::Type),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
