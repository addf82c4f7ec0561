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
use store::{Cause, Execution, ExecutionFilter, ExecutionHead, Listed, SentAnswer};
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
    /// Of the request.
    method: String,
    /// Why it ended as `failed`, `error` or `timed_out`, as far as is known at a glance; null in the live feed.
    cause: Option<CauseView>,
}

/// What ended an execution.
#[derive(Debug, Serialize, ToSchema)]
struct CauseView {
    /// Null: none of its nodes.
    #[schema(value_type = Option<schema::NodeKey>)]
    node: Option<NodeKey>,
    code: String,
    message: String,
}

impl From<Cause> for CauseView {
    fn from(Cause { node, error }: Cause) -> Self {
        Self { node, code: error.code, message: error.message }
    }
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
            method: head.method,
            cause: None,
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
            kind: run.kind.as_ref().to_owned(),
            visit: run.visit,
            attempt: run.attempt,
            status: run.status,
            input: run.input.map(Arc::unwrap_or_clone),
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
        let cause = Cause::of(execution.head.status, execution.notes.last(), execution.records.last());
        let item = ExecutionItem { cause: cause.map(Into::into), ..execution.head.into() };
        Self {
            item,
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
    /// The status that the caller got, such as `404`, or a class such as `4xx`.
    #[param(value_type = schema::Statuses, required = false)]
    answer: Option<String>,
    /// `true`: only tests of a draft; `false`: none of them.
    #[param(value_type = bool, required = false)]
    test: Option<String>,
    /// An execution's id, or a text that stands in the query string, the headers or the body of the request, as it
    /// was sent but for upper and lower case of ASCII letters. A text takes the scope `operate`.
    #[param(value_type = String, required = false, max_length = 200)]
    q: Option<String>,
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

impl Filter {
    async fn read(&self, api: &Api) -> Result<ExecutionFilter, ApiError> {
        let paging: Paging<ExecutionId> = Paging::read(self.cursor.as_deref(), self.limit.as_deref())?;
        let to: Option<Timestamp> = page::read(self.to.as_deref(), "to", page::TIME)?;
        // Ids begin with the time.
        let before = [paging.before, to.map(|to| ExecutionId::new(to, 0))].into_iter().flatten().min();
        Ok(ExecutionFilter {
            status: page::read(self.status.as_deref(), "status", STATUSES)?,
            answer: page::statuses(self.answer.as_deref(), "answer")?,
            test: page::flag(self.test.as_deref(), "test")?,
            text: page::text(self.q.as_deref())?,
            from: page::read(self.from.as_deref(), "from", page::TIME)?,
            before,
            limit: paging.limit(),
            workflow: narrowed_to(api, self.workflow.as_deref()).await?,
        })
    }
}

/// Executions, newest first: those accepted at `from` or later and before `to`.
///
/// A page looks at a bounded number of executions: of many that do not match it may hold few, or none, and
/// `next_cursor` leads on all the same.
#[utoipa::path(get, path = "/executions", operation_id = "execution_list", tag = "executions", params(Filter),
    responses((status = 200, body = Page<ExecutionItem>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<ExecutionItem>>, ApiError> {
    masked::search(&holder, filter.q.as_deref(), |text| text.parse::<ExecutionId>().is_ok())?;
    let filter = filter.read(&api).await?;
    let store = api.engine.store();
    let found = match filter.text.as_deref().and_then(|text| text.parse().ok()) {
        Some(id) => Listed { items: one(store.execution_head(id).await?, &filter), next: None },
        None => store.execution_list(filter).await?,
    };
    let causes = store.execution_causes(found.items.iter().map(|head| head.id).collect()).await?;
    let with_cause = |(head, cause): (ExecutionHead, Option<Cause>)| ExecutionItem {
        cause: cause.map(Into::into),
        ..ExecutionItem::from(head)
    };
    let items = found.items.into_iter().zip(causes).map(with_cause).collect();
    Ok(Json(Page::part(items, found.next.map(|id| id.to_string()))))
}

/// What is named by its id has to match the rest of the filter, too.
fn one(head: Option<ExecutionHead>, filter: &ExecutionFilter) -> Vec<ExecutionHead> {
    let answered =
        |head: &ExecutionHead, (first, last)| head.answer_status.is_some_and(|it| (first..=last).contains(&it));
    let matches = |head: &ExecutionHead| {
        filter.workflow.is_none_or(|workflow| workflow == head.workflow)
            && filter.status.is_none_or(|status| status == head.status)
            && filter.answer.is_none_or(|statuses| answered(head, statuses))
            && filter.test.is_none_or(|test| test == head.revision.is_none())
            && filter.from.is_none_or(|from| head.accepted_at >= from)
            && filter.before.is_none_or(|before| head.id < before)
    };
    head.into_iter().filter(matches).collect()
}

pub(super) const STATUSES: &str = "one of queued, running, waiting, succeeded, failed, error, timed_out, cancelled";

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
