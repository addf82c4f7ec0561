//! Parse from a sample: every path of a URL's query or of a JSON body.

use crate::event::body::BodyError;
use crate::value::{Type, Value};

/// One path of a sample.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SamplePath {
    pub path: String,
    #[serde(rename = "type")]
    pub kind: Type,
    pub example: Value,
}

/// From a URL or its query part.
pub fn query_paths(_sample: &str) -> Vec<SamplePath> {
    todo!()
}

/// From a JSON sample.
pub fn body_paths(_sample: &str) -> Result<Vec<SamplePath>, BodyError> {
    todo!()
}
