//! YAML text as a tree with lines.
//!
//! Built from parser events on a stack of its own, so that deep nesting costs heap and not stack.
//! Plain scalars are resolved by YAML 1.2's core schema, with two exceptions that only ever keep
//! what was written: whole numbers that begin with a zero (post codes, article numbers) are text, and
//! numbers that would lose digits are refused.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Content, Counter, Entry, Node, Unreadable};
use crate::flow::codes;
use crate::flow::suggest::quoted;
use crate::value::Value;

pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let place = error.marker();
            refused(&format!("{}, in column {}", error.info(), place.col() + 1), line_number(place.line()))
        })?;
        builder.take(event, &span)?;
    }
    Ok(builder.root.unwrap_or(Node { line: 1, content: Content::Scalar(Value::Null) }))
}

fn refused(reason: &str, line: u32) -> Unreadable {
    Unreadable { code: codes::FILE_SYNTAX, message: format!("the file can't be read: {reason}"), line }
}

fn line(span: &Span) -> u32 {
    line_number(span.start.line())
}

fn line_number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    /// Finished values with an anchor, by its number.
    anchored: HashMap<usize, Node>,
    counter: Counter,
}

/// A list or object that is being read.
struct Open {
    line: u32,
    anchor: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    /// `key` is the name whose value comes next.
    Object {
        entries: Vec<Entry>,
        key: Option<(String, u32)>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Unreadable> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(refused("a workflow file holds one document", line(span)))
            }
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(key) = self.awaited_key() {
                    *key = Some((text.into_owned(), line(span)));
                    return Ok(());
                }
                let content =
                    Content::Scalar(scalar(&text, style, tag.as_deref()).map_err(|why| refused(&why, line(span)))?);
                self.finish(Node { line: line(span), content }, anchor)
            }
            Event::Alias(anchor) => {
                // An anchor inside itself is not finished, and so not here.
                let target = self.anchored.get(&anchor);
                let target = target.ok_or_else(|| refused("a value can't hold itself", line(span)))?.clone();
                if let Some(key) = self.awaited_key() {
                    let Content::Scalar(Value::String(text)) = target.content else {
                        return Err(refused(NOT_A_NAME, line(span)));
                    };
                    *key = Some((text, line(span)));
                    return Ok(());
                }
                self.count_copy(&target, line(span))?;
                self.finish(Node { line: line(span), ..target }, 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(anchor, tag.as_deref(), "seq", span, OpenContent::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = OpenContent::Object { entries: Vec::new(), key: None };
                self.open(anchor, tag.as_deref(), "map", span, content)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { line, anchor, content }) = self.open.pop() else {
                    return Ok(()); // the parser closes only what it opened
                };
                let content = match content {
                    OpenContent::List(list) => Content::List(list),
                    OpenContent::Object { entries, .. } => Content::Object(entries),
                };
                self.finish(Node { line, content }, anchor)
            }
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        anchor: usize,
        tag: Option<&Tag>,
        core: &str,
        span: &Span,
        content: OpenContent,
    ) -> Result<(), Unreadable> {
        if self.awaited_key().is_some() {
            return Err(refused(NOT_A_NAME, line(span)));
        }
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema_tag(core)) {
            return Err(refused(&unknown_tag(tag), line(span)));
        }
        self.open.push(Open { line: line(span), anchor, content });
        self.counter.add(self.open.len() - 1, line(span))
    }

    /// The place for a name, if a name comes next.
    fn awaited_key(&mut self) -> Option<&mut Option<(String, u32)>> {
        match &mut self.open.last_mut()?.content {
            OpenContent::Object { key: key @ None, .. } => Some(key),
            _ => None,
        }
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Unreadable> {
        let is_scalar = matches!(node.content, Content::Scalar(_));
        if is_scalar {
            // Lists and objects were counted when they opened.
            self.counter.add(self.open.len(), node.line)?;
        }
        if anchor != 0 {
            self.count_copy(&node, node.line)?;
            self.anchored.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::List(list)) => list.push(node),
            Some(OpenContent::Object { entries, key }) => {
                let (key, line) = key.take().unwrap_or_default();
                entries.push(Entry { key, line, value: node });
            }
        }
        Ok(())
    }

    /// Copies cost what they hold, whether they end up in the document or are kept for an alias. `line`: where.
    fn count_copy(&mut self, node: &Node, line: u32) -> Result<(), Unreadable> {
        let mut pending = vec![(node, self.open.len())];
        while let Some((node, depth)) = pending.pop() {
            self.counter.add(depth, line)?;
            match &node.content {
                Content::Scalar(_) => {}
                Content::List(list) => pending.extend(list.iter().map(|node| (node, depth + 1))),
                Content::Object(entries) => pending.extend(entries.iter().map(|entry| (&entry.value, depth + 1))),
            }
        }
        Ok(())
    }
}

const NOT_A_NAME: &str = "a name must be text";

fn unknown_tag(tag: &Tag) -> String {
    format!("the tag {} has no meaning here", quoted(&tag.original()))
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(text.into()),
        Some(tag) => Err(unknown_tag(tag)),
        None if style == ScalarStyle::Plain => plain(text),
        None => Ok(text.into()),
    }
}

/// The core schema (YAML 1.2.2, section 10.3.2).
fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(true.into()),
        "false" | "False" | "FALSE" => return Ok(false.into()),
        _ => {}
    }
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return decimal(text),
    };
    // No sign may stand after the prefix; what does not fit is text.
    let number = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
    Ok(number.map_or_else(|| text.into(), Value::from))
}

fn decimal(text: &str) -> Result<Value, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Err(format!("JSON has no number {text}: put it in quotes if it is text"));
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && all_digits(exponent)
        && !exponent.is_empty();
    if !is_number || (whole.len() > 1 && whole.starts_with('0')) {
        return Ok(text.into());
    }
    if unsigned == whole {
        let text = text.strip_prefix('+').unwrap_or(text);
        let exact = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
        return exact.map_err(|_| format!("the number {} is too large to be exact: put it in quotes", quoted(text)));
    }
    let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    number.map(Value::from).ok_or_else(|| format!("the number {} is too large", quoted(text)))
}
