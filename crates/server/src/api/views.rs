//! Pieces that several answers have in common.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;
use utoipa::ToSchema;

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
