//! Which edit of a draft a caller has seen: `ETag` says it, `If-Match` gives it back (RFC 9110, 8.8.3 and 13.1.1).
//!
//! Strong tags with the edit's number only: `"7"`. They compare exactly, so weak tags (`W/"7"`) and lists of
//! tags are refused rather than read with good will.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::header::IF_MATCH;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::error::ApiError;

pub(super) fn tag(edit: u32) -> HeaderValue {
    let text = format!("\"{edit}\"");
    HeaderValue::try_from(text).expect("digits in quotes are a legal value")
}

/// The edit that must still be there; `None` for `*`, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IfMatch(pub(super) Option<u32>);

/// Absent: 428.
impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        read(&parts.headers)?.ok_or(ApiError::NoIfMatch)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        read(&parts.headers)
    }
}

fn read(headers: &HeaderMap) -> Result<Option<IfMatch>, ApiError> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.as_bytes().trim_ascii(),
        (Some(_), Some(_)) => return Err(ApiError::BadIfMatch),
    };
    if value == b"*" {
        return Ok(Some(IfMatch(None)));
    }
    let edit = std::str::from_utf8(value).ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    // Only the way `tag` writes it: `"+7"` and `"07"` are other tags.
    let edit = edit.and_then(|digits| digits.parse::<u32>().ok().filter(|edit| edit.to_string() == digits));
    edit.map(|edit| Some(IfMatch(Some(edit)))).ok_or(ApiError::BadIfMatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (IF_MATCH, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn one_strong_tag_or_a_star_is_understood() {
        for (value, expected) in [("\"7\"", Some(7)), (" \"4294967295\" ", Some(u32::MAX)), ("*", None)] {
            assert_eq!(read(&given(&[value])).unwrap(), Some(IfMatch(expected)), "{value}");
        }
        assert_eq!(read(&HeaderMap::new()).unwrap(), None);
        assert_eq!(read(&HeaderMap::from_iter([(IF_MATCH, tag(12))])).unwrap(), Some(IfMatch(Some(12))));
    }

    #[test]
    fn everything_else_is_refused() {
        let lists: [&[&str]; 3] = [&["\"7\"", "\"7\""], &["\"7\", \"8\""], &["*, \"7\""]];
        let odd = ["7", "", "\"\"", "\"", "W/\"7\"", "\"07\"", "\"+7\"", "\"-7\"", "\"x\"", "\"4294967296\"", "**"];
        for values in lists.into_iter().chain(odd.iter().map(std::slice::from_ref)) {
            assert!(matches!(read(&given(values)), Err(ApiError::BadIfMatch)), "{values:?}");
        }
    }
}
