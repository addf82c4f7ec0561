//! `workflows/{key}/preview`: what nodes and templates would come to.

use std::sync::Arc;

use axum::extract::State;
use domain::answer::Answer;
use domain::event::TriggerValues;
use domain::execution::journal::NodeError;
use domain::execution::machine::Preview;
use domain::flow::document::NodeKey;
use domain::template::Missing;
use domain::time::Timestamp;
use domain::value::Value;
use engine::preview::{Of, Seen, SeenTemplate, TEMPLATES_MAX, Wanted, WantedNode};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::ToSchema;

use super::extract::{Document, Name};
use super::json::Json;
use super::requests::Id;
use super::views::{BodyView, Lines};
use super::written::EventIn;
use super::{Api, executions, openapi, schema};
use crate::error::{ApiError, PROBLEM};

/// Bytes of JSON of one value that is shown; a larger one is null, and `truncated` says so.
const SHOWN_BYTES_MAX: usize = 1 << 20;

/// What to look at. At most one of `event`, `execution` and `request`; without any it is an empty POST.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewBody {
    /// As it is being edited, problems and all; the stored draft when absent.
    #[schema(value_type = Option<Object>)]
    flow: Option<Map<String, Value>>,
    event: Option<EventIn>,
    /// The request of an execution, with the results of its nodes.
    #[schema(value_type = Option<schema::ExecutionId>)]
    execution: Option<String>,
    /// A request of the log: `ex_…` or `req_…`.
    #[schema(value_type = Option<schema::RequestId>)]
    request: Option<String>,
    node: Option<PreviewNode>,
    /// Values with templates anywhere in them.
    #[serde(default)]
    #[schema(value_type = Vec<Value>, max_items = 200, required = false)]
    templates: Vec<Value>,
}

/// A node as it is being edited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewNode {
    kind: String,
    #[schema(value_type = Object)]
    config: Map<String, Value>,
    #[schema(value_type = Option<schema::NodeKey>)]
    key: Option<NodeKey>,
}

/// What they come to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewView {
    trigger: TriggerView,
    /// The results of nodes by their keys, as `nodes` in templates.
    #[schema(value_type = Object)]
    nodes: Map<String, Value>,
    /// In the order of the templates that were sent.
    templates: Vec<TemplateView>,
    node: Option<NodeView>,
    /// Some value is null or cut off because it is too large to be shown here. Templates read the whole of it.
    truncated: bool,
}

/// The request as templates see it.
#[derive(Debug, Serialize, ToSchema)]
struct TriggerView {
    #[schema(value_type = Object)]
    headers: Value,
    #[schema(value_type = Value)]
    query: Value,
    #[schema(value_type = Value)]
    body: Value,
    raw_body: String,
    method: String,
    remote_addr: String,
    #[schema(value_type = schema::Time)]
    received_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct TemplateView {
    #[schema(value_type = Value)]
    value: Value,
    /// Paths that led nowhere.
    #[schema(value_type = Vec<schema::Missing>)]
    missing: Vec<Missing>,
    #[schema(value_type = Option<schema::NodeError>)]
    error: Option<NodeError>,
}

#[derive(Debug, Serialize, ToSchema)]
struct NodeView {
    /// As its node run would have it; of a node that touches the world, what it would be asked to do.
    #[schema(value_type = Value)]
    result: Option<Value>,
    /// The branch that would be taken.
    branch: Option<String>,
    /// What the caller would get.
    answer: Option<PreviewAnswer>,
    #[schema(value_type = Vec<schema::Missing>)]
    missing: Vec<Missing>,
    #[schema(value_type = Option<schema::NodeError>)]
    error: Option<NodeError>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PreviewAnswer {
    status: u16,
    #[schema(value_type = Vec<schema::Line>)]
    headers: Lines,
    #[serde(flatten)]
    body: BodyView,
}

/// Leaves out what is too large, and remembers that it did.
#[derive(Debug, Default)]
struct Shown {
    truncated: bool,
}

impl Shown {
    fn value(&mut self, value: Value) -> Value {
        let fits = serde_json::to_vec(&value).is_ok_and(|text| text.len() <= SHOWN_BYTES_MAX);
        self.truncated |= !fits;
        if fits { value } else { Value::Null }
    }

    fn trigger(&mut self, trigger: &TriggerValues) -> TriggerView {
        let event = trigger.event();
        let raw_body = if event.body.len() <= SHOWN_BYTES_MAX {
            String::from_utf8_lossy(&event.body).into_owned()
        } else {
            self.truncated = true;
            String::from_utf8_lossy(&event.body[..SHOWN_BYTES_MAX]).into_owned()
        };
        TriggerView {
            headers: self.value(trigger.headers().clone()),
            query: self.value(trigger.query().clone()),
            body: self.value(trigger.body().clone()),
            raw_body,
            method: event.method.clone(),
            remote_addr: event.remote_addr.to_string(),
            received_at: event.received_at,
        }
    }

    fn template(&mut self, SeenTemplate { value, missing, error }: SeenTemplate) -> TemplateView {
        TemplateView { value: self.value(value), missing, error }
    }

    fn node(&mut self, Preview { result, branch, answer, missing, error }: Preview) -> NodeView {
        let answer = answer.map(|Answer { status, headers, body }| {
            self.truncated |= body.len() > SHOWN_BYTES_MAX;
            let body = BodyView::from(&body[..body.len().min(SHOWN_BYTES_MAX)]);
            PreviewAnswer { status, headers, body }
        });
        NodeView { result: result.map(|result| self.value(result)), branch, answer, missing, error }
    }
}

/// What a node and templates would come to.
///
/// Evaluated by the code that runs, for a request of your choice. Nothing is kept and nothing is performed: of a node
/// that touches the world there is what it would be asked to do. The rest of the flow may have problems. The body may
/// be left out: then there is what templates could read.
#[utoipa::path(post, path = "/workflows/{key}/preview", operation_id = "workflow_preview", tag = "drafts",
    params(("key" = String, Path, description = schema::KEY)), request_body = Option<PreviewBody>,
    responses(
        (status = 200, description = "What they come to; mistakes of the node or a template stand with it.",
            body = PreviewView),
        (status = 422, description = "No endpoint would have accepted the event, or more than one request is named: `event.invalid`.",
            body = openapi::Problem, content_type = PROBLEM)))]
pub(super) async fn preview(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    body: Option<Document<PreviewBody>>,
) -> Result<Json<PreviewView>, ApiError> {
    let Document(body) = body.unwrap_or_default();
    if body.templates.len() > TEMPLATES_MAX {
        return Err(ApiError::Body(format!("The body has more than {TEMPLATES_MAX} templates.")));
    }
    let of = of(body.event, body.execution.as_deref(), body.request.as_deref())?;
    let node =
        body.node.map(|PreviewNode { kind, config, key }| WantedNode { kind, config: Value::Object(config), key });
    let wanted = Wanted { flow: body.flow.map(Value::Object), of, node, templates: body.templates };
    let Seen { trigger, nodes, templates, node } = api.engine.preview(&key, wanted).await?;
    let mut shown = Shown::default();
    Ok(Json(PreviewView {
        trigger: shown.trigger(&trigger),
        nodes: nodes.into_iter().map(|(key, result)| (key.to_string(), shown.value(result))).collect(),
        templates: templates.into_iter().map(|template| shown.template(template)).collect(),
        node: node.map(|node| shown.node(node)),
        truncated: shown.truncated,
    }))
}

fn of(event: Option<EventIn>, execution: Option<&str>, request: Option<&str>) -> Result<Of, ApiError> {
    match (event, execution, request) {
        (None, None, None) => Ok(Of::Empty),
        (Some(event), None, None) => Ok(Of::Written(event.read()?)),
        (None, Some(id), None) => Ok(Of::Execution(executions::read(id)?)),
        (None, None, Some(id)) => match id.parse().map_err(|_| ApiError::Unknown("request"))? {
            Id::Accepted(id) => Ok(Of::Execution(id)),
            Id::Refused(id) => Ok(Of::Refused(id)),
        },
        _ => Err(ApiError::Event("give one of event, execution and request".to_owned())),
    }
}
