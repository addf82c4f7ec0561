//! `executions`.

use std::sync::Arc;

use super::json::Json;
use axum::extract::State;
use domain::event::Event;
use domain::execution::journal::{self, NodeError, NodeRun};
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::flow::document::{Mode, NodeKey};
use domain::id::{EndpointKey, ExecutionId, WorkflowId};
use domain::template::Missing;
use domain::time::Timestamp;
use domain::token::Scope;
use domain::value::Value;
use serde::{Deserialize, Serialize};
use store::{Execution, ExecutionFilter, ExecutionHead, SentAnswer};
use utoipa::{IntoParams, ToSchema};

use super::auth::Holder;
use super::extract::{Name, Params};
use super::page::{self, Page, Paging};
use super::views::{BodyView, Lines, WrittenView};
use super::workflows::narrowed_to;
use super::{Api, masked, schema};
use crate::error::ApiError;
use crate::standing;

/// An execution in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExecutionItem {
    #[schema(value_type = schema::ExecutionId)]
    id: ExecutionId,
    #[schema(value_type = schema::WorkflowId)]
    workflow_id: WorkflowId,
    #[schema(value_type = schema::Key)]
    workflow_key: EndpointKey,
    /// Null for a test, which runs a copy of the draft.
    revision: Option<u32>,
    #[schema(value_type = schema::Status)]
    status: Status,
    #[schema(value_type = schema::Mode)]
    mode: Mode,
    #[schema(value_type = Option<schema::Reason>)]
    reason: Option<Reason>,
    answer_status: Option<u16>,
    #[schema(value_type = schema::Time)]
    accepted_at: Timestamp,
    #[schema(value_type = Option<schema::Time>)]
    finished_at: Option<Timestamp>,
    #[schema(value_type = Option<schema::ExecutionId>)]
    replay_of: Option<ExecutionId>,
    /// The draft was run, not a revision.
    test: bool,
}

impl From<ExecutionHead> for ExecutionItem {
    fn from(head: ExecutionHead) -> Self {
        Self {
            id: head.id,
            workflow_id: head.workflow,
            workflow_key: head.workflow_key,
            revision: head.revision,
            status: head.status,
            mode: head.mode,
            reason: head.reason,
            answer_status: head.answer_status,
            accepted_at: head.accepted_at,
            finished_at: head.finished_at,
            replay_of: head.replay_of,
            test: head.revision.is_none(),
        }
    }
}

/// An execution with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExecutionView {
    #[serde(flatten)]
    item: ExecutionItem,
    event: EventView,
    /// In the order they began.
    node_runs: Vec<NodeRunView>,
    /// Exactly as sent; null when nothing was sent yet.
    answer: Option<AnswerView>,
    #[schema(value_type = Vec<schema::ExecutionId>)]
    replays: Vec<ExecutionId>,
    notes: Vec<String>,
}

/// An accepted request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    #[serde(flatten)]
    written: WrittenView,
    remote_addr: String,
    #[schema(value_type = schema::Time)]
    received_at: Timestamp,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            written: WrittenView::new(event.method, event.headers, event.query_string, &event.body),
            remote_addr: event.remote_addr.to_string(),
            received_at: event.received_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct NodeRunView {
    #[schema(value_type = schema::NodeKey)]
    node: NodeKey,
    kind: String,
    /// The path of loop indexes, `""` outside loops.
    visit: String,
    attempt: u32,
    #[schema(value_type = schema::NodeStatus)]
    status: NodeStatus,
    #[schema(value_type = Value)]
    input: Option<Value>,
    #[schema(value_type = Value)]
    result: Option<Value>,
    #[schema(value_type = Option<schema::NodeError>)]
    error: Option<NodeError>,
    #[schema(value_type = Vec<schema::Missing>)]
    missing: Vec<Missing>,
    #[schema(value_type = schema::Time)]
    started_at: Timestamp,
    #[schema(value_type = Option<schema::Time>)]
    finished_at: Option<Timestamp>,
}

impl From<NodeRun> for NodeRunView {
    fn from(run: NodeRun) -> Self {
        Self {
            node: run.node,
            kind: run.kind,
            visit: run.visit,
            attempt: run.attempt,
            status: run.status,
            input: run.input,
            result: run.result,
            error: run.error,
            missing: run.missing,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct AnswerView {
    status: u16,
    #[schema(value_type = Vec<schema::Line>)]
    headers: Lines,
    #[serde(flatten)]
    body: BodyView,
    #[schema(value_type = schema::Time)]
    sent_at: Timestamp,
}

impl AnswerView {
    fn new(sent: &SentAnswer, execution: ExecutionId) -> Self {
        let headers = standing::outgoing(&sent.answer, execution);
        let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            status: sent.answer.status,
            headers: headers.iter().map(line).collect(),
            body: BodyView::from(&sent.answer.body[..]),
            sent_at: sent.sent_at,
        }
    }
}

impl ExecutionView {
    /// For those who only look on.
    fn mask(&mut self) {
        self.event.written.mask();
        if let Some(answer) = &mut self.answer {
            masked::lines(&mut answer.headers);
        }
        for run in &mut self.node_runs {
            run.input.iter_mut().chain(&mut run.result).for_each(masked::value);
        }
    }
}

impl From<Execution> for ExecutionView {
    fn from(execution: Execution) -> Self {
        let answer = execution.answer.as_ref().map(|sent| AnswerView::new(sent, execution.head.id));
        Self {
            item: execution.head.into(),
            event: execution.event.into(),
            node_runs: journal::latest(execution.records).into_iter().map(Into::into).collect(),
            answer,
            replays: execution.replays,
            notes: execution.notes,
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
    #[param(value_type = schema::Status, required = false)]
    status: Option<String>,
    /// Accepted then or later.
    #[param(value_type = schema::Time, required = false)]
    from: Option<String>,
    /// Accepted before.
    #[param(value_type = schema::Time, required = false)]
    to: Option<String>,
    /// What `next_cursor` said.
    #[param(value_type = schema::ExecutionId, required = false)]
    cursor: Option<String>,
    /// How many items at most; 50 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Executions, newest first: those accepted at `from` or later and before `to`.
#[utoipa::path(get, path = "/executions", operation_id = "execution_list", tag = "executions", params(Filter),
    responses((status = 200, body = Page<ExecutionItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<ExecutionItem>>, ApiError> {
    const TIME: &str = "a time such as 2026-11-22T10:00:00Z";
    let paging = Paging::read(filter.cursor.as_deref(), filter.limit.as_deref())?;
    let from: Option<Timestamp> = page::read(filter.from.as_deref(), "from", TIME)?;
    let to: Option<Timestamp> = page::read(filter.to.as_deref(), "to", TIME)?;
    // Ids begin with the time.
    let before = [paging.before, to.map(|to| ExecutionId::new(to, 0))].into_iter().flatten().min();
    let wanted = ExecutionFilter {
        workflow: narrowed_to(&api, filter.workflow.as_deref()).await?,
        status: page::read(filter.status.as_deref(), "status", STATUSES)?,
        before,
        limit: paging.fetch(),
    };
    let items = api.engine.store().execution_list(wanted).await?.into_iter().map(ExecutionItem::from).collect();
    let page = paging.page(items, |item: &ExecutionItem| item.id.to_string());
    Ok(Json(page.until(|item| from.is_none_or(|from| item.accepted_at >= from))))
}

const STATUSES: &str = "one of queued, running, waiting, succeeded, failed, error, timed_out, cancelled";

/// One execution with event, node runs and answer.
#[utoipa::path(get, path = "/executions/{id}", operation_id = "execution_get", tag = "executions",
    params(("id" = schema::ExecutionId, Path)), responses((status = 200, body = ExecutionView)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Name(id): Name,
) -> Result<Json<ExecutionView>, ApiError> {
    let Json(mut view) = view(&api, read(&id)?).await?;
    if !holder.may(Scope::Operate) {
        view.mask();
    }
    Ok(Json(view))
}

/// The execution as it is now.
pub(super) async fn view(api: &Api, id: ExecutionId) -> Result<Json<ExecutionView>, ApiError> {
    let execution = api.engine.store().execution_get(id).await?.ok_or(ApiError::Unknown("execution"))?;
    Ok(Json(execution.into()))
}

/// The id in a path: what is no id names nothing.
pub(super) fn read(id: &str) -> Result<ExecutionId, ApiError> {
    id.parse().map_err(|_| ApiError::Unknown("execution"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problem_names_every_status() {
        let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(STATUSES, format!("one of {}", words.join(", ")));
    }
}
