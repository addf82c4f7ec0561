//! A key of a query as segments: `a[b][][3]` → `a`, `b`, append, 3.

use super::DEPTH_MAX;

/// One step down from the root.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Segment {
    Name(String),
    /// `[]`
    Append,
    /// `[3]`: a whole number as JavaScript prints it, a double as there.
    Index(f64),
}

/// The members of JavaScript's `Object.prototype`: no key may reach one.
const PROTOTYPE: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// None for the empty key, and for one that names a member of the prototype.
///
/// What stands between two bracket groups or after the last is dropped; what follows the deepest
/// group allowed, or a bracket that is never closed, is one name.
pub(super) fn segments(key: &str) -> Option<Vec<Segment>> {
    if key.is_empty() {
        return None;
    }
    let (parent, mut rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    let mut segments = Vec::new();
    if !parent.is_empty() {
        segments.push(name(parent)?);
    }
    let mut depth = 0;
    while let Some(open) = rest.find('[') {
        rest = &rest[open..];
        let Some(group_len) = balanced_len(rest).filter(|_| depth < DEPTH_MAX) else {
            segments.push(Segment::Name(rest.to_owned()));
            break;
        };
        segments.push(match &rest[1..group_len - 1] {
            "" => Segment::Append,
            inside => match index(inside) {
                Some(index) => Segment::Index(index),
                None => name(inside)?,
            },
        });
        rest = &rest[group_len..];
        depth += 1;
    }
    Some(segments)
}

fn name(text: &str) -> Option<Segment> {
    (!PROTOTYPE.contains(&text)).then(|| Segment::Name(text.to_owned()))
}

/// The length of the bracket group at the start of `text`, brackets inside it counted.
fn balanced_len(text: &str) -> Option<usize> {
    let mut level = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => level += 1,
            b']' if level == 1 => return Some(at + 1),
            b']' => level -= 1,
            _ => {}
        }
    }
    None
}

/// A number that JavaScript prints back as the same digits: no sign, no leading zero, no exponent.
pub(super) fn index(text: &str) -> Option<f64> {
    // From 10²¹ on, JavaScript prints an exponent; up to there Rust prints the same digits.
    const DIGITS_MAX: usize = 21;
    if text.is_empty() || text.len() > DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.to_string() == text)
}
