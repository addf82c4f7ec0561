//! All node kinds and trigger kinds by name. A new kind is one line in [`Registry::released`].

use std::sync::Arc;

use domain::execution::journal::{Failure, NodeError};
use domain::flow::codes;
use domain::flow::document::{Flow, Node, WorkflowDocument};
use domain::flow::plan::{Operation, Plan, Step};
use domain::problem::{Problem, Problems};
use domain::template::{Evaluator, Templated};
use domain::value::Value;

use crate::contract::{RunContext, Tools, TriggerPlan};
use crate::outbound::{Networks, Outbound};
use crate::registered::{KindInfo, Registered};
use crate::{actions, compile, control, triggers};

/// The kinds a server knows.
pub struct Registry {
    nodes: Vec<Registered<Operation>>,
    triggers: Vec<Registered<TriggerPlan>>,
    evaluator: Arc<dyn Evaluator>,
    tools: Tools,
}

impl Registry {
    /// Every kind this build has; flows call the public internet only.
    pub fn standard() -> Arc<Self> {
        Self::calling(Networks::default())
    }

    /// The same; flows may call `allowed` addresses too.
    pub fn calling(allowed: Networks) -> Arc<Self> {
        #[allow(unused_mut, reason = "only builds for tests add to it")]
        let mut registry = Self { tools: Tools { outbound: Outbound::new(allowed) }, ..Self::released() };
        #[cfg(feature = "testing")]
        registry.nodes.extend([
            Registered::node::<crate::testing::Effect>(),
            Registered::node::<crate::testing::Abort>(),
            Registered::node::<crate::testing::Wait>(),
        ]);
        Arc::new(registry)
    }

    /// The kinds that authors can use, in the order of the palette.
    pub fn released() -> Self {
        Self {
            nodes: vec![
                Registered::node::<control::condition::Condition>(),
                Registered::node::<control::response::Response>(),
                Registered::node::<control::end::End>(),
                Registered::node::<actions::http_request::HttpRequest>(),
                Registered::node::<control::delay::Delay>(),
            ],
            triggers: vec![Registered::trigger::<triggers::webhook::Webhook>()],
            evaluator: Arc::new(crate::expression::Jsonata::default()),
            tools: Tools { outbound: Outbound::new(Networks::default()) },
        }
    }

    /// Every node kind, in the order of the palette.
    pub fn kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.nodes.iter().map(|kind| &kind.info)
    }

    pub fn trigger_kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.triggers.iter().map(|kind| &kind.info)
    }

    /// Every problem of the flow at once, pointers as in its nodes and trigger.
    pub fn compile(&self, flow: &Flow) -> Result<Plan, Vec<Problem>> {
        compile::flow(self, flow)
    }

    /// One node for itself, as it would stand in the flow, whatever is wrong elsewhere.
    pub fn compile_node(&self, flow: &Flow, node: &Node) -> Result<Step, Vec<Problem>> {
        compile::node(self, flow, node)
    }

    /// A value with templates in it, for itself.
    pub fn compile_value(&self, value: &Value) -> Result<Templated, Vec<Problem>> {
        let mut problems = Problems::new();
        let templated = Templated::parse(value, "", self.evaluator(), &mut problems);
        if problems.is_empty() { Ok(templated) } else { Err(problems.into_vec()) }
    }

    /// Reads a workflow document and finds every problem in it. With problems, the document is what could be read.
    pub fn check(&self, document: &Value) -> (WorkflowDocument, Vec<Problem>) {
        let mut problems = Problems::new();
        let document = WorkflowDocument::decode(document, &mut problems);
        if let Err(more) = self.compile(&document.flow) {
            problems.extend(more);
        }
        (document, problems.into_vec())
    }

    /// Performs an effect of `kind`. Errors: `node.unknown_kind`, and what the kind says.
    pub async fn perform(&self, kind: &str, run: &RunContext, input: &Value) -> Result<Value, Failure> {
        match self.node(kind).and_then(|kind| kind.performer.as_ref()) {
            Some(performer) => performer.perform(run, &self.tools, input).await,
            // An execution outlives the server that started it, and so it may meet one with fewer kinds.
            None => {
                let message = format!("this server can't perform `{kind}`");
                Err(Failure::lasting(NodeError::new(codes::NODE_UNKNOWN_KIND, message)))
            }
        }
    }

    pub(crate) fn node(&self, kind: &str) -> Option<&Registered<Operation>> {
        self.nodes.iter().find(|known| known.info.kind == kind)
    }

    pub(crate) fn trigger(&self, kind: &str) -> Option<&Registered<TriggerPlan>> {
        self.triggers.iter().find(|known| known.info.kind == kind)
    }

    pub(crate) fn evaluator(&self) -> &dyn Evaluator {
        self.evaluator.as_ref()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.kinds().map(|info| info.kind)).finish()
    }
}
