//! `nodes`: the kinds this server has, for palettes and forms.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use nodes::KindInfo;
use serde::Serialize;

use super::Api;

#[derive(Debug, Serialize)]
struct Kinds<'a> {
    items: Vec<&'a KindInfo>,
    triggers: Vec<&'a KindInfo>,
}

/// `GET nodes`: with JSON schemas, summaries and examples, in the order of the palette.
pub(super) async fn list(State(api): State<Arc<Api>>) -> Response {
    let registry = api.engine.registry();
    Json(Kinds { items: registry.kinds().collect(), triggers: registry.trigger_kinds().collect() }).into_response()
}
