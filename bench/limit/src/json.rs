//! Parses the body, compares one value and answers 200 or 422 with a little JSON. Leaves out keeping anything.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};

const JSON: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

pub fn app() -> Router {
    Router::new().route("/", post(async |body: Bytes| answer(&body)))
}

fn answer(body: &[u8]) -> Response {
    match parse(body) {
        Some(body) => respond(verdict(&body)),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

pub(crate) fn parse(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

pub(crate) fn respond((status, body): (StatusCode, Bytes)) -> Response {
    (status, JSON, body).into_response()
}

/// What the workflow `bench/workflows/sync.yaml` answers.
pub(crate) fn verdict(body: &Value) -> (StatusCode, Bytes) {
    if is_paid(body) {
        let answer = json!({ "received": body["order"]["id"] }).to_string();
        (StatusCode::OK, answer.into())
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, Bytes::from_static(br#"{"error":"not paid"}"#))
    }
}

pub(crate) fn is_paid(body: &Value) -> bool {
    body["order"]["status"] == "paid"
}
