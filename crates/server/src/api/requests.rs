//! `requests`: every request an endpoint has seen, refused ones with their cause.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::event::query;
use domain::id::{EndpointKey, ExecutionId, NotAnId, RequestId, WorkflowId};
use domain::time::Timestamp;
use domain::token::Scope;
use domain::value::Value;
use serde::{Deserialize, Serialize};
use store::{Execution, Outcome, RefusedRequest, RequestFilter, RequestHead};
use utoipa::{IntoParams, ToSchema};

use super::auth::Holder;
use super::extract::{Name, Params};
use super::page::{Page, Paging};
use super::views::{BodyView, Lines};
use super::workflows::narrowed_to;
use super::{Api, masked, schema};
use crate::error::ApiError;

/// A request in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestItem {
    /// `ex_…` of an accepted one, which stands in its execution; `req_…` of a refused one.
    #[schema(value_type = schema::RequestId)]
    id: String,
    #[schema(value_type = schema::WorkflowId)]
    workflow_id: WorkflowId,
    #[schema(value_type = schema::Key)]
    workflow_key: EndpointKey,
    #[schema(value_type = schema::Time)]
    received_at: Timestamp,
    method: String,
    remote_addr: String,
    /// `accepted` or `refused`.
    #[schema(value_type = schema::Outcome)]
    outcome: &'static str,
    /// What an accepted one became.
    #[schema(value_type = Option<schema::ExecutionId>)]
    execution_id: Option<ExecutionId>,
    /// Why a refused one was turned away.
    code: Option<String>,
    /// What the sender of a refused one was told.
    status: Option<u16>,
}

impl From<RequestHead> for RequestItem {
    fn from(head: RequestHead) -> Self {
        let (id, outcome, execution_id, code, status) = match head.outcome {
            Outcome::Accepted { execution } => (execution.to_string(), ACCEPTED, Some(execution), None, None),
            Outcome::Refused { request, code, status } => {
                (request.to_string(), REFUSED, None, Some(code), Some(status))
            }
        };
        Self {
            id,
            workflow_id: head.workflow,
            workflow_key: head.workflow_key,
            received_at: head.received_at,
            method: head.method,
            remote_addr: head.remote_addr.to_string(),
            outcome,
            execution_id,
            code,
            status,
        }
    }
}

const ACCEPTED: &str = "accepted";
const REFUSED: &str = "refused";
pub(super) const OUTCOMES: [&str; 2] = [ACCEPTED, REFUSED];

/// A request with what was kept of it. Of a refused body these are the first bytes, as they came.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestView {
    #[serde(flatten)]
    item: RequestItem,
    /// The cause in a sentence.
    detail: Option<String>,
    #[schema(value_type = Vec<schema::Line>)]
    headers: Lines,
    query_string: String,
    query: Value,
    #[serde(flatten)]
    body: BodyView,
}

impl From<RefusedRequest> for RequestView {
    fn from(request: RefusedRequest) -> Self {
        Self {
            detail: Some(request.detail),
            headers: request.headers,
            query: query::parse(&request.query_string),
            query_string: request.query_string,
            body: BodyView::from(&request.body[..]),
            item: RequestItem {
                id: request.id.to_string(),
                workflow_id: request.workflow,
                workflow_key: request.workflow_key,
                received_at: request.received_at,
                method: request.method,
                remote_addr: request.remote_addr.to_string(),
                outcome: REFUSED,
                execution_id: None,
                code: Some(request.code),
                status: Some(request.status),
            },
        }
    }
}

impl From<Execution> for RequestView {
    fn from(execution: Execution) -> Self {
        let Execution { head, event, .. } = execution;
        Self {
            detail: None,
            query: query::parse(&event.query_string),
            body: BodyView::from(&event.body[..]),
            headers: event.headers,
            query_string: event.query_string,
            item: RequestItem {
                id: head.id.to_string(),
                workflow_id: head.workflow,
                workflow_key: head.workflow_key,
                received_at: event.received_at,
                method: event.method,
                remote_addr: event.remote_addr.to_string(),
                outcome: ACCEPTED,
                execution_id: Some(head.id),
                code: None,
                status: None,
            },
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// A workflow's key or its `wf_…` id, also of one that was deleted.
    #[param(value_type = String, required = false)]
    workflow: Option<String>,
    #[param(value_type = schema::Outcome, required = false)]
    outcome: Option<String>,
    /// What `next_cursor` said.
    #[param(value_type = schema::RequestId, required = false)]
    cursor: Option<String>,
    /// How many items at most; 50 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Every request the endpoints have seen, newest first.
#[utoipa::path(get, path = "/requests", operation_id = "request_list", tag = "requests", params(Filter),
    responses((status = 200, body = Page<RequestItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<RequestItem>>, ApiError> {
    let paging: Paging<Id> = Paging::read(filter.cursor.as_deref(), filter.limit.as_deref())?;
    let accepted = match filter.outcome.as_deref() {
        None => None,
        Some(ACCEPTED) => Some(true),
        Some(REFUSED) => Some(false),
        Some(_) => return Err(ApiError::Query(format!("outcome is {ACCEPTED} or {REFUSED}."))),
    };
    let wanted = RequestFilter {
        workflow: narrowed_to(&api, filter.workflow.as_deref()).await?,
        accepted,
        before: paging.before.map(Id::to_bytes),
        limit: paging.fetch(),
    };
    let items = api.engine.store().request_list(wanted).await?.into_iter().map(RequestItem::from).collect();
    Ok(Json(paging.page(items, |item: &RequestItem| item.id.clone())))
}

/// One request with what was kept of it.
#[utoipa::path(get, path = "/requests/{id}", operation_id = "request_get", tag = "requests",
    params(("id" = schema::RequestId, Path)), responses((status = 200, body = RequestView)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Name(id): Name,
) -> Result<Json<RequestView>, ApiError> {
    let store = api.engine.store();
    let request = match id.parse().map_err(|_| ApiError::Unknown("request"))? {
        Id::Accepted(id) => store.execution_get(id).await?.map(RequestView::from),
        Id::Refused(id) => store.request_get(id).await?.map(RequestView::from),
    };
    let mut request = request.ok_or(ApiError::Unknown("request"))?;
    if !holder.may(Scope::Operate) {
        masked::lines(&mut request.headers);
    }
    Ok(Json(request))
}

/// Names a request, and its place in the list.
#[derive(Debug, Clone, Copy)]
enum Id {
    Accepted(ExecutionId),
    Refused(RequestId),
}

impl Id {
    const fn to_bytes(self) -> [u8; 16] {
        match self {
            Self::Accepted(id) => id.to_bytes(),
            Self::Refused(id) => id.to_bytes(),
        }
    }
}

impl std::str::FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.parse().map(Self::Accepted).or_else(|_| text.parse().map(Self::Refused))
    }
}
