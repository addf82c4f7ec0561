//! Answers like `json`, once a row of id, time, body and answer is on disk. One row, one flush for all that wait.
//!
//! Leaves out: headers and query of the event, the journal, a second table, savepoints (one bad row
//! fails its neighbours), reading.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use bytes::Bytes;

use crate::group_commit::{Committed, Writer};
use crate::json::{Rule, parse, respond};

/// `committed` is what the writer hands back.
pub fn app(rule: Rule, writer: Writer, mut committed: Committed) -> Router {
    tokio::spawn(async move {
        while let Some(batch) = committed.recv().await {
            batch.into_iter().for_each(|row| drop(row.accepted()));
        }
    });
    let writer = Arc::new(writer);
    Router::new()
        .route("/", post(async move |State(writer): State<Arc<Writer>>, body: Bytes| handle(rule, &writer, body).await))
        .route("/batches", get(async |State(writer): State<Arc<Writer>>| writer.rows_a_batch().to_string()))
        .with_state(writer)
}

async fn handle(rule: Rule, writer: &Writer, body: Bytes) -> Response {
    let Some(parsed) = parse(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let (status, answer) = rule.verdict(&parsed);
    match writer.accept(body, answer.clone(), None).await {
        Ok(()) => respond((status, answer)),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
