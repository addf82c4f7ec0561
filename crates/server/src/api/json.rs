//! JSON answers. Axum's own extractor and response would switch on `serde_json/raw_value` for the whole build,
//! and with it a magic object key that makes `Value` read text from a request as JSON.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use serde::Serialize;

use super::openapi::ROOT;
use crate::error::ApiError;

#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(_) => ApiError::Internal.into_response(),
        }
    }
}

/// 201: something new is at a path below the API's root.
#[derive(Debug)]
pub(super) struct Created<T> {
    pub(super) at: String,
    pub(super) view: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(LOCATION, format!("{ROOT}{}", self.at))], Json(self.view)).into_response()
    }
}
