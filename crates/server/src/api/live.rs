//! `live`: what happens, as it happens, as server-sent events.
//! ```text
//! hello, or gap ─▶ execution · node_run · request · workflow, each with an id … gap … a comment now and then
//! ```
//! The format is the HTML standard's (section 9.2). An `id` alone moves the place from which a client
//! resumes, without an event; so a quiet stream is resumed without a gap, too.
//!
//! Not here: who hears what, and from where (`engine::live`).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use bytes::{Bytes, BytesMut};
use domain::execution::journal::{NodeError, NodeRun};
use domain::execution::status::NodeStatus;
use domain::flow::document::NodeKey;
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use engine::live::{self, Change, Heard, Listener, Position};
use futures_util::stream::unfold;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, Sleep, sleep_until};
use utoipa::{IntoParams, ToSchema};

use super::executions::ExecutionItem;
use super::extract::Params;
use super::requests::RequestItem;
use super::workflows::narrowed_to;
use super::{Api, auth};
use crate::error::ApiError;

/// From one comment to the next: proxies take a connection for dead after a minute or so of silence.
const COMMENT: Duration = Duration::from_secs(15);
/// How long a client waits before it comes back, in milliseconds.
const RETRY_MS: u32 = 1_000;

/// Where a client was, by the standard.
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx and its like to pass on what comes as it comes.
static BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One event of the stream.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct LiveEvent {
    /// `hello`, `execution`, `node_run`, `request`, `workflow` or `gap`.
    event: String,
    /// For `Last-Event-ID`.
    id: String,
    /// An object, as JSON text.
    data: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only what is about this workflow, and its node runs: a key or a `wf_…` id.
    workflow: Option<String>,
    /// Only what is about this execution, and its node runs.
    execution: Option<String>,
}

/// A node run in the feed. Its input and its result stand in the execution.
#[derive(Debug, Serialize)]
struct NodeRunItem<'a> {
    execution_id: ExecutionId,
    workflow_id: WorkflowId,
    node: &'a NodeKey,
    kind: &'a str,
    visit: &'a str,
    attempt: u32,
    status: NodeStatus,
    error: Option<&'a NodeError>,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
}

/// What happens, as it happens: server-sent events `execution`, `node_run`, `request` and `workflow`.
///
/// The first is `hello`; an id resumes behind its event, nothing twice and nothing left out. `gap` says since
/// when something was left out after all: read the lists again. Data of `execution` and `request` are the
/// items of the lists, of `workflow` `{id}`, of `gap` `{since}`, of `hello` `{}`. Node runs are told to those who
/// name a workflow or an execution: `{execution_id, workflow_id, node, kind, visit, attempt, status, error,
/// started_at, finished_at}`.
#[utoipa::path(get, path = "/live", operation_id = "live", tag = "live",
    params(Filter, ("Last-Event-ID" = Option<String>, Header, description = "The last id that was received.")),
    responses((status = 200, description = "Events, for as long as the client listens.", body = LiveEvent,
        content_type = "text/event-stream")))]
pub(super) async fn listen(
    State(api): State<Arc<Api>>,
    Params(filter): Params<Filter>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let filter = live::Filter {
        workflow: narrowed_to(&api, filter.workflow.as_deref()).await?,
        execution: match filter.execution.as_deref() {
            None => None,
            Some(id) => Some(execution(&api, id).await?),
        },
    };
    // What cannot be read is no place of ours.
    let after = headers.get(&LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
    let listener = api.engine.listen(filter, after).map_err(|_| ApiError::unavailable("Too many listen already."))?;
    let stream = Stream::new(api, headers, listener).await;
    let mut response = Response::new(Body::from_stream(unfold(stream, async |mut stream| {
        let chunk = stream.next().await?;
        Some((Ok::<_, Infallible>(chunk), stream))
    })));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(BUFFERING.clone(), HeaderValue::from_static("no"));
    Ok(response)
}

async fn execution(api: &Api, id: &str) -> Result<ExecutionId, ApiError> {
    let id = id.parse().map_err(|_| ApiError::Unknown("execution"))?;
    let found = api.engine.store().execution_answer(id).await?;
    found.map(|_| id).ok_or(ApiError::Unknown("execution"))
}

/// One client.
struct Stream {
    api: Arc<Api>,
    /// Of its request: its token may be revoked meanwhile, its session end.
    headers: HeaderMap,
    listener: Listener,
    ready: VecDeque<Bytes>,
    comment: Pin<Box<Sleep>>,
}

impl Stream {
    /// The greeting is the first to go out, however late the client reads: a comment before it would move the
    /// client's place past a gap that it was not told of.
    async fn new(api: Arc<Api>, headers: HeaderMap, mut listener: Listener) -> Self {
        let retry = Bytes::from(format!("retry: {RETRY_MS}\n\n"));
        let heard = listener.next().await;
        let ready = VecDeque::from([retry, told(heard, listener.position())]);
        Self { api, headers, listener, ready, comment: Box::pin(sleep_until(Instant::now() + COMMENT)) }
    }

    /// What goes out next. `None`: the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        tokio::select! {
            biased;
            () = self.api.live_ends.cancelled() => None,
            // Before what is heard, so that a busy stream asks, too.
            () = &mut self.comment => {
                if !auth::is_allowed(&self.api, &self.headers).await {
                    return None;
                }
                self.comment.as_mut().reset(Instant::now() + COMMENT);
                Some(Bytes::from(format!(": nothing else\nid: {}\n\n", self.listener.position())))
            }
            heard = self.listener.next() => Some(told(heard, self.listener.position())),
        }
    }
}

fn told(heard: Heard, position: Position) -> Bytes {
    match heard {
        Heard::Hello => event("hello", position, &json!({})),
        Heard::Gap { since } => event("gap", position, &json!({ "since": since })),
        Heard::Changes(batch) => {
            let mut chunk = BytesMut::new();
            for change in batch.encoded(encode) {
                chunk.extend_from_slice(change);
            }
            chunk.freeze()
        }
    }
}

/// As every client gets it.
fn encode(position: Position, change: &Change) -> Bytes {
    match change {
        Change::Execution(head) => event("execution", position, &ExecutionItem::from(head.clone())),
        Change::NodeRun { execution, workflow, run } => {
            event("node_run", position, &NodeRunItem::new(*execution, *workflow, run))
        }
        Change::Request(head) => event("request", position, &RequestItem::from(head.clone())),
        Change::Workflow(id) => event("workflow", position, &json!({ "id": id })),
    }
}

impl<'a> NodeRunItem<'a> {
    fn new(execution_id: ExecutionId, workflow_id: WorkflowId, run: &'a NodeRun) -> Self {
        Self {
            execution_id,
            workflow_id,
            node: &run.node,
            kind: &run.kind,
            visit: &run.visit,
            attempt: run.attempt,
            status: run.status,
            error: run.error.as_ref(),
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

/// JSON text has no line breaks, so it is one line of data.
fn event(name: &str, id: Position, data: &impl Serialize) -> Bytes {
    let mut text = format!("event: {name}\nid: {id}\ndata: ").into_bytes();
    if let Err(error) = serde_json::to_writer(&mut text, data) {
        // Not with the types above.
        tracing::error!(%error, name, "a change cannot be told");
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use domain::credentials::ServerKey;
    use engine::{Engine, Limits};
    use http::header::AUTHORIZATION;
    use nodes::Registry;
    use store::sqlite::{Options, Sqlite};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::{About, Addresses, AdminToken, Door};
    use crate::probes::Readiness;
    use crate::public_url::PublicUrl;

    /// What a client gets whose request came with `token` and the id `after`, and that reads as late as it can,
    /// until there is a comment, or the end.
    async fn until_comment(token: &str, after: Option<&str>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
        let engine =
            Engine::start(store, Registry::standard(), ServerKey::new([7; 32]), Limits::default()).await.unwrap();
        let readiness = Readiness::new(engine.clone());
        let token_known = Door::new(AdminToken::new("t0ken".into()));
        let registry = prometheus_client::registry::Registry::default();
        let somewhere = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        let about = About::new(Vec::new(), Addresses { hooks: somewhere, admin: somewhere }, engine.now());
        let public_url = PublicUrl::new(engine.clone(), None, somewhere);
        let ends = CancellationToken::new();
        let api = Arc::new(Api::new(engine, public_url, token_known, registry, readiness, ends, about));
        let listener = api.engine.listen(live::Filter::default(), after).unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(token).unwrap())]);
        tokio::time::pause();
        let mut stream = Stream::new(api, headers, listener).await;
        tokio::time::advance(COMMENT * 2).await;
        let mut got = Vec::new();
        while let Some(chunk) = stream.next().await {
            got.push(String::from_utf8(chunk.to_vec()).unwrap());
            if got.last().is_some_and(|chunk| chunk.starts_with(':')) {
                break;
            }
        }
        got
    }

    #[tokio::test]
    async fn a_comment_says_where_to_resume_while_the_token_opens() {
        let got = until_comment("Bearer t0ken", None).await;
        let id = got[1].lines().nth(1).unwrap();
        assert_eq!(got[1..], [format!("event: hello\n{id}\ndata: {{}}\n\n"), format!(": nothing else\n{id}\n\n")]);
        assert!(got[0].starts_with("retry: ") && id.starts_with("id: "));
    }

    #[tokio::test]
    async fn nobody_is_moved_past_a_gap_before_it_is_told() {
        let got = until_comment("Bearer t0ken", Some("0000000000000000-1")).await;
        assert_eq!(got.len(), 3, "{got:?}");
        assert!(got[1].starts_with("event: gap\n") && got[2].starts_with(": "), "{got:?}");
    }

    #[tokio::test]
    async fn the_feed_ends_once_the_token_opens_no_more() {
        let got = until_comment("Bearer revoked", None).await;
        assert_eq!(got.len(), 2, "{got:?}");
    }
}
