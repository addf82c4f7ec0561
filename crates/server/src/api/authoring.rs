//! `apply` and `check`: documents as they stand in workflow files.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::problem::Problem;
use domain::value::Value;
use engine::authoring::{Applied, AuthoringError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Api;
use super::extract::Document;
use crate::error::ApiError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Apply {
    /// The contents of workflow files.
    documents: Vec<Value>,
    /// Makes them live, not only drafts.
    #[serde(default)]
    publish: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    documents: Vec<Value>,
    /// Takes the body of an `apply`; means nothing here.
    #[serde(default, rename = "publish")]
    _publish: bool,
}

/// One item for each document, in their order.
#[derive(Debug, Serialize)]
pub(super) struct Items<T> {
    items: Vec<T>,
}

#[derive(Debug, Serialize)]
pub(super) struct AppliedView {
    #[serde(flatten)]
    applied: Applied,
    url: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CheckedView {
    problems: Vec<Problem>,
}

/// `POST apply`: creates or updates workflows, all or none.
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

/// `POST check`: every problem, nothing kept.
pub(super) async fn check(State(api): State<Arc<Api>>, Document(check): Document<Check>) -> Json<Items<CheckedView>> {
    let view = |document| CheckedView { problems: api.engine.check(document) };
    Json(Items { items: check.documents.iter().map(view).collect() })
}
