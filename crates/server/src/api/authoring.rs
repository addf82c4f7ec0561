//! `apply` and `check`: documents as they stand in workflow files.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::problem::Problem;
use domain::value::Value;
use engine::authoring::{Applied, AuthoringError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::extract::Document;
use super::views::Items;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Apply {
    /// The contents of workflow files.
    documents: Vec<Value>,
    /// Makes them live, not only drafts.
    #[serde(default)]
    publish: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    /// The contents of workflow files.
    documents: Vec<Value>,
    /// Takes the body of an `apply`; means nothing here.
    #[serde(default, rename = "publish")]
    _publish: bool,
}

/// What became of one document, and where it is called.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppliedView {
    #[serde(flatten)]
    #[schema(value_type = schema::Applied)]
    applied: Applied,
    url: Option<String>,
}

/// Everything that is wrong with one document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedView {
    #[schema(value_type = Vec<schema::DocumentProblem>)]
    problems: Vec<Problem>,
}

/// The problem of an `apply`: an item for each document.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct InvalidDocuments {
    #[serde(flatten)]
    problem: super::openapi::Problem,
    items: Vec<AppliedView>,
}

/// Creates or updates workflows from documents, all or none.
#[utoipa::path(post, path = "/apply", operation_id = "apply", tag = "documents", request_body = Apply,
    responses((status = 200, body = Items<AppliedView>),
        (status = 422, description = "Some documents have problems; nothing was applied.",
            body = InvalidDocuments, content_type = PROBLEM)))]
pub(super) async fn apply(
    State(api): State<Arc<Api>>,
    Document(apply): Document<Apply>,
) -> Result<Json<Items<AppliedView>>, ApiError> {
    let view = |applied: Applied| AppliedView { url: applied.key.as_ref().map(|key| api.url(key)), applied };
    match api.engine.apply(apply.documents, apply.publish).await {
        Ok(applied) => Ok(Json(Items { items: applied.into_iter().map(view).collect() })),
        Err(AuthoringError::Invalid(applied)) => {
            let items: Vec<_> = applied.into_iter().map(view).collect();
            Err(ApiError::Invalid(json!(items)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Every problem of documents, nothing kept.
#[utoipa::path(post, path = "/check", operation_id = "check", tag = "documents", request_body = Check,
    responses((status = 200, body = Items<CheckedView>)))]
pub(super) async fn check(State(api): State<Arc<Api>>, Document(check): Document<Check>) -> Json<Items<CheckedView>> {
    let view = |document| CheckedView { problems: api.engine.check(document) };
    Json(Items { items: check.documents.iter().map(view).collect() })
}
