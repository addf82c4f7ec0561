//! Pieces that several answers have in common.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::event::query;
use domain::value::Value;
use serde::Serialize;
use utoipa::ToSchema;

use super::{masked, schema};

/// Header lines, `[name, value]` each.
pub(super) type Lines = Vec<(String, String)>;

/// A body: text if it is, else base 64.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BodyView {
    /// Null when it is not text.
    body: Option<String>,
    /// Null when it is text.
    #[schema(content_encoding = "base64")]
    body_base64: Option<String>,
}

impl From<&[u8]> for BodyView {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { body: Some(text.to_owned()), body_base64: None },
            Err(_) => Self { body: None, body_base64: Some(BASE64_STANDARD.encode(bytes)) },
        }
    }
}

/// What a sender says. It can be edited and sent back wherever a body has an `event`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WrittenView {
    method: String,
    #[schema(value_type = Vec<schema::Line>)]
    headers: Lines,
    query_string: String,
    /// The query string, parsed.
    query: Value,
    #[serde(flatten)]
    body: BodyView,
}

impl WrittenView {
    /// For those who only look on.
    pub(super) fn mask(&mut self) {
        masked::lines(&mut self.headers);
    }

    pub(super) fn new(method: String, headers: Lines, query_string: String, body: &[u8]) -> Self {
        Self { query: query::parse(&query_string), body: BodyView::from(body), method, headers, query_string }
    }
}

/// One item for each thing asked for, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}
