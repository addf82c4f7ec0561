//! `workflows/{key}/draft` and `publish`: the flow as it is edited, and how it becomes live.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::problem::Problem;
use domain::time::Timestamp;
use domain::value::Value;
use engine::authoring;
use http::header::ETAG;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::etag::{self, IfMatch};
use super::extract::{Document, Name};
use super::json::Json;
use super::openapi::{DraftConflict, InvalidDocument, Problem as ProblemShape};
use super::workflows::WorkflowView;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// The editable flow and everything that is wrong with it. One with problems is kept, but cannot be published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DraftView {
    /// Counts saves; the `ETag` is this number in quotes.
    edit: u32,
    /// `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`.
    #[schema(value_type = Object)]
    flow: Value,
    #[schema(value_type = Vec<schema::DocumentProblem>)]
    problems: Vec<Problem>,
    #[schema(value_type = schema::Time)]
    changed_at: Timestamp,
}

/// With its `ETag`.
impl IntoResponse for DraftView {
    fn into_response(self) -> Response {
        ([(ETAG, etag::tag(self.edit))], Json(self)).into_response()
    }
}

impl From<authoring::Draft> for DraftView {
    fn from(draft: authoring::Draft) -> Self {
        Self { edit: draft.edit, flow: draft.flow, problems: draft.problems, changed_at: draft.changed_at }
    }
}

/// The draft of a workflow, and what is wrong with it.
///
/// Keep the `ETag`: a save sends it back, so that nobody's edits are lost.
#[utoipa::path(get, path = "/workflows/{key}/draft", operation_id = "draft_get", tag = "drafts",
    params(("key" = String, Path, description = schema::KEY)),
    responses((status = 200, description = "The draft.", body = DraftView,
        headers(("ETag" = String, description = "The edit's number in quotes.")))))]
pub(super) async fn get(State(api): State<Arc<Api>>, Name(key): Name) -> Result<DraftView, ApiError> {
    Ok(api.engine.draft(&key).await?.into())
}

/// Saves the draft.
///
/// It is kept as it is sent, problems and all, and answered with them. Nothing goes live.
#[utoipa::path(put, path = "/workflows/{key}/draft", operation_id = "draft_save", tag = "drafts",
    params(("key" = String, Path, description = schema::KEY),
        ("If-Match" = schema::EditTag, Header, description = "The `ETag` of the draft that was edited, such as `\"7\"`; \
            `*` saves over whatever is there.")),
    request_body(content = Object, description = "The flow: `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, \
        `nodes`, as in a workflow file."),
    responses(
        (status = 200, description = "Saved, as it is now.", body = DraftView,
            headers(("ETag" = String, description = "The edit's number in quotes."))),
        (status = 400, description = "`If-Match` is no ETag of a draft (`draft.if_match`), or the body is not JSON \
            (`api.body`).", body = ProblemShape, content_type = PROBLEM),
        (status = 409, description = "Someone else saved first: `draft.conflict`. Get the draft, bring both edits \
            together, save with its `ETag`.", body = DraftConflict, content_type = PROBLEM),
        (status = 422, description = "No flow at all, or too large to be one: `workflow.invalid`. Nothing was saved.",
            body = InvalidDocument, content_type = PROBLEM),
        (status = 428, description = "`If-Match` is missing: `draft.if_match`.", body = ProblemShape,
            content_type = PROBLEM)))]
pub(super) async fn save(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    IfMatch(expected): IfMatch,
    Document(flow): Document<Value>,
) -> Result<DraftView, ApiError> {
    Ok(api.engine.save_draft(&key, flow, expected).await?.into())
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// What changed, for whoever reads the list of revisions.
    #[serde(default)]
    note: String,
}

/// What publishing came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedView {
    workflow: WorkflowView,
    /// The live revision's number.
    revision: u32,
    /// `false`: the draft was live already, and no revision was made.
    changed: bool,
}

/// Makes the draft the live revision.
///
/// From then on it answers the workflow's URL. A draft that is live already makes no new revision.
/// The body may be left out.
#[utoipa::path(post, path = "/workflows/{key}/publish", operation_id = "draft_publish", tag = "drafts",
    params(("key" = String, Path, description = schema::KEY),
        ("If-Match" = Option<schema::EditTag>, Header, description = "The `ETag` of the draft that is meant. When absent, \
            whatever the draft is by now.")),
    request_body = Option<Publish>,
    responses(
        (status = 200, description = "Live.", body = PublishedView),
        (status = 400, description = "`If-Match` is no ETag of a draft (`draft.if_match`), or the body is not as it \
            should be (`api.body`).", body = ProblemShape, content_type = PROBLEM),
        (status = 409, description = "Someone saved the draft meanwhile: `draft.conflict`. Nothing was published.",
            body = DraftConflict, content_type = PROBLEM),
        (status = 422, description = "The draft has problems: `workflow.invalid`. Nothing was published.",
            body = InvalidDocument, content_type = PROBLEM)))]
pub(super) async fn publish(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    expected: Option<IfMatch>,
    publish: Option<Document<Publish>>,
) -> Result<Json<PublishedView>, ApiError> {
    let Document(publish) = publish.unwrap_or_default();
    let published = api.engine.publish(&key, publish.note, expected.and_then(|IfMatch(edit)| edit)).await?;
    Ok(Json(PublishedView {
        workflow: WorkflowView::new(&api, published.workflow),
        revision: published.revision,
        changed: published.changed,
    }))
}
