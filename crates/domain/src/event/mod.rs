//! One accepted request, and the variables it turns into.
//!
//! The bytes are kept as they came (after inflation). Query and body are parsed when they are needed as a whole; a
//! few paths into the body are read from its bytes, so most flows never pay for a tree.
//!
//! Not here: checks of the request (`server::hooks`), template syntax (`crate::template`).

pub mod body;
pub mod headers;
pub mod query;
pub mod sample;
pub mod written;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Map;

use crate::id::EventId;
use crate::time::Timestamp;
use crate::value::Value;

/// One accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    pub method: String,
    /// In the order they came, names in lower case, values as text (bytes that are not UTF-8 read as Latin-1).
    pub headers: Vec<(String, String)>,
    /// What stands after `?` in the target, as it came, `""` when there is none.
    pub query_string: String,
    /// The body after inflation. Empty or valid JSON (see [`body::check`]).
    pub body: Bytes,
    pub remote_addr: IpAddr,
    pub received_at: Timestamp,
}

/// So often a value is read from the bytes of a body. As many passes over it cost about as much as parsing it, so
/// whoever reads on does so in a tree.
const UNPARSED_READS_MAX: usize = 8;

/// The `trigger` root: an event, and what has been parsed of it so far.
#[derive(Debug)]
pub struct TriggerValues {
    event: Arc<Event>,
    headers: OnceLock<Value>,
    query: OnceLock<Value>,
    body: OnceLock<Value>,
    unparsed_reads: AtomicUsize,
}

impl TriggerValues {
    pub fn new(event: Arc<Event>) -> Self {
        Self {
            event,
            headers: OnceLock::new(),
            query: OnceLock::new(),
            body: OnceLock::new(),
            unparsed_reads: AtomicUsize::new(0),
        }
    }

    /// With what parsing would give put in its place.
    #[cfg(any(test, feature = "testing"))]
    pub fn with_values(event: Arc<Event>, headers: Value, query: Value, body: Value) -> Self {
        Self { headers: headers.into(), query: query.into(), body: body.into(), ..Self::new(event) }
    }

    pub fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// `{name: value}`, names in lower case, repeated headers joined with `, `.
    pub fn headers(&self) -> &Value {
        self.headers.get_or_init(|| {
            let mut headers = Map::new();
            for (name, value) in &self.event.headers {
                match headers.get_mut(name) {
                    Some(Value::String(joined)) => {
                        joined.push_str(", ");
                        joined.push_str(value);
                    }
                    _ => {
                        headers.insert(name.clone(), Value::String(value.clone()));
                    }
                }
            }
            Value::Object(headers)
        })
    }

    /// As [`TriggerValues::headers`] has it under this name.
    pub(crate) fn header(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(headers) = self.headers.get() {
            return headers.get(name).map(Cow::Borrowed);
        }
        let mut values = self.event.headers.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value);
        let mut joined = values.next()?.clone();
        for value in values {
            joined.push_str(", ");
            joined.push_str(value);
        }
        Some(Cow::Owned(Value::String(joined)))
    }

    pub fn query(&self) -> &Value {
        self.query.get_or_init(|| query::parse(&self.event.query_string))
    }

    /// Null for an empty body.
    pub fn body(&self) -> &Value {
        self.body.get_or_init(|| body::parse(&self.event.body).unwrap_or(Value::Null))
    }

    /// The bytes to read a value from, unless it is better read from [`TriggerValues::body`].
    pub(crate) fn unparsed_body(&self) -> Option<&[u8]> {
        let is_parsed = self.body.get().is_some();
        let is_better = !is_parsed && self.unparsed_reads.fetch_add(1, Ordering::Relaxed) < UNPARSED_READS_MAX;
        is_better.then_some(&*self.event.body)
    }

    /// Gives up the parsed body; whoever asks for it again has it parsed again.
    pub(crate) fn forget_body(&mut self) {
        self.body.take();
    }

    /// The body as text.
    pub fn raw_body(&self) -> Value {
        Value::String(String::from_utf8_lossy(&self.event.body).into_owned())
    }
}
