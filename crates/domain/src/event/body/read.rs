//! The reader behind check and parse.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{BodyError, Checked, DEPTH_CEILING};
use crate::value::{ENTRY_BYTES, OBJECT_BYTES, VALUE_BYTES, Value};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What becomes of the values that are read.
pub(super) trait Keep: Sized {
    type Key;
    type List: Default;
    type Object: Default;

    /// From a scalar, made only by those who keep it.
    fn scalar(value: impl FnOnce() -> Value) -> Self;
    fn key(text: &str) -> Self::Key;
    fn push(list: &mut Self::List, value: Self);
    fn insert(object: &mut Self::Object, key: Self::Key, value: Self);
    fn list(list: Self::List) -> Self;
    fn object(object: Self::Object) -> Self;
}

/// Nothing is kept: for the check.
pub(super) struct Dropped;

impl Keep for Dropped {
    type Key = ();
    type List = ();
    type Object = ();

    fn scalar(_: impl FnOnce() -> Value) -> Self {
        Self
    }
    fn key(_: &str) {}
    fn push((): &mut (), _: Self) {}
    fn insert((): &mut (), (): (), _: Self) {}
    fn list((): ()) -> Self {
        Self
    }
    fn object((): ()) -> Self {
        Self
    }
}

impl Keep for Value {
    type Key = String;
    type List = Vec<Value>;
    /// Made an object once it is known how large: one that grows takes twice as much.
    type Object = Vec<(String, Value)>;

    fn scalar(value: impl FnOnce() -> Value) -> Self {
        value()
    }
    fn key(text: &str) -> String {
        text.to_owned()
    }
    fn push(list: &mut Vec<Value>, value: Self) {
        list.push(value);
    }
    fn insert(object: &mut Vec<(String, Value)>, key: String, value: Self) {
        object.push((key, value));
    }
    fn list(mut list: Vec<Value>) -> Self {
        list.shrink_to_fit();
        Value::Array(list)
    }
    fn object(object: Vec<(String, Value)>) -> Self {
        Value::Object(object.into_iter().collect())
    }
}

/// A body without the mark in front of it.
pub(crate) fn json(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

/// The value, and what there is in it.
pub(super) fn read<K: Keep>(body: &[u8], depth_max: usize) -> Result<(K, Checked), BodyError> {
    if body.is_empty() {
        return Ok((K::scalar(|| Value::Null), Tally::default().checked()));
    }
    let json = json(body);
    let depth_max = depth_max.min(DEPTH_CEILING);
    let mut tally = Tally::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let seed = Reader::<K> { tally: &mut tally, depth_left: depth_max, keep: PhantomData };
    match seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value)) {
        Ok(value) => Ok((value, tally.checked())),
        Err(_) if tally.too_deep => {
            let (line, column) = place(&json[..too_deep_at(json, depth_max)]);
            Err(BodyError::TooDeep { max: depth_max, line, column })
        }
        Err(error) => {
            let (line, column) = place(&json[..offset(json, &error)]);
            Err(BodyError::NotJson { message: message(&error), line, column })
        }
    }
}

/// The line and column of the last byte of `read`, or of the one to come behind a line break.
fn place(read: &[u8]) -> (usize, usize) {
    let mut lines = read.rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or_default();
    (lines.count() + 1, String::from_utf8_lossy(last).chars().count().max(1))
}

/// How many bytes lead up to and include the mistake.
fn offset(json: &[u8], error: &serde_json::Error) -> usize {
    let lines_before = json.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let offset = lines_before.map(<[u8]>::len).sum::<usize>() + error.column();
    offset.min(json.len())
}

/// The same up to the bracket that opens one level too many; `serde_json` reads on behind it before it tells.
/// Up to there the text is known to be JSON.
fn too_deep_at(json: &[u8], depth_max: usize) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' if depth == depth_max => return at + 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    json.len()
}

/// The error's text without its place.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

#[derive(Default)]
struct Tally {
    nodes: usize,
    entries: usize,
    /// Of keys and texts.
    text_bytes: usize,
    objects: usize,
    too_deep: bool,
}

impl Tally {
    fn checked(&self) -> Checked {
        let Self { nodes, entries, text_bytes, objects, .. } = *self;
        let tree_bytes = nodes * VALUE_BYTES + objects * OBJECT_BYTES + entries * ENTRY_BYTES + text_bytes;
        Checked { nodes, tree_bytes }
    }
}

/// Reads one value.
struct Reader<'t, K> {
    tally: &'t mut Tally,
    depth_left: usize,
    keep: PhantomData<K>,
}

impl<K: Keep> Reader<'_, K> {
    fn count(&mut self) {
        self.tally.nodes += 1;
    }

    fn scalar<E>(mut self, value: impl FnOnce() -> Value) -> Result<K, E> {
        self.count();
        Ok(K::scalar(value))
    }

    /// Counts a list or object and says how deep what is inside may nest.
    fn enter<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        self.count();
        self.depth_left.checked_sub(1).ok_or_else(|| {
            self.tally.too_deep = true;
            E::custom("too deep")
        })
    }

    fn inside(&mut self, depth_left: usize) -> Reader<'_, K> {
        Reader { tally: self.tally, depth_left, keep: PhantomData }
    }
}

impl<'de, K: Keep> DeserializeSeed<'de> for Reader<'_, K> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, K: Keep> Visitor<'de> for Reader<'_, K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<K, E> {
        self.scalar(|| Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<K, E> {
        self.scalar(|| value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<K, E> {
        self.scalar(|| value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<K, E> {
        self.scalar(|| value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<K, E> {
        self.scalar(|| value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<K, E> {
        self.tally.text_bytes += value.len();
        self.scalar(|| value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<K, A::Error> {
        let depth_left = self.enter()?;
        let mut list = K::List::default();
        while let Some(value) = items.next_element_seed(self.inside(depth_left))? {
            K::push(&mut list, value);
        }
        Ok(K::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<K, A::Error> {
        let depth_left = self.enter()?;
        self.tally.objects += 1;
        let mut object = K::Object::default();
        while let Some(key) = entries.next_key_seed(KeyReader::<K> { tally: self.tally, keep: PhantomData })? {
            let value = entries.next_value_seed(self.inside(depth_left))?;
            K::insert(&mut object, key, value);
        }
        Ok(K::object(object))
    }
}

struct KeyReader<'t, K> {
    tally: &'t mut Tally,
    keep: PhantomData<K>,
}

impl<'de, K: Keep> DeserializeSeed<'de> for KeyReader<'_, K> {
    type Value = K::Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K: Keep> Visitor<'_> for KeyReader<'_, K> {
    type Value = K::Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<K::Key, E> {
        self.tally.entries += 1;
        self.tally.text_bytes += text.len();
        Ok(K::key(text))
    }
}
