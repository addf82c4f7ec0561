//! `workflows`.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::id::{EndpointKey, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::{Retention, WhenOff, Workflow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::extract::{Name, Params};
use super::page::{self, Page};
use super::schema;
use crate::error::ApiError;

/// A workflow in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowItem {
    #[schema(value_type = schema::WorkflowId)]
    id: WorkflowId,
    #[schema(value_type = schema::Key)]
    key: EndpointKey,
    url: String,
    title: String,
    description: String,
    tags: Vec<String>,
    enabled: bool,
    #[schema(value_type = schema::WhenOff)]
    when_off: WhenOff,
    /// As the draft has it; null when it says nothing of use.
    mode: Option<String>,
    /// The live one; null when nothing is published.
    revision: Option<u32>,
    draft_edit: u32,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    changed_at: Timestamp,
    credentials: Option<CredentialsView>,
    #[schema(value_type = schema::Retention)]
    retention: Retention,
}

/// Passwords are never shown.
#[derive(Debug, Serialize, ToSchema)]
struct CredentialsView {
    basic: BasicView,
}

#[derive(Debug, Serialize, ToSchema)]
struct BasicView {
    username: String,
}

/// A workflow with its draft.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkflowView {
    #[serde(flatten)]
    item: WorkflowItem,
    /// As last saved: `mode`, `timeout_ms`, `answer_deadline_ms`, `trigger`, `nodes`; it may have problems.
    draft: Value,
}

impl WorkflowView {
    fn new(api: &Api, workflow: Workflow) -> Self {
        let settings = workflow.settings;
        let item = WorkflowItem {
            id: workflow.id,
            url: api.url(&workflow.key),
            key: workflow.key,
            title: settings.title,
            description: settings.description,
            tags: settings.tags,
            enabled: settings.enabled,
            when_off: settings.when_off,
            mode: workflow.draft.get("mode").and_then(Value::as_str).map(str::to_owned),
            revision: workflow.live,
            draft_edit: workflow.edit,
            created_at: workflow.created_at,
            changed_at: workflow.changed_at,
            credentials: settings
                .credentials
                .map(|basic| CredentialsView { basic: BasicView { username: basic.username } }),
            retention: settings.retention,
        };
        Self { item, draft: workflow.draft }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// What `next_cursor` said.
    #[param(value_type = schema::WorkflowId, required = false)]
    cursor: Option<String>,
    /// How many items at most; 50 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Every workflow, newest first.
#[utoipa::path(get, path = "/workflows", operation_id = "workflow_list", tag = "workflows", params(Filter),
    responses((status = 200, body = Page<WorkflowItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<WorkflowItem>>, ApiError> {
    let limit = page::limit(filter.limit.as_deref())?;
    let before = page::read(filter.cursor.as_deref(), "cursor", "what next_cursor said")?;
    let workflows = api.engine.store().workflow_list(before, limit + 1).await?;
    let items = workflows.into_iter().map(|workflow| WorkflowView::new(&api, workflow).item).collect();
    Ok(Json(Page::cut(items, limit, |item: &WorkflowItem| item.id.to_string())))
}

/// One workflow with its draft.
#[utoipa::path(get, path = "/workflows/{key}", operation_id = "workflow_get", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY)), responses((status = 200, body = WorkflowView)))]
pub(super) async fn get(State(api): State<Arc<Api>>, Name(key): Name) -> Result<Json<WorkflowView>, ApiError> {
    let workflow = api.engine.workflow(&key).await?;
    Ok(Json(WorkflowView::new(&api, workflow)))
}

/// Gives the workflow a new key; the old one answers 410 from now on.
#[utoipa::path(post, path = "/workflows/{key}/rotate-key", operation_id = "workflow_rotate_key", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY)), responses((status = 200, body = WorkflowView)))]
pub(super) async fn rotate_key(State(api): State<Arc<Api>>, Name(key): Name) -> Result<Json<WorkflowView>, ApiError> {
    let workflow = api.engine.rotate(&key).await?;
    Ok(Json(WorkflowView::new(&api, workflow)))
}

/// The workflow a list is narrowed to: a key, or a `wf_…` id, also of one that was deleted.
pub(super) async fn narrowed_to(api: &Api, workflow: Option<&str>) -> Result<Option<WorkflowId>, ApiError> {
    match workflow {
        None => Ok(None),
        Some(id) if id.parse::<WorkflowId>().is_ok() => Ok(id.parse().ok()),
        Some(key) => Ok(Some(api.engine.workflow(key).await?.id)),
    }
}
