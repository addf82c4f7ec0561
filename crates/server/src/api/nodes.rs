//! `nodes`: the kinds this server has, for palettes and forms.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use nodes::KindInfo;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, schema};

/// The kinds this server has, in the order of the palette.
#[derive(Debug, Serialize, ToSchema)]
struct Kinds<'a> {
    #[schema(value_type = Vec<schema::KindInfo>)]
    items: Vec<&'a KindInfo>,
    #[schema(value_type = Vec<schema::KindInfo>)]
    triggers: Vec<&'a KindInfo>,
}

/// The kinds of nodes and triggers, with JSON schemas, summaries and examples.
#[utoipa::path(get, path = "/nodes", operation_id = "node_list", tag = "nodes", responses((status = 200, body = Kinds)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Response {
    let registry = api.engine.registry();
    Json(Kinds { items: registry.kinds().collect(), triggers: registry.trigger_kinds().collect() }).into_response()
}
