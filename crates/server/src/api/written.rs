//! The event in a body: what [`super::views::WrittenView`] shows can be edited and sent back.
//!
//! Not here: whether an endpoint would have accepted it (`domain::event::written`).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::event::written::WrittenRequest;
use serde::Deserialize;
use serde::de::IgnoredAny;
use utoipa::ToSchema;

use super::schema;
use super::views::Lines;
use crate::error::ApiError;

/// A request as a captured one is shown: take it from an execution, edit it, send it back. Every member
/// may be left out; `{}` is an empty POST.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WrittenEvent)]
pub(super) struct EventIn {
    /// `POST` unless told.
    method: Option<String>,
    #[serde(default)]
    #[schema(value_type = Vec<schema::Line>, required = false)]
    headers: Lines,
    /// Without the `?`.
    #[serde(default)]
    query_string: String,
    /// Empty or JSON. Not with `body_base64`.
    body: Option<String>,
    /// The same in base 64 (RFC 4648, section 4, with padding). Not with `body`.
    #[schema(value_type = Option<schema::Base64>)]
    body_base64: Option<String>,
    /// Ignored: the query string counts.
    #[serde(default, rename = "query")]
    #[schema(value_type = Value, required = false)]
    _query: IgnoredAny,
    /// Ignored.
    #[serde(default, rename = "remote_addr")]
    #[schema(value_type = Value, required = false)]
    _remote_addr: IgnoredAny,
    /// Ignored.
    #[serde(default, rename = "received_at")]
    #[schema(value_type = Value, required = false)]
    _received_at: IgnoredAny,
}

impl EventIn {
    pub(super) fn read(self) -> Result<WrittenRequest, ApiError> {
        let empty = WrittenRequest::default();
        let refused = |why: &str| ApiError::Event(why.to_owned());
        let body = match (self.body, self.body_base64) {
            (Some(_), Some(_)) => return Err(refused("give the event's body as body or as body_base64, not both")),
            (Some(text), None) => text.into(),
            (None, Some(text)) => match BASE64_STANDARD.decode(text) {
                Ok(bytes) => bytes.into(),
                Err(_) => return Err(refused("body_base64 is not base 64 (RFC 4648, section 4, with padding)")),
            },
            (None, None) => empty.body,
        };
        let Self { method, headers, query_string, .. } = self;
        Ok(WrittenRequest { method: method.unwrap_or(empty.method), headers, query_string, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WrittenRequest, String> {
        let event: EventIn = serde_json::from_str(text).map_err(|error| error.to_string())?;
        event.read().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn what_is_left_out_is_that_of_an_empty_post() {
        assert_eq!(read("{}").unwrap(), WrittenRequest::default());
        let nulls = r#"{"method": null, "body": null, "body_base64": null, "query": null, "remote_addr": null}"#;
        assert_eq!(read(nulls).unwrap(), WrittenRequest::default());
    }

    #[test]
    fn a_shown_event_is_read_back() {
        let shown = r#"{"method": "POST", "headers": [["x-a", "1"], ["x-a", "2"]], "query_string": "a=1",
            "query": {"a": "1"}, "body": null, "body_base64": "eyL/In0=", "remote_addr": "127.0.0.1",
            "received_at": "2026-11-22T10:00:00.000000Z"}"#;
        let event = read(shown).unwrap();
        let line = |value: &str| ("x-a".to_owned(), value.to_owned());
        assert_eq!((event.headers, event.query_string.as_str()), (vec![line("1"), line("2")], "a=1"));
        assert_eq!(&event.body[..], b"{\"\xff\"}");
    }

    #[test]
    fn mistakes_are_told_in_a_sentence() {
        for (text, told) in [
            (r#"{"body": "", "body_base64": ""}"#, "not both"),
            (r#"{"body_base64": "?"}"#, "base 64"),
            (r#"{"body_base64": "YQ"}"#, "padding"),
            (r#"{"headers": {"x-a": "1"}}"#, "a sequence"),
            (r#"{"headers": [["x-a"]]}"#, "2"),
            (r#"{"boby": ""}"#, "boby"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
