//! What nodes and templates would come to, for an author who writes them: evaluated by the code that runs, with
//! nothing kept and nothing performed.
//! ```text
//! the draft, or a flow as it is being edited ─┐
//! a request: written, an old one, an empty one ├─▶ scope ─▶ one node, and templates
//! results of an old execution's nodes ─────────┘
//! ```
//! Invariants
//! - No effect is performed: of a node that has one, its rendered input is what there is to see.
//! - Whatever else is wrong with the flow does not matter: authors look while they write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::body;
use domain::event::{Event, TriggerValues, headers};
use domain::execution::journal::{self, NodeError, NodeRun};
use domain::execution::machine::{Preview, preview};
use domain::flow::document::{Flow, Node, NodeKey};
use domain::id::{EventId, ExecutionId, RequestId, WorkflowId};
use domain::problem::{Problem, Problems};
use domain::template::Missing;
use domain::template::scope::{Results, Scope, System};
use domain::value::Value;

use crate::authoring::AuthoringError;
use crate::clock;
use crate::handle::{Engine, Inner, NotDurable};
use crate::runs::{LOOPBACK, RunError, WrittenRequest, declared_in};

/// At the same time: each holds a request and what it is seen with.
pub(crate) const PREVIEWS_MAX: usize = 2;
/// Templates in one preview; more are left out.
pub const TEMPLATES_MAX: usize = 200;
/// What is not evaluated by then is not evaluated.
const TIME_MAX: Duration = Duration::from_secs(5);

/// What an author wants to see.
#[derive(Debug, Default)]
pub struct Wanted {
    /// `None`: the draft as it is stored.
    pub flow: Option<Value>,
    pub of: Of,
    pub node: Option<WantedNode>,
    /// Values with templates in them.
    pub templates: Vec<Value>,
}

/// Which request it is seen with.
#[derive(Debug, Default)]
pub enum Of {
    #[default]
    Empty,
    Written(WrittenRequest),
    /// With the results of its nodes.
    Execution(ExecutionId),
    Refused(RequestId),
}

/// A node as it is being edited.
#[derive(Debug)]
pub struct WantedNode {
    pub kind: String,
    pub config: Value,
    pub key: Option<NodeKey>,
}

/// What there is to see.
#[derive(Debug)]
pub struct Seen {
    pub trigger: TriggerValues,
    pub nodes: Results,
    /// In the order of the templates.
    pub templates: Vec<SeenTemplate>,
    pub node: Option<Preview>,
}

/// What a value with templates came to.
#[derive(Debug, Default)]
pub struct SeenTemplate {
    pub value: Value,
    pub missing: Vec<Missing>,
    pub error: Option<NodeError>,
}

impl Engine {
    /// Errors: `UnknownWorkflow`, `UnknownExecution`, `UnknownRequest`, `Event`, `NotDurable` (no room), `Store`.
    pub async fn preview(&self, workflow: &str, wanted: Wanted) -> Result<Seen, RunError> {
        let inner = &self.inner;
        let workflow = self.workflow(workflow).await.map_err(|error| match error {
            AuthoringError::Store(error) => RunError::Store(error),
            _ => RunError::UnknownWorkflow(workflow.to_owned()),
        })?;
        let Wanted { flow, of, node, templates } = wanted;
        let flow = flow.unwrap_or(workflow.draft);
        let checked = workflow.settings.credentials.is_some();
        let (event, records, execution) = inner.seen_with(of, &flow, checked).await?;
        let mut share = inner.bodies.share(Some(previews()));
        share.grow(event.body.len()).map_err(NotDurable::from)?;
        let tree_bytes = body::check(&event.body, usize::MAX).map_or(0, |checked| checked.tree_bytes);
        let _room = inner.parsed.turn(previews(), tree_bytes, false).await;
        let _turn = inner.previews.acquire().await.map_err(|_| NotDurable::new("the server is stopping"))?;

        let mut problems = Problems::new();
        let flow = Flow::decode(&flow, "", &mut problems);
        let results: Results =
            journal::latest(records).into_iter().filter_map(|run| Some((run.node, run.result?))).collect();
        let trigger = TriggerValues::new(Arc::new(event));
        let engine = Arc::clone(inner);
        let see = move || {
            let scope = Scope {
                trigger: &trigger,
                nodes: &results,
                system: System {
                    now: clock::now(),
                    execution_id: execution.unwrap_or_else(|| ExecutionId::new(clock::now(), clock::random())),
                    workflow_key: workflow.key.as_str(),
                    revision: None,
                },
            };
            let until = Instant::now() + TIME_MAX;
            let node = node.map(|node| engine.seen_node(&flow, node, &scope));
            let templates = templates.iter().take(TEMPLATES_MAX).map(|value| {
                if Instant::now() < until { engine.seen_template(value, &scope) } else { SeenTemplate::too_late() }
            });
            let templates = templates.collect();
            Seen { trigger, nodes: results, templates, node }
        };
        let seen = inner.heavy.run(previews(), see).await;
        seen.map_err(|_| NotDurable::new("the server panicked over it").into())
    }
}

/// Whose turn previews take: not their workflow's, so that authors can look at one that keeps its threads busy.
fn previews() -> WorkflowId {
    WorkflowId::from_bytes([0; 16])
}

impl Inner {
    async fn seen_with(
        &self,
        of: Of,
        flow: &Value,
        checked: bool,
    ) -> Result<(Event, Vec<NodeRun>, Option<ExecutionId>), RunError> {
        let written = |mut request: WrittenRequest| {
            self.check_written(&mut request)?;
            let now = clock::now();
            Ok::<_, RunError>(Event {
                id: EventId::new(now, clock::random()),
                method: request.method,
                headers: headers::kept(request.headers, &declared_in(flow), checked),
                query_string: request.query_string,
                body: request.body,
                remote_addr: LOOPBACK,
                received_at: now,
            })
        };
        match of {
            Of::Empty => Ok((written(WrittenRequest::default())?, Vec::new(), None)),
            Of::Written(request) => Ok((written(request)?, Vec::new(), None)),
            Of::Execution(id) => {
                let execution = self.store.execution_get(id).await?.ok_or(RunError::UnknownExecution(id))?;
                Ok((execution.event, execution.records, Some(id)))
            }
            Of::Refused(id) => {
                let request = self.store.request_get(id).await?.ok_or(RunError::UnknownRequest(id))?;
                let event = Event {
                    id: EventId::new(request.received_at, clock::random()),
                    method: request.method,
                    headers: request.headers,
                    query_string: request.query_string,
                    body: request.body,
                    remote_addr: request.remote_addr,
                    received_at: request.received_at,
                };
                Ok((event, Vec::new(), None))
            }
        }
    }

    fn seen_node(&self, flow: &Flow, wanted: WantedNode, scope: &Scope<'_>) -> Preview {
        let key = wanted.key.unwrap_or_else(|| "preview".parse().expect("a word is a key"));
        let node = Node {
            pointer: String::new(),
            key,
            kind: wanted.kind,
            title: None,
            note: None,
            disabled: false,
            config: wanted.config,
            branches: Default::default(),
        };
        match self.registry.compile_node(flow, &node) {
            Ok(step) => preview(&step, scope),
            Err(problems) => Preview { error: first(problems), ..Preview::default() },
        }
    }

    fn seen_template(&self, value: &Value, scope: &Scope<'_>) -> SeenTemplate {
        let templated = match self.registry.compile_value(value) {
            Ok(templated) => templated,
            Err(problems) => return SeenTemplate { error: first(problems), ..SeenTemplate::default() },
        };
        let mut missing = Vec::new();
        match templated.render(scope, "", &mut missing) {
            Ok(value) => SeenTemplate { value, missing, error: None },
            Err(error) => SeenTemplate { error: Some(error.into()), missing, ..SeenTemplate::default() },
        }
    }
}

impl SeenTemplate {
    fn too_late() -> Self {
        let error = NodeError::new("preview.too_slow", "what stands before it took all the time there is");
        Self { error: Some(error), ..Self::default() }
    }
}

fn first(problems: Vec<Problem>) -> Option<NodeError> {
    problems.into_iter().next().map(|problem| NodeError { code: problem.code, message: problem.message })
}
