//! What a node kind has to say about itself.

use async_trait::async_trait;
use domain::execution::journal::NodeError;
use domain::flow::document::Mode;
use domain::flow::plan::Operation;
use domain::problem::{Problems, below};
use domain::template::{Evaluator, Template, Templated};
use domain::value::Value;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A node kind. One file each.
pub trait NodeKind: Send + Sync + 'static {
    /// Stable: what stands in documents.
    const KIND: &'static str;
    const TITLE: &'static str;
    /// One sentence for the palette and the reference page.
    const SUMMARY: &'static str;
    /// Names of the branches a node of this kind may have.
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

    /// For kinds that compile into [`Operation::Effect`].
    fn performer() -> Option<Box<dyn Perform>> {
        None
    }
}

/// A documented config.
#[derive(Debug, Clone)]
pub struct Example {
    pub title: &'static str,
    pub config: Value,
}

/// Does what an effect says. Handed rendered input, it answers with the node's result.
#[async_trait]
pub trait Perform: Send + Sync {
    async fn perform(&self, run: &RunContext, input: Value) -> Result<Value, NodeError>;
}

/// Which run of which node it is.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// `<execution>.<node>.<visit>`: the same on every attempt, so a far side that honours it acts once.
    pub idempotency_key: String,
    /// From 1.
    pub attempt: u32,
}

/// What a kind is given while it compiles a config.
pub struct Compiler<'a> {
    /// Pointer of the node's `config` in the document.
    pub pointer: String,
    pub mode: Mode,
    /// Names of the branches this node has.
    pub branches: Vec<String>,
    pub evaluator: &'a dyn Evaluator,
    pub problems: &'a mut Problems,
}

impl std::fmt::Debug for Compiler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("pointer", &self.pointer).finish_non_exhaustive()
    }
}

impl Compiler<'_> {
    pub fn template(&mut self, field: &str, text: &str) -> Template {
        Template::parse(text, &below(&self.pointer, field), self.evaluator, self.problems)
    }

    pub fn templated(&mut self, field: &str, value: &Value) -> Templated {
        Templated::parse(value, &below(&self.pointer, field), self.evaluator, self.problems)
    }

    /// A problem at `field` of the config (`""`: the config itself; `headers/0/name` goes deeper).
    pub fn problem(&mut self, field: &str, code: &str, message: impl Into<String>) {
        let pointer = if field.is_empty() { self.pointer.clone() } else { format!("{}/{field}", self.pointer) };
        self.problems.add(pointer, code, message);
    }
}
