//! The compiled flow: immutable, templates and paths parsed once, ready for the machine.
//!
//! The machine knows operations, never kinds. A step's successor is a number fixed at compile time,
//! so branches need no stack:
//! ```text
//! steps   0 condition ──true──▶ 1 call ─┐
//!             └───────false──▶ 2 call ─┴▶ 3 response
//! ```
//!
//! Not here: how a kind becomes an operation (`nodes`), how steps are executed (`execution::machine`).

use std::sync::Arc;
use std::time::Duration;

use crate::condition::Rule;
use crate::execution::status::End;
use crate::flow::document::{Mode, NodeKey};
use crate::secret::SecretName;
use crate::template::path::Path;
use crate::template::{Template, Templated};
use crate::value::Value;

/// Index into [`Plan::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIndex(pub usize);

/// What a revision does, compiled.
#[derive(Debug)]
pub struct Plan {
    pub mode: Mode,
    /// 0 for none.
    pub timeout_ms: u64,
    pub answer_deadline_ms: u64,
    /// The answer of an asynchronous workflow; `None` in a synchronous one.
    pub configured_answer: Option<AnswerTemplate>,
    /// Lower-case names of the headers the trigger declares.
    pub declared_headers: Vec<String>,
    /// In reading order: a node, then its branches, then what follows it.
    pub steps: Vec<Step>,
    /// The first step; `None` for an empty flow.
    pub first: Option<StepIndex>,
}

/// One node, compiled.
#[derive(Debug)]
pub struct Step {
    pub key: NodeKey,
    pub kind: Arc<str>,
    pub disabled: bool,
    pub operation: Operation,
    /// First step of each branch, in the order of the document; `None` for an empty branch.
    pub branches: Vec<(String, Option<StepIndex>)>,
    /// What follows this node, out of the branch it stands in if it is the last there; `None`: the end.
    pub next: Option<StepIndex>,
}

/// The few things the machine can do. Kinds compile into these.
#[derive(Debug)]
pub enum Operation {
    /// Pure: the result is what the templates come to.
    Compute(Templated),
    /// Pure: the first case whose rule holds decides where to go.
    Branch(Branch),
    /// Gives the caller an answer and ends the execution as `succeeded`.
    Answer(AnswerTemplate),
    /// Ends the execution.
    End(End),
    /// Touches the world: performed outside, between two durable records.
    Effect {
        /// What the worker gets, once the templates are rendered.
        input: Templated,
        policy: Policy,
    },
    /// Sleeps, holding no worker: `amount` times `unit_ms` milliseconds from the moment the node is reached.
    Wait { amount: Templated, unit_ms: u64 },
}

/// What becomes of an effect that does not succeed at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    pub retry: Retry,
    pub interrupted: Interrupted,
    /// The flow goes on behind an effect that has failed for good.
    pub ignore_failure: bool,
}

/// When a failure that may pass is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The first one included.
    pub attempts_max: u32,
    /// Behind the first attempt; doubled behind each further one.
    pub pause: Duration,
    pub pause_max: Duration,
    /// No attempt begins later than this after the first one.
    pub total_max: Duration,
}

impl Default for Retry {
    /// Never.
    fn default() -> Self {
        Self { attempts_max: 1, pause: Duration::ZERO, pause_max: Duration::ZERO, total_max: Duration::ZERO }
    }
}

/// What follows when the process ended before the outcome of an effect was known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Interrupted {
    /// It is run again with the same idempotency key.
    #[default]
    RunAgain,
    /// A person says how to go on.
    Ask,
}

#[derive(Debug)]
pub struct Branch {
    pub cases: Vec<Case>,
    /// When no case holds.
    pub otherwise: Outcome,
}

#[derive(Debug)]
pub struct Case {
    pub rule: Rule,
    /// Pointer of the rule in the node's config, `/rule`.
    pub at: String,
    pub outcome: Outcome,
}

/// What a decision leads to. `result` is journalled, tells outcomes of one branch apart, and is what a rebuild goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub result: Value,
    pub goto: Goto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goto {
    /// Index into [`Step::branches`].
    Branch(usize),
    /// To [`Step::next`].
    Next,
    /// The execution ends, and the node run has the same status.
    End(End),
}

/// An answer with templates in it.
#[derive(Debug)]
pub struct AnswerTemplate {
    pub status: u16,
    pub headers: Vec<(String, Template)>,
    pub body: Templated,
}

impl Plan {
    pub fn step(&self, index: StepIndex) -> &Step {
        &self.steps[index.0]
    }

    /// Every secret that an effect is sent with, some of them more than once.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let inputs = self.steps.iter().filter_map(|step| match &step.operation {
            Operation::Effect { input, .. } => Some(input),
            _ => None,
        });
        inputs.flat_map(Templated::paths).filter_map(Path::secret)
    }

    /// The step of a node. Flows are short, so this is a walk.
    pub fn find(&self, key: &NodeKey) -> Option<StepIndex> {
        self.steps.iter().position(|step| step.key == *key).map(StepIndex)
    }
}

impl Operation {
    /// Whether taking it may cost a JSONata evaluation.
    pub fn is_heavy(&self) -> bool {
        match self {
            Self::Compute(value) | Self::Effect { input: value, .. } | Self::Wait { amount: value, .. } => {
                value.is_heavy()
            }
            Self::Branch(branch) => branch.cases.iter().any(|case| case.rule.is_heavy()),
            Self::Answer(answer) => answer.is_heavy(),
            Self::End(_) => false,
        }
    }
}

impl Branch {
    /// The outcome that left `result` in the journal.
    pub fn outcome_of(&self, result: Option<&Value>) -> Option<&Outcome> {
        self.cases
            .iter()
            .map(|case| &case.outcome)
            .chain([&self.otherwise])
            .find(|outcome| Some(&outcome.result) == result)
    }
}

impl AnswerTemplate {
    pub fn is_heavy(&self) -> bool {
        self.body.is_heavy() || self.headers.iter().any(|(_, value)| value.is_heavy())
    }
}
