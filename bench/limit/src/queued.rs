//! Accepts, runs, finishes: a durable row, `200`, then the comparison, then its result in a later batch.
//!
//! `GET /finished` counts results on disk. Leaves out what `sync` leaves out, and the claim, the
//! timers and the retries of what waits: a crash loses what was accepted and not finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;

use crate::group_commit::{Committed, Writer};
use crate::json::{Rule, parse};

struct Shared {
    writer: Writer,
    finished: AtomicU64,
}

pub fn app(rule: Rule, writer: Writer, mut committed: Committed) -> Router {
    let shared = Arc::new(Shared { writer, finished: AtomicU64::new(0) });
    let here = Arc::clone(&shared);
    tokio::spawn(async move {
        while let Some(batch) = committed.recv().await {
            // The callers first, then the runs.
            let (accepted, finished): (Vec<_>, Vec<_>) = batch.into_iter().partition(|row| row.is_new());
            here.finished.fetch_add(finished.len() as u64, Ordering::Relaxed);
            let runs: Vec<_> = accepted.into_iter().filter_map(|row| row.accepted()).collect();
            here.writer.finish(runs.into_iter().map(|(id, body)| (id, rule.holds(&body))));
        }
    });
    Router::new()
        .route("/", post(handle))
        .route(
            "/finished",
            get(async |State(shared): State<Arc<Shared>>| shared.finished.load(Ordering::Relaxed).to_string()),
        )
        .route("/batches", get(async |State(shared): State<Arc<Shared>>| shared.writer.rows_a_batch().to_string()))
        .with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let Some(parsed) = parse(&body) else { return StatusCode::BAD_REQUEST };
    match shared.writer.accept(body, Bytes::new(), Some(parsed)).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
