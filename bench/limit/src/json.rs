//! Parses the body, compares one value and answers 200 or 422 with a little JSON. Leaves out keeping anything.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};

const JSON: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json")];

/// What one of the workflows in `bench/workflows` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rule {
    /// `sync.yaml`, `async.yaml`: is the order paid?
    Order,
    /// `sync-push.yaml`, `async-push.yaml`: is it a push to the main branch?
    Push,
}

pub fn app(rule: Rule) -> Router {
    Router::new().route("/", post(async move |body: Bytes| answer(rule, &body)))
}

fn answer(rule: Rule, body: &[u8]) -> Response {
    match parse(body) {
        Some(body) => respond(rule.verdict(&body)),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

pub(crate) fn parse(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

pub(crate) fn respond((status, body): (StatusCode, Bytes)) -> Response {
    (status, JSON, body).into_response()
}

impl Rule {
    pub(crate) fn holds(self, body: &Value) -> bool {
        match self {
            Self::Order => body["order"]["status"] == "paid",
            Self::Push => body["ref"] == "refs/heads/master",
        }
    }

    pub(crate) fn verdict(self, body: &Value) -> (StatusCode, Bytes) {
        let id = match self {
            Self::Order => &body["order"]["id"],
            Self::Push => &body["head_commit"]["id"],
        };
        match (self.holds(body), self) {
            (true, _) => (StatusCode::OK, json!({ "received": id }).to_string().into()),
            (false, Self::Order) => (StatusCode::UNPROCESSABLE_ENTITY, Bytes::from_static(br#"{"error":"not paid"}"#)),
            (false, Self::Push) => (StatusCode::UNPROCESSABLE_ENTITY, Bytes::from_static(br#"{"error":"not main"}"#)),
        }
    }
}
