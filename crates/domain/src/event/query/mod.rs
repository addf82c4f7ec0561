//! Query strings, read as the JavaScript library `qs` 6.17 reads them.
//!
//! ```text
//! a[b]=1&a[b]=2&a[c]     parameters    "a[b]" → ["1", "2"], "a[c]" → null      same key: one list
//!                        segments      "a[b]" → a, b                           (`key`)
//!                        branch        {a: {b: ["1", "2"]}}, {a: {c: null}}    one per key
//!                        merge         {a: {b: ["1", "2"], c: null}}           (`tree`)
//! ```
//! The options are [`PARAMETERS_MAX`], [`DEPTH_MAX`] and [`LIST_MAX`], `strictNullHandling`, and the
//! library's defaults. Objects come out in JavaScript's key order: array indexes first, ascending,
//! then the others as they came.
//!
//! Invariants
//! - Any text is read: what makes no sense is kept as text or dropped, as `qs` does.
//! - Time is linear in the text, but for a factor bounded by the three limits.
//!
//! Not here: cutting the query out of a URL (`crate::event::sample`).

mod key;
#[cfg(test)]
mod tests;
mod tree;

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use self::key::Segment;
use self::tree::Node;
use crate::value::Value;

/// Parameters after this many are not read (`parameterLimit`).
pub const PARAMETERS_MAX: usize = 1_000;

/// Bracketed segments of one key; what follows them is one more key, as text (`depth`).
pub const DEPTH_MAX: usize = 5;

/// A list that would grow longer becomes an object with the indexes as keys (`arrayLimit`).
pub const LIST_MAX: usize = 100;

/// An object of text, null, lists and objects. Never fails.
pub fn parse(query: &str) -> Value {
    let mut root = Node::empty_object();
    for (key, value) in parameters(query) {
        if let Some(segments) = key::segments(&key) {
            root = root.merge(branch(segments, value));
        }
    }
    root.into_value()
}

/// The decoded parameters; a key that stands twice has a list.
fn parameters(query: &str) -> IndexMap<String, Node> {
    let query = query.replace("%5B", "[").replace("%5b", "[").replace("%5D", "]").replace("%5d", "]");
    let mut parameters = IndexMap::new();
    for parameter in query.split('&').take(PARAMETERS_MAX) {
        // The `=` behind a bracket splits before any other, so that `a[b=c]=d` has the key `a[b=c]`.
        let split = parameter.find("]=").map(|bracket| bracket + 1).or_else(|| parameter.find('='));
        let (key, value) = match split {
            Some(at) => (&parameter[..at], Node::Text(decode(&parameter[at + 1..]))),
            None => (parameter, Node::Null),
        };
        match parameters.entry(decode(key)) {
            indexmap::map::Entry::Occupied(mut entry) => {
                let earlier: Node = std::mem::take(entry.get_mut());
                *entry.get_mut() = earlier.combine(value);
            }
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(value);
            }
        }
    }
    // `qs` keeps them in an object, so they are merged in that order too.
    tree::sort_as_javascript(&mut parameters);
    parameters
}

/// The tree that one key alone makes.
fn branch(segments: Vec<Segment>, leaf: Node) -> Node {
    segments.into_iter().rev().fold(leaf, |leaf, segment| match segment {
        Segment::Append => leaf.into_list(),
        Segment::Index(index) => Node::list_or_overflow(index, leaf),
        Segment::Name(name) => Node::object(name, leaf),
    })
}

/// `+` and percent escapes; text whose escapes are broken or not UTF-8 keeps them.
fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    let is_escape = |tail: &str| tail.len() >= 2 && tail.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
    if !text.split('%').skip(1).all(is_escape) {
        return text;
    }
    match percent_decode_str(&text).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => text,
    }
}
