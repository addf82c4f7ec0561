//! JSON text as a tree with lines.
//!
//! `serde_json` tells no positions of what it read well. So it first judges the whole text; what
//! follows then only has to find where tokens begin and end, and hands each back to `serde_json`.

use serde::de::IgnoredAny;

use super::{Content, Counter, Entry, Node, Unreadable};
use crate::flow::codes;
use crate::value::Value;

pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| refused(&error, 1))?;
    Reader { text, at: 0, line: 1, counter: Counter::default() }.value(0)
}

/// `first_line` is where the text that `serde_json` read begins.
fn refused(error: &serde_json::Error, first_line: u32) -> Unreadable {
    let line = (first_line - 1).saturating_add(u32::try_from(error.line()).unwrap_or(u32::MAX));
    // serde_json ends its text with the place, counted from where it began.
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    Unreadable { code: codes::FILE_SYNTAX, message: format!("this is not JSON: {reason}"), line }
}

/// Walks over text that is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    counter: Counter,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, Unreadable> {
        let first = self.peek();
        let line = self.line;
        self.counter.add(depth, line)?;
        let content = match first {
            b'{' => Content::Object(self.entries(depth)?),
            b'[' => Content::List(self.items(depth)?),
            _ => Content::Scalar(self.scalar()?),
        };
        Ok(Node { line, content })
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Unreadable> {
        let mut items = Vec::new();
        self.at += 1;
        while self.peek() != b']' {
            items.push(self.value(depth + 1)?);
            self.skip_comma();
        }
        self.at += 1;
        Ok(items)
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, Unreadable> {
        let mut entries = Vec::new();
        self.at += 1;
        while self.peek() != b'}' {
            let line = self.line;
            let key = match self.scalar()? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            self.peek();
            self.at += 1; // the colon
            entries.push(Entry { key, line, value: self.value(depth + 1)? });
            self.skip_comma();
        }
        self.at += 1;
        Ok(entries)
    }

    /// A string, a number or a word. `serde_json` has yet to say whether a number fits and an escape is sound.
    fn scalar(&mut self) -> Result<Value, Unreadable> {
        self.peek();
        let rest = &self.text[self.at..];
        let length = if rest.starts_with('"') { string_length(rest) } else { word_length(rest) };
        let (token, _) = rest.split_at(length);
        self.at += length;
        serde_json::from_str(token).map_err(|error| refused(&error, self.line))
    }

    fn skip_comma(&mut self) {
        if self.peek() == b',' {
            self.at += 1;
        }
    }

    /// The next byte that is not a blank. Valid JSON never ends where a byte is asked for.
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while let Some(blank @ (b' ' | b'\t' | b'\r' | b'\n')) = bytes.get(self.at) {
            self.line += u32::from(*blank == b'\n');
            self.at += 1;
        }
        // A closing bracket, so that a loop that waits for one would end.
        bytes.get(self.at).copied().unwrap_or(b']')
    }
}

/// Bytes from the opening quote to the closing one, both included.
fn string_length(text: &str) -> usize {
    let mut escaped = true; // the opening quote does not close
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn word_length(text: &str) -> usize {
    text.bytes().position(|byte| b",]} \t\r\n:".contains(&byte)).unwrap_or(text.len())
}
