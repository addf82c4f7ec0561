//! Where an `http_request` of a workflow goes: answers `{"ok":true}`, at once or after a pause.

use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use bytes::Bytes;

pub fn app(pause: Duration) -> Router {
    let answer = async move |_body: Bytes| {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        ([(CONTENT_TYPE, "application/json")], r#"{"ok":true}"#)
    };
    Router::new().route("/", post(answer).get(answer))
}
