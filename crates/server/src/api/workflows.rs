//! `workflows`.

use std::sync::Arc;

use axum::extract::State;
use domain::id::{EndpointKey, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::{Retention, WhenOff, Workflow};
use engine::authoring::SettingsChange;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Document, Name, Params};
use super::json::{Created, Json};
use super::openapi::{InvalidDocument, Problem};
use super::page::{self, Page, Paging};
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

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
    pub(super) fn new(api: &Api, workflow: Workflow) -> Self {
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

/// So many are read at a time: they come with their drafts, which can be large and are not shown.
const WITH_DRAFTS: u32 = 16;

/// Every workflow, newest first.
#[utoipa::path(get, path = "/workflows", operation_id = "workflow_list", tag = "workflows", params(Filter),
    responses((status = 200, body = Page<WorkflowItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<WorkflowItem>>, ApiError> {
    let paging = Paging::read(filter.cursor.as_deref(), filter.limit.as_deref())?;
    let mut items: Vec<WorkflowItem> = Vec::new();
    let mut left = paging.fetch();
    while left > 0 {
        let before = items.last().map_or(paging.before, |item| Some(item.id));
        let some = api.engine.store().workflow_list(before, left.min(WITH_DRAFTS)).await?;
        left = if some.len() < WITH_DRAFTS as usize { 0 } else { left.saturating_sub(WITH_DRAFTS) };
        items.extend(some.into_iter().map(|workflow| WorkflowView::new(&api, workflow).item));
    }
    Ok(Json(paging.page(items, |item: &WorkflowItem| item.id.to_string())))
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

/// Creates a workflow from a document as it stands in a workflow file.
///
/// The flow becomes its draft; nothing is published. Without a `key` it gets one. Defaults to switched off.
#[utoipa::path(post, path = "/workflows", operation_id = "workflow_create", tag = "workflows",
    request_body(content = Object, description = "A workflow document: the content of a workflow file, as JSON."),
    responses(
        (status = 201, description = "Created.", body = WorkflowView,
            headers(("Location" = String, description = "The new workflow."))),
        (status = 422, description = "The document has problems: `workflow.invalid`. Nothing was created.",
            body = InvalidDocument, content_type = PROBLEM)))]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    Document(document): Document<Value>,
) -> Result<Created<WorkflowView>, ApiError> {
    let workflow = api.engine.create(document).await?;
    Ok(created(&api, workflow))
}

/// A merge patch (RFC 7396): what is absent stays, null takes away.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct WorkflowPatch {
    title: Option<String>,
    description: Option<String>,
    tags: Option<Vec<String>>,
    enabled: Option<bool>,
    #[schema(value_type = Option<schema::WhenOff>)]
    when_off: (),
    #[schema(value_type = Option<schema::RetentionPatch>)]
    retention: (),
    credentials: Option<CredentialsPatch>,
}

/// Whom the endpoint lets in.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct CredentialsPatch {
    basic: Option<BasicPatch>,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct BasicPatch {
    username: Option<String>,
    /// Never shown again.
    password: Option<String>,
}

/// Changes what belongs to the workflow and not to its flow, at once.
///
/// A merge patch (RFC 7396) over `title`, `description`, `tags`, `enabled`, `when_off`, `retention` and
/// `credentials`. The draft and the revisions stay as they are.
#[utoipa::path(patch, path = "/workflows/{key}", operation_id = "workflow_change", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY)), request_body = WorkflowPatch,
    responses(
        (status = 200, description = "The workflow as it is now.", body = WorkflowView),
        (status = 422, description = "The patch has problems: `workflow.invalid`. Nothing was changed.",
            body = InvalidDocument, content_type = PROBLEM)))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    Document(patch): Document<Value>,
) -> Result<Json<WorkflowView>, ApiError> {
    let workflow = api.engine.change_settings(&key, SettingsChange(patch)).await?;
    Ok(Json(WorkflowView::new(&api, workflow)))
}

/// Deletes a workflow for good, with its draft and its samples.
///
/// Its URL answers 404 from then on. Executions stay readable until retention takes them; those that have begun
/// come to their end.
#[utoipa::path(delete, path = "/workflows/{key}", operation_id = "workflow_delete", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY)),
    responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(State(api): State<Arc<Api>>, Name(key): Name) -> Result<StatusCode, ApiError> {
    api.engine.delete(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Duplicate {
    /// When absent, made from the title there is.
    title: Option<String>,
}

/// A new workflow with the draft and the settings of this one.
///
/// It is switched off, has a key of its own and no revisions. The body may be left out.
#[utoipa::path(post, path = "/workflows/{key}/duplicate", operation_id = "workflow_duplicate", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY)), request_body = Option<Duplicate>,
    responses(
        (status = 201, description = "Created.", body = WorkflowView,
            headers(("Location" = String, description = "The new workflow."))),
        (status = 422, description = "The title cannot be one: `workflow.invalid`.", body = InvalidDocument,
            content_type = PROBLEM)))]
pub(super) async fn duplicate(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    duplicate: Option<Document<Duplicate>>,
) -> Result<Created<WorkflowView>, ApiError> {
    let Document(duplicate) = duplicate.unwrap_or_default();
    let workflow = api.engine.duplicate(&key, duplicate.title).await?;
    Ok(created(&api, workflow))
}

fn created(api: &Api, workflow: Workflow) -> Created<WorkflowView> {
    Created { at: format!("/workflows/{}", workflow.id), view: WorkflowView::new(api, workflow) }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    /// `true`: the flow of the live revision. Else that of the draft.
    #[param(value_type = bool, required = false)]
    live: Option<String>,
}

/// The workflow as a document for a workflow file.
///
/// `POST /apply` and `hookflow apply` take it. Passwords are left out; applied to the same workflow, the stored
/// one stays. A draft is exported as it stands, problems and all.
#[utoipa::path(get, path = "/workflows/{key}/export", operation_id = "workflow_export", tag = "workflows",
    params(("key" = String, Path, description = schema::KEY), Export),
    responses(
        (status = 200, description = "The document.", body = Object),
        (status = 409, description = "No revision is live: `workflow.not_live`.", body = Problem,
            content_type = PROBLEM)))]
pub(super) async fn export(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    Params(export): Params<Export>,
) -> Result<Json<Value>, ApiError> {
    let live = page::read(export.live.as_deref(), "live", "true or false")?.unwrap_or(false);
    Ok(Json(api.engine.export(&key, live).await?))
}

/// The workflow a list is narrowed to: a key, or a `wf_…` id, also of one that was deleted.
pub(super) async fn narrowed_to(api: &Api, workflow: Option<&str>) -> Result<Option<WorkflowId>, ApiError> {
    match workflow {
        None => Ok(None),
        Some(id) if id.parse::<WorkflowId>().is_ok() => Ok(id.parse().ok()),
        Some(key) => Ok(Some(api.engine.workflow(key).await?.id)),
    }
}
