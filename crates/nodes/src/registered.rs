//! Kinds with their types taken away, so that they fit into one table.

use domain::flow::codes;
use domain::flow::document::Mode;
use domain::flow::plan::Operation;
use domain::problem::{Problem, Problems};
use domain::value::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contract::{Compiler, Example, NodeKind, Perform, TriggerKind, TriggerPlan};
use crate::schema::Schema;

/// What a kind says about itself, for the palette, the form and the reference page.
#[derive(Debug, Clone, Serialize)]
pub struct KindInfo {
    pub kind: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    /// Names of the branches that a node of this kind has.
    pub branches: &'static [&'static str],
    /// Nothing can follow a node of this kind.
    pub ends: bool,
    /// The one mode it works in; `None`: both.
    pub mode: Option<Mode>,
    /// JSON schema (draft 2020-12) of the config.
    pub schema: Schema,
    pub examples: Vec<Example>,
}

/// A kind in the table. `O` is what it compiles into.
pub(crate) struct Registered<O> {
    pub(crate) info: KindInfo,
    pub(crate) performer: Option<Box<dyn Perform>>,
    compile: fn(&Schema, &Value, &mut Compiler<'_>) -> Option<O>,
}

impl Registered<Operation> {
    pub(crate) fn node<K: NodeKind>() -> Self {
        Self {
            info: KindInfo {
                kind: K::KIND,
                title: K::TITLE,
                summary: K::SUMMARY,
                branches: K::BRANCHES,
                ends: K::ENDS,
                mode: K::MODE,
                schema: Schema::of::<K::Params>(),
                examples: K::examples(),
            },
            performer: K::performer(),
            compile: |schema, config, compiler| compile(schema, config, compiler, K::compile),
        }
    }
}

impl Registered<TriggerPlan> {
    pub(crate) fn trigger<K: TriggerKind>() -> Self {
        Self {
            info: KindInfo {
                kind: K::KIND,
                title: K::TITLE,
                summary: K::SUMMARY,
                branches: &[],
                ends: false,
                mode: None,
                schema: Schema::of::<K::Params>(),
                examples: K::examples(),
            },
            performer: None,
            compile: |schema, config, compiler| compile(schema, config, compiler, K::compile),
        }
    }
}

impl<O> Registered<O> {
    /// `None` only if problems were added; what is returned beside problems is of no use.
    pub(crate) fn compile(&self, config: &Value, compiler: &mut Compiler<'_>) -> Option<O> {
        (self.compile)(&self.info.schema, config, compiler)
    }
}

/// Checks the shape, then hands typed params to the kind. A config of the wrong shape is compiled too,
/// with something fitting in place of what is wrong, so that an author sees the other mistakes as well.
fn compile<P: DeserializeOwned, O>(
    schema: &Schema,
    config: &Value,
    compiler: &mut Compiler<'_>,
    kind: fn(P, &mut Compiler<'_>) -> O,
) -> Option<O> {
    let mut wrong = Problems::new();
    let fitting = schema.check(config, &compiler.pointer, &mut wrong);
    let wrong = wrong.into_vec();
    match serde_json::from_value(fitting) {
        Ok(params) => {
            let mut others = Problems::new();
            let compiled =
                kind(params, &mut Compiler { problems: &mut others, schema: Some(schema), ..reborrow(compiler) });
            // What was put in place of something wrong is no author's mistake.
            let is_told = |problem: &Problem| wrong.iter().any(|told| is_within(&problem.pointer, &told.pointer));
            let others: Vec<_> = others.into_vec().into_iter().filter(|problem| !is_told(problem)).collect();
            compiler.problems.extend(wrong);
            compiler.problems.extend(others);
            Some(compiled)
        }
        Err(error) => {
            // The schema is derived from the same type, so this is a rule that a schema can't express.
            if wrong.is_empty() {
                compiler.problem("", codes::WRONG_TYPE, error.to_string());
            }
            compiler.problems.extend(wrong);
            None
        }
    }
}

fn reborrow<'c>(compiler: &'c mut Compiler<'_>) -> Compiler<'c> {
    Compiler {
        pointer: compiler.pointer.clone(),
        mode: compiler.mode,
        branches: compiler.branches.clone(),
        nodes: compiler.nodes,
        evaluator: compiler.evaluator,
        schema: compiler.schema,
        problems: compiler.problems,
    }
}

fn is_within(pointer: &str, around: &str) -> bool {
    pointer.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
