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
use store::{Execution, Outcome, RefusedRequest, RequestFilter, RequestHead, Store};
use utoipa::{IntoParams, ToSchema};

use super::auth::Holder;
use super::extract::{Name, Params};
use super::page::{self, Page, Paging};
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
    /// The same in a sentence.
    detail: Option<String>,
    /// Of the body; of a refused one's, those that were kept.
    bytes: u64,
}

impl From<RequestHead> for RequestItem {
    fn from(head: RequestHead) -> Self {
        let (id, outcome, execution_id, refused) = match head.outcome {
            Outcome::Accepted { execution } => (execution.to_string(), ACCEPTED, Some(execution), None),
            Outcome::Refused { request, code, status, detail } => {
                (request.to_string(), REFUSED, None, Some((code, status, detail)))
            }
        };
        let (code, status, detail) = match refused {
            Some((code, status, detail)) => (Some(code), Some(status), Some(detail)),
            None => (None, None, None),
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
            detail,
            bytes: head.bytes,
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
                detail: Some(request.detail),
                bytes: request.body.len() as u64,
            },
        }
    }
}

impl From<Execution> for RequestView {
    fn from(execution: Execution) -> Self {
        let Execution { head, event, .. } = execution;
        Self {
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
                detail: None,
                bytes: event.body.len() as u64,
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
    /// Refused with this code.
    #[param(value_type = String, required = false)]
    code: Option<String>,
    /// Refused with this status, such as `404`, or with one of a class such as `4xx`.
    #[param(value_type = schema::Statuses, required = false)]
    status: Option<String>,
    /// A request's id, or a text that stands in the query string, the headers or what was kept of the body, as it
    /// was sent but for upper and lower case of ASCII letters. A text takes the scope `operate`.
    #[param(value_type = String, required = false, max_length = 200)]
    q: Option<String>,
    /// Received then or later.
    #[param(value_type = schema::Time, required = false)]
    from: Option<String>,
    /// Received before.
    #[param(value_type = schema::Time, required = false)]
    to: Option<String>,
    /// What `next_cursor` said.
    #[param(value_type = schema::RequestId, required = false)]
    cursor: Option<String>,
    /// How many items at most; 50 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Every request the endpoints have seen, newest first: those received at `from` or later and before `to`.
///
/// A page looks at a bounded number of requests: of many that do not match it may hold few, or none, and
/// `next_cursor` leads on all the same.
#[utoipa::path(get, path = "/requests", operation_id = "request_list", tag = "requests", params(Filter),
    responses((status = 200, body = Page<RequestItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<RequestItem>>, ApiError> {
    masked::search(&holder, filter.q.as_deref(), |text| text.parse::<Id>().is_ok())?;
    let paging: Paging<Id> = Paging::read(filter.cursor.as_deref(), filter.limit.as_deref())?;
    let accepted = match filter.outcome.as_deref() {
        None => None,
        Some(ACCEPTED) => Some(true),
        Some(REFUSED) => Some(false),
        Some(_) => return Err(ApiError::Query(format!("outcome is {ACCEPTED} or {REFUSED}."))),
    };
    let to: Option<Timestamp> = page::read(filter.to.as_deref(), "to", page::TIME)?;
    // Ids begin with the time, and all share one layout.
    let before = [paging.before.map(Id::to_bytes), to.map(|to| RequestId::new(to, 0).to_bytes())];
    let wanted = RequestFilter {
        workflow: narrowed_to(&api, filter.workflow.as_deref()).await?,
        accepted,
        code: filter.code,
        status: page::statuses(filter.status.as_deref(), "status")?,
        text: page::text(filter.q.as_deref())?,
        from: page::read(filter.from.as_deref(), "from", page::TIME)?,
        before: before.into_iter().flatten().min(),
        limit: paging.limit(),
    };
    let store = api.engine.store();
    if let Some(id) = wanted.text.as_deref().and_then(|text| text.parse::<Id>().ok()) {
        let is_wanted = |item: &RequestItem| {
            wanted.workflow.is_none_or(|workflow| workflow == item.workflow_id)
                && wanted.accepted.is_none_or(|accepted| accepted == item.execution_id.is_some())
                && wanted.code.as_ref().is_none_or(|code| item.code.as_ref() == Some(code))
        };
        let item = find(store.as_ref(), id).await?.map(|view| view.item).filter(is_wanted);
        return Ok(Json(Page::part(item.into_iter().collect(), None)));
    }
    let found = store.request_list(wanted).await?;
    let items = found.items.into_iter().map(RequestItem::from).collect();
    // The prefix tells kinds apart for people; the place in the list is in the rest.
    Ok(Json(Page::part(items, found.next.map(|place| RequestId::from_bytes(place).to_string()))))
}

async fn find(store: &dyn Store, id: Id) -> Result<Option<RequestView>, ApiError> {
    Ok(match id {
        Id::Accepted(id) => store.execution_get(id).await?.map(RequestView::from),
        Id::Refused(id) => store.request_get(id).await?.map(RequestView::from),
    })
}

/// One request with what was kept of it.
#[utoipa::path(get, path = "/requests/{id}", operation_id = "request_get", tag = "requests",
    params(("id" = schema::RequestId, Path)), responses((status = 200, body = RequestView)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Name(id): Name,
) -> Result<Json<RequestView>, ApiError> {
    let id = id.parse().map_err(|_| ApiError::Unknown("request"))?;
    let request = find(api.engine.store().as_ref(), id).await?;
    let mut request = request.ok_or(ApiError::Unknown("request"))?;
    if !holder.may(Scope::Operate) {
        masked::lines(&mut request.headers);
    }
    Ok(Json(request))
}

/// Names a request, and its place in the list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Id {
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
