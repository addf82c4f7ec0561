//! What a person does about executions: `workflows/{key}/test`, `executions/{id}/replay`, `/cancel` and `/resolve`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::execution::machine::Resolution;
use domain::execution::status::Status;
use domain::flow::document::NodeKey;
use domain::flow::limits::ANSWER_DEADLINE_MS_DEFAULT;
use domain::id::ExecutionId;
use domain::value::Value;
use engine::resolve::ResolveError;
use engine::runs::{Replay, Wanted};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::executions::{self, ExecutionView};
use super::extract::{Document, Name, whole};
use super::json::{Created, Json};
use super::openapi::{InvalidDocument, Problem};
use super::views::Items;
use super::written::EventIn;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// How long a test is waited for, whatever the draft's answer deadline is.
const TEST_PATIENCE_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    /// An empty POST when absent.
    #[serde(default)]
    event: EventIn,
}

/// Runs the draft of a workflow for an event.
///
/// Everything happens that the flow says, effects included; only the answer goes nowhere but into the execution.
/// Returns when the execution has ended or waits for something longer, at the latest after the draft's
/// `answer_deadline_ms` or 60 seconds, with the execution as it is then: look at `status`. The body may be left out.
#[utoipa::path(post, path = "/workflows/{key}/test", operation_id = "workflow_test", tag = "executions",
    params(("key" = String, Path, description = schema::KEY)), request_body = Option<Test>,
    responses(
        (status = 200, description = "The execution as it stands, with `test: true`.", body = ExecutionView),
        (status = 422, description = "The draft has problems (`workflow.invalid`, with `errors`), or no endpoint \
            would have accepted the event (`event.invalid`). Nothing ran.", body = InvalidDocument,
            content_type = PROBLEM)))]
pub(super) async fn test(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    test: Option<Document<Test>>,
) -> Result<Json<ExecutionView>, ApiError> {
    let Document(test) = test.unwrap_or_default();
    let event = test.event.read()?;
    let draft = api.engine.workflow(&key).await?.draft;
    let deadline = draft.get("answer_deadline_ms").and_then(Value::as_u64).unwrap_or(ANSWER_DEADLINE_MS_DEFAULT);
    let patience = Duration::from_millis(deadline).min(TEST_PATIENCE_MAX);
    let id = api.engine.test(&key, event, patience).await?;
    executions::view(&api, id).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayBody {
    /// What runs: `same` (what the old execution ran), `live`, `draft`, or a revision's number.
    #[serde(default)]
    revision: WantedBody,
    /// In place of the old event.
    event: Option<EventIn>,
    /// The results of what finished before this node are taken over from the old execution.
    #[schema(value_type = Option<schema::NodeKey>)]
    from_node: Option<NodeKey>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "revision is \"same\", \"live\", \"draft\" or a number")]
enum WantedBody {
    Revision(Number),
    Word(WantedWord),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WantedWord {
    Same,
    Live,
    Draft,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(minimum = 0, maximum = 4_294_967_295u32)]
struct Number(#[serde(deserialize_with = "whole")] u32);

impl Default for WantedBody {
    fn default() -> Self {
        Self::Word(WantedWord::Same)
    }
}

impl From<WantedBody> for Wanted {
    fn from(wanted: WantedBody) -> Self {
        match wanted {
            WantedBody::Revision(Number(number)) => Self::Revision(number),
            WantedBody::Word(WantedWord::Same) => Self::Same,
            WantedBody::Word(WantedWord::Live) => Self::Live,
            WantedBody::Word(WantedWord::Draft) => Self::Draft,
        }
    }
}

/// An execution that was started.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayedView {
    #[schema(value_type = schema::ExecutionId)]
    id: ExecutionId,
    #[schema(value_type = schema::ExecutionId)]
    replay_of: ExecutionId,
}

/// A new execution of an old event.
///
/// It is on disk when this returns and runs in the background, effects included. Nobody gets its answer: it
/// stands in the execution. The body may be left out: the same event runs through the same flow once more.
#[utoipa::path(post, path = "/executions/{id}/replay", operation_id = "execution_replay", tag = "executions",
    params(("id" = schema::ExecutionId, Path)), request_body = Option<ReplayBody>,
    responses(
        (status = 201, description = "Started.", body = Items<ReplayedView>,
            headers(("Location" = String, description = "The new execution."))),
        (status = 404, description = "There is no such execution (`execution.unknown`), its workflow was deleted \
            (`workflow.unknown`) or has no such revision (`revision.unknown`).", body = Problem,
            content_type = PROBLEM),
        (status = 409, description = "Nothing is live: `workflow.not_live`.", body = Problem, content_type = PROBLEM),
        (status = 422, description = "The draft has problems (`workflow.invalid`, with `errors`), no endpoint would \
            have accepted the event (`event.invalid`), or the execution cannot go on from this node \
            (`replay.from_node`).", body = InvalidDocument, content_type = PROBLEM)))]
pub(super) async fn replay(
    State(api): State<Arc<Api>>,
    Name(id): Name,
    replay: Option<Document<ReplayBody>>,
) -> Result<Created<Items<ReplayedView>>, ApiError> {
    let replay_of = executions::read(&id)?;
    let Document(replay) = replay.unwrap_or_default();
    let wanted = Replay {
        wanted: replay.revision.into(),
        event: replay.event.map(EventIn::read).transpose()?,
        from_node: replay.from_node,
    };
    let id = api.engine.replay(replay_of, wanted).await?;
    Ok(Created { at: format!("/executions/{id}"), view: Items { items: vec![ReplayedView { id, replay_of }] } })
}

/// An execution that shall end.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CancelledView {
    #[schema(value_type = schema::ExecutionId)]
    id: ExecutionId,
    /// As it is now: one that runs ends at its next node boundary, a little later.
    #[schema(value_type = schema::Status)]
    status: Status,
}

/// Ends an execution at its next node boundary.
#[utoipa::path(post, path = "/executions/{id}/cancel", operation_id = "execution_cancel", tag = "executions",
    params(("id" = schema::ExecutionId, Path)),
    responses(
        (status = 202, description = "It will end as `cancelled`, unless it comes to its own end first.",
            body = CancelledView),
        (status = 409, description = "It has ended: `execution.ended`.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn cancel(State(api): State<Arc<Api>>, Name(id): Name) -> Result<Response, ApiError> {
    let id = executions::read(&id)?;
    // Before, too: what has only just ended still takes wishes.
    open_status(&api, id).await?;
    let taken = api.engine.cancel(id).await?;
    let status = match open_status(&api, id).await {
        // It can have ended by now.
        Err(ApiError::Ended(Status::Cancelled)) if taken => Status::Cancelled,
        status => status?,
    };
    if !taken {
        return Err(ApiError::unavailable("The execution is between two servers; try again."));
    }
    Ok((StatusCode::ACCEPTED, Json(CancelledView { id, status })).into_response())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    action: ResolveAction,
    /// With `skip`: what later nodes read as the node's result. Null or absent: none.
    result: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ResolveAction {
    /// The node, with the same idempotency key; one that is quarantined goes on from where it stands.
    RunAgain,
    /// The node counts as done.
    Skip,
    /// The execution ends as `error`.
    Fail,
}

/// An execution that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResolvedView {
    #[schema(value_type = schema::ExecutionId)]
    id: ExecutionId,
    /// As it is now: it runs on in the background.
    #[schema(value_type = schema::Status)]
    status: Status,
}

/// Says how an execution goes on that waits for a person.
///
/// Its `reason` is `needs_attention` (the outcome of a node was lost in a crash, and the node asks) or `quarantined`
/// (the server came down three times while it ran). What came of it is on disk when this returns.
#[utoipa::path(post, path = "/executions/{id}/resolve", operation_id = "execution_resolve", tag = "executions",
    params(("id" = schema::ExecutionId, Path)), request_body = Resolve,
    responses(
        (status = 200, description = "It goes on, or has ended by now.", body = ResolvedView),
        (status = 409, description = "It waits for nobody (`execution.not_asked`), or somebody else's word came first \
            (`execution.taken`).", body = Problem, content_type = PROBLEM),
        (status = 422, description = "There is nothing to skip (`resolve.nothing_to_skip`), the result cannot be \
            recorded or goes with another action (`resolve.result`), or it can only fail (`resolve.cannot_go_on`).", body = Problem,
            content_type = PROBLEM)))]
pub(super) async fn resolve(
    State(api): State<Arc<Api>>,
    Name(id): Name,
    Document(Resolve { action, result }): Document<Resolve>,
) -> Result<Json<ResolvedView>, ApiError> {
    let id = executions::read(&id)?;
    let resolution = match (action, result) {
        (ResolveAction::Skip, result) => Resolution::Skip(result),
        (_, Some(_)) => return Err(ResolveError::Result("a result goes with the action skip only".to_owned()).into()),
        (ResolveAction::RunAgain, None) => Resolution::RunAgain,
        (ResolveAction::Fail, None) => Resolution::Fail,
    };
    api.engine.resolve(id, resolution).await?;
    let head = api.engine.store().execution_head(id).await?.ok_or(ApiError::Unknown("execution"))?;
    Ok(Json(ResolvedView { id, status: head.status }))
}

async fn open_status(api: &Api, id: ExecutionId) -> Result<Status, ApiError> {
    match api.engine.store().execution_answer(id).await? {
        Some((status, _)) if status.is_open() => Ok(status),
        Some((status, _)) => Err(ApiError::Ended(status)),
        None => Err(ApiError::Unknown("execution")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_word_or_a_number() {
        let read = |text: &str| serde_json::from_str::<WantedBody>(text).map(Wanted::from);
        for (text, wanted) in [
            ("\"same\"", Wanted::Same),
            ("\"live\"", Wanted::Live),
            ("\"draft\"", Wanted::Draft),
            ("3", Wanted::Revision(3)),
            ("3.0", Wanted::Revision(3)),
        ] {
            assert_eq!(read(text).unwrap(), wanted);
        }
        for text in ["\"3\"", "-1", "1.5", "\"Live\"", "null", "[]", "4294967296"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("\"same\", \"live\", \"draft\" or a number"), "{text}: {error}");
        }
    }
}
