//! `workflows`.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::id::{EndpointKey, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::{Retention, WhenOff, Workflow};
use serde::{Deserialize, Serialize};

use super::Api;
use super::extract::{Name, Params};
use super::page::{self, Page};
use crate::error::ApiError;

/// A workflow in a list.
#[derive(Debug, Serialize)]
pub(super) struct WorkflowItem {
    id: WorkflowId,
    key: EndpointKey,
    url: String,
    title: String,
    description: String,
    tags: Vec<String>,
    enabled: bool,
    when_off: WhenOff,
    /// As the draft has it; null when it says nothing of use.
    mode: Option<String>,
    /// The live one; null when nothing is published.
    revision: Option<u32>,
    draft_edit: u32,
    created_at: Timestamp,
    changed_at: Timestamp,
    credentials: Option<CredentialsView>,
    retention: Retention,
}

/// Passwords are never shown.
#[derive(Debug, Serialize)]
struct CredentialsView {
    basic: BasicView,
}

#[derive(Debug, Serialize)]
struct BasicView {
    username: String,
}

/// A workflow with its draft.
#[derive(Debug, Serialize)]
pub(super) struct WorkflowView {
    #[serde(flatten)]
    item: WorkflowItem,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    cursor: Option<String>,
    limit: Option<String>,
}

/// `GET workflows`.
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

/// `GET workflows/{key}`.
pub(super) async fn get(State(api): State<Arc<Api>>, Name(key): Name) -> Result<Json<WorkflowView>, ApiError> {
    let workflow = api.engine.workflow(&key).await?;
    Ok(Json(WorkflowView::new(&api, workflow)))
}

/// `POST workflows/{key}/rotate-key`: the old key answers 410 from now on.
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
