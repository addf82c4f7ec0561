//! What a node kind or a trigger kind has to say about itself.
//!
//! Not here: how kinds are found by name (`registry`), how a flow of them becomes a plan (`compile`).

use std::collections::HashSet;

use async_trait::async_trait;
use domain::condition::Rule;
use domain::execution::journal::Failure;
use domain::flow::codes;
use domain::flow::document::{Mode, NodeKey};
use domain::flow::plan::{AnswerTemplate, Operation};
use domain::flow::suggest::did_you_mean;
use domain::problem::{Problems, below};
use domain::secret::Slot;
use domain::template::path::Path;
use domain::template::{Evaluator, Template, Templated};
use domain::value::Value;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::outbound::Outbound;
use crate::schema::Schema;

/// A node kind. One file each.
pub trait NodeKind: Send + Sync + 'static {
    /// Stable: what stands in documents.
    const KIND: &'static str;
    const TITLE: &'static str;
    /// One sentence for the palette and the reference page.
    const SUMMARY: &'static str;
    /// Names of the branches a node of this kind has, in the order of its steps.
    const BRANCHES: &'static [&'static str] = &[];
    /// The execution never goes past a node of this kind.
    const ENDS: bool = false;
    /// The one mode it works in; `None`: both.
    const MODE: Option<Mode> = None;

    /// The shape of `config`: field docs become the form's help text and the reference page.
    type Params: DeserializeOwned + JsonSchema;

    /// Configs that compile, each with a sentence; shown in the reference and run by a test.
    fn examples() -> Vec<Example>;

    /// Mistakes go to `compiler.problems`; the operation returned then is never used.
    fn compile(params: Self::Params, compiler: &mut Compiler<'_>) -> Operation;

    /// For kinds that compile into [`Operation::Effect`]. Where their schema has `x-secrets` in a field, the effect's
    /// input holds that field under the same name.
    fn performer() -> Option<Box<dyn Perform>> {
        None
    }
}

/// A trigger kind: how executions start.
pub trait TriggerKind: Send + Sync + 'static {
    /// Stable: what stands in documents.
    const KIND: &'static str;
    const TITLE: &'static str;
    const SUMMARY: &'static str;

    /// The shape of the trigger, `kind` left out.
    type Params: DeserializeOwned + JsonSchema;

    fn examples() -> Vec<Example>;

    /// Mistakes go to `compiler.problems`; what is returned then is never used.
    fn compile(params: Self::Params, compiler: &mut Compiler<'_>) -> TriggerPlan;
}

/// A trigger, compiled.
#[derive(Debug)]
pub struct TriggerPlan {
    /// What an asynchronous workflow answers at once; `None` in a synchronous one.
    pub configured_answer: Option<AnswerTemplate>,
    /// In lower case.
    pub declared_headers: Vec<String>,
}

/// A documented config.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    pub title: &'static str,
    pub config: Value,
}

/// Does what an effect says. Handed rendered input, it answers with the node's result.
#[async_trait]
pub trait Perform: Send + Sync {
    async fn perform(&self, run: &RunContext, tools: &Tools, input: &Value) -> Result<Value, Failure>;
}

/// What performing may need from outside. Nothing else of the world is in reach.
#[derive(Debug, Clone)]
pub struct Tools {
    pub outbound: Outbound,
}

/// Which run of which node it is.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// `<execution>.<node>.<visit>`: the same on every attempt, so a far side that honours it acts once.
    pub idempotency_key: String,
    /// From 1.
    pub attempt: u32,
    /// How many executions a call comes from that is made now, one behind the other: this one counts.
    pub hops: u32,
    /// Where in the input secrets were put in.
    pub slots: Vec<Slot>,
}

impl RunContext {
    /// Whether there is a secret in `field` of the input, `body`, or below it.
    pub fn has_secret_in(&self, field: &str) -> bool {
        let below = |slot: &Slot| {
            slot.at.strip_prefix('/')?.strip_prefix(field).map(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.slots.iter().any(|slot| below(slot) == Some(true))
    }
}

/// What a kind is given while it compiles a config.
pub struct Compiler<'a> {
    /// Pointer of the node's `config` (of the trigger) in the document.
    pub pointer: String,
    pub mode: Mode,
    /// Names of the branches that have nodes in them.
    pub branches: Vec<String>,
    /// What templates may read as `nodes.<key>`.
    pub nodes: KnownNodes<'a>,
    pub evaluator: &'a dyn Evaluator,
    /// Of the config: says which fields take secrets. `None`: not one does.
    pub schema: Option<&'a Schema>,
    pub problems: &'a mut Problems,
}

/// The nodes of a flow, seen from one place in it.
#[derive(Debug, Clone, Copy)]
pub struct KnownNodes<'a> {
    pub all: &'a HashSet<&'a NodeKey>,
    /// Those that can have run before.
    pub before: &'a [&'a NodeKey],
}

impl std::fmt::Debug for Compiler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("pointer", &self.pointer).finish_non_exhaustive()
    }
}

/// `field` is always relative to the config: `""` is the config itself, `headers/0/value` goes deeper.
impl Compiler<'_> {
    pub fn template(&mut self, field: &str, text: &str) -> Template {
        let pointer = self.at(field);
        let template = Template::parse(text, &pointer, self.evaluator, self.problems);
        self.check_reads(&pointer, &template.paths());
        template
    }

    pub fn templated(&mut self, field: &str, value: &Value) -> Templated {
        let pointer = self.at(field);
        let templated = Templated::parse(value, &pointer, self.evaluator, self.problems);
        self.check_templated(&pointer, &templated);
        templated
    }

    pub fn rule(&mut self, field: &str, value: &Value) -> Rule {
        let pointer = self.at(field);
        let rule = Rule::parse(value, &pointer, self.evaluator, self.problems);
        rule.each_read(&pointer, &mut |pointer, path| self.check_reads(pointer, &[path]));
        rule
    }

    pub fn problem(&mut self, field: &str, code: &str, message: impl Into<String>) {
        let pointer = self.at(field);
        self.problems.add(pointer, code, message);
    }

    fn at(&self, field: &str) -> String {
        if field.is_empty() { self.pointer.clone() } else { format!("{}/{field}", self.pointer) }
    }

    fn takes_secrets(&self, pointer: &str) -> bool {
        let field = pointer.strip_prefix(&self.pointer).unwrap_or_default();
        self.schema.is_some_and(|schema| schema.takes_secrets(field))
    }

    fn check_templated(&mut self, pointer: &str, templated: &Templated) {
        match templated {
            Templated::Constant(_) => {}
            Templated::Template(template) => self.check_reads(pointer, &template.paths()),
            Templated::List(list) => {
                list.iter().enumerate().for_each(|(index, item)| self.check_templated(&below(pointer, index), item));
            }
            Templated::Object(members) => {
                members.iter().for_each(|(name, member)| self.check_templated(&below(pointer, name), member));
            }
        }
    }

    /// Only results of nodes that can have run before can be read, and secrets only where the kind says so.
    fn check_reads(&mut self, pointer: &str, paths: &[&Path]) {
        if let Some(name) = paths.iter().find_map(|path| path.secret())
            && !self.takes_secrets(pointer)
        {
            let message = format!("`secrets.{name}` can't be used here: no secret is put into this field");
            self.problems.add(pointer, codes::SECRET_NOT_HERE, message);
        }
        for key in paths.iter().filter_map(|path| path.node()) {
            if !self.nodes.all.contains(key) {
                let hint = did_you_mean(key.as_str(), self.nodes.before.iter().map(|key| key.as_str()));
                let message = format!("this flow has no node `{key}`{hint}");
                self.problems.add(pointer, codes::TEMPLATE_UNKNOWN_NODE, message);
            } else if !self.nodes.before.contains(&key) {
                let message =
                    format!("the node `{key}` can't have run when this is read: only nodes above can be used");
                self.problems.add(pointer, codes::TEMPLATE_LATER_NODE, message);
            }
        }
    }
}
