//! What a plain path comes to in a body that has not been parsed: all it does not lead to is passed over.
//!
//! Exactly what `resolve` finds in the parsed tree: the last of duplicate keys wins, keys are compared without
//! their escapes. The body has passed its check, so nothing is checked here: of what is not JSON nothing is found.
//! What a key maps over is a list, and that one is parsed.

use std::borrow::Cow;

use memchr::memchr2;

use super::path::Step;
use super::resolve::walk_list;
use crate::event::body;
use crate::value::Value;

/// `None`: missing.
pub(super) fn read(body: &[u8], steps: &[Step]) -> Option<Value> {
    let mut at = body::json(body);
    for (done, step) in steps.iter().enumerate() {
        at = blanks_gone(at);
        at = match (at.first()?, step) {
            (b'[', Step::Key(_)) => {
                let Value::Array(list) = body::parse(first_value(at)?).ok()? else { return None };
                return walk_list(&list, &steps[done..]).map(Cow::into_owned);
            }
            (b'[', Step::Index(index)) => item(at, *index)?,
            (b'{', step) => member(at, &step.text())?,
            _ => return None,
        };
    }
    body::parse(first_value(blanks_gone(at))?).ok()
}

/// What stands from an item on, in a list that `json` begins with.
fn item(json: &[u8], index: u32) -> Option<&[u8]> {
    let mut rest = blanks_gone(json.get(1..)?);
    for _ in 0..index {
        rest = behind(rest, b',')?;
    }
    // Behind the last one, and in an empty list.
    (*rest.first()? != b']').then_some(rest)
}

/// What stands from the value of the last such key on, in an object that `json` begins with.
fn member<'j>(json: &'j [u8], key: &str) -> Option<&'j [u8]> {
    let mut found = None;
    let mut rest = blanks_gone(json.get(1..)?);
    while *rest.first()? == b'"' {
        let text = first_value(rest)?;
        let value = behind(rest, b':')?;
        if is(text, key) {
            found = Some(value);
        }
        match behind(value, b',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    found
}

/// What follows the first value of `json` and `mark`.
fn behind(json: &[u8], mark: u8) -> Option<&[u8]> {
    let rest = blanks_gone(&json[first_value(json)?.len()..]);
    let (first, rest) = rest.split_first()?;
    (*first == mark).then(|| blanks_gone(rest))
}

/// Whether a text in quotes is this one.
fn is(text: &[u8], key: &str) -> bool {
    let inside = &text[1..text.len() - 1];
    if inside.contains(&b'\\') {
        return serde_json::from_slice::<String>(text).is_ok_and(|text| text == key);
    }
    inside == key.as_bytes()
}

fn blanks_gone(json: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let first = json.iter().position(|byte| !blank(byte)).unwrap_or(json.len());
    &json[first..]
}

/// The value that `json` begins with.
fn first_value(json: &[u8]) -> Option<&[u8]> {
    match json.first()? {
        b'"' => Some(&json[..text_end(json, 0)?]),
        b'[' | b'{' => {
            let (mut at, mut depth) = (0, 0_usize);
            loop {
                match json.get(at)? {
                    b'"' => at = text_end(json, at)? - 1,
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(&json[..at]);
                }
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            let end = json.iter().position(ends).unwrap_or(json.len());
            (end > 0).then(|| &json[..end])
        }
    }
}

/// Behind the closing quote of the text that begins at `at`.
fn text_end(json: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr2(b'"', b'\\', json.get(at..)?)?;
        match json[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is only asked about what has been checked; all the same it has to come to an end.
        #[test]
        fn no_bytes_make_it_panic(json in r#"([\[\]{}:,"\\a0 -]|null|"a":|\[1,|\{"a":|\\u00e9)*"#, index in 0_u32..3) {
            for steps in [vec![Step::Key("a".into())], vec![Step::Index(index)], vec![Step::Key("a".into()), Step::Index(0)], vec![]] {
                let _ = read(json.as_bytes(), &steps);
            }
        }
    }
}
