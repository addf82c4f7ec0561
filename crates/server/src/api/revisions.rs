//! `workflows/{key}/revisions`: what was published, never changed again.

use std::sync::Arc;

use axum::extract::State;
use domain::id::RevisionId;
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::{Revision, Workflow};
use serde::{Deserialize, Serialize};
use store::RevisionHead;
use utoipa::{IntoParams, ToSchema};

use super::extract::{Name, Names, Params};
use super::json::Json;
use super::openapi::InvalidDocument;
use super::page::{Page, Paging};
use super::workflows::WorkflowView;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// A revision in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionItem {
    /// From 1, without gaps.
    number: u32,
    #[schema(value_type = schema::RevisionId)]
    id: RevisionId,
    note: String,
    #[schema(value_type = schema::Time)]
    published_at: Timestamp,
    /// Whether it answers the workflow's URL.
    live: bool,
}

impl RevisionItem {
    fn new(workflow: &Workflow, revision: RevisionHead) -> Self {
        Self {
            live: workflow.live == Some(revision.number),
            number: revision.number,
            id: revision.id,
            note: revision.note,
            published_at: revision.published_at,
        }
    }
}

/// A revision with its flow.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevisionView {
    #[serde(flatten)]
    item: RevisionItem,
    /// `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`.
    #[schema(value_type = Object)]
    flow: Value,
}

impl RevisionView {
    fn new(workflow: &Workflow, revision: Revision) -> Self {
        let Revision { id, number, note, published_at, flow, .. } = revision;
        Self { item: RevisionItem::new(workflow, RevisionHead { id, number, note, published_at }), flow }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// What `next_cursor` said.
    #[param(value_type = u32, required = false)]
    cursor: Option<String>,
    /// How many items at most; 50 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// The revisions of a workflow, newest first.
#[utoipa::path(get, path = "/workflows/{key}/revisions", operation_id = "revision_list", tag = "revisions",
    params(("key" = String, Path, description = schema::KEY), Filter),
    responses((status = 200, description = "A page of them.", body = Page<RevisionItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<RevisionItem>>, ApiError> {
    let paging = Paging::read(filter.cursor.as_deref(), filter.limit.as_deref())?;
    let workflow = api.engine.workflow(&key).await?;
    let revisions = api.engine.store().revision_list(workflow.id, paging.before, paging.fetch()).await?;
    let items = revisions.into_iter().map(|revision| RevisionItem::new(&workflow, revision)).collect();
    Ok(Json(paging.page(items, |item: &RevisionItem| item.number.to_string())))
}

/// One revision with its flow.
#[utoipa::path(get, path = "/workflows/{key}/revisions/{number}", operation_id = "revision_get", tag = "revisions",
    params(("key" = String, Path, description = schema::KEY),
        ("number" = u32, Path, description = "The revision's number.")),
    responses((status = 200, description = "The revision.", body = RevisionView)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    Names([key, number]): Names<2>,
) -> Result<Json<RevisionView>, ApiError> {
    let workflow = api.engine.workflow(&key).await?;
    let revision = api.engine.store().revision_get(workflow.id, read(&number)?).await?;
    let revision = revision.ok_or(ApiError::Unknown("revision"))?;
    Ok(Json(RevisionView::new(&workflow, revision)))
}

/// Makes a revision live, again or for the first time.
///
/// It answers the workflow's URL from then on; executions that have begun stay with theirs. The draft stays
/// as it is.
#[utoipa::path(post, path = "/workflows/{key}/revisions/{number}/activate", operation_id = "revision_activate",
    tag = "revisions",
    params(("key" = String, Path, description = schema::KEY),
        ("number" = u32, Path, description = "The revision's number.")),
    responses(
        (status = 200, description = "The workflow, with this revision live.", body = WorkflowView),
        (status = 422, description = "This server cannot run the revision any more: `workflow.invalid`.",
            body = InvalidDocument, content_type = PROBLEM)))]
pub(super) async fn activate(
    State(api): State<Arc<Api>>,
    Names([key, number]): Names<2>,
) -> Result<Json<WorkflowView>, ApiError> {
    let workflow = api.engine.activate(&key, read(&number)?).await?;
    Ok(Json(WorkflowView::new(&api, workflow)))
}

fn read(number: &str) -> Result<u32, ApiError> {
    number.parse().map_err(|_| ApiError::Unknown("revision"))
}
