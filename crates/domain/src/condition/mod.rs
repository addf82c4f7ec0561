//! Rules: a tree of all and any over comparisons, or one expression.

use crate::execution::journal::NodeError;
use crate::problem::Problems;
use crate::template::scope::Scope;
use crate::template::{Evaluator, Missing, Templated};
use crate::value::Value;

/// A compiled rule.
#[derive(Debug)]
pub enum Rule {
    /// True when empty.
    All(Vec<Rule>),
    /// False when empty.
    Any(Vec<Rule>),
    // TODO Compare, Expression
}

impl Rule {
    /// Reads `{all: […]}`, `{any: […]}`, `{left, operator, right}` or `{expression: "…"}`; every mistake becomes a problem.
    pub fn parse(_value: &Value, _pointer: &str, _evaluator: &dyn Evaluator, _problems: &mut Problems) -> Self {
        todo!()
    }

    /// `at` is the rule's pointer in the node's config. Errors: `template.failed`, `condition.type`.
    pub fn holds(&self, _scope: &Scope<'_>, _at: &str, _missing: &mut Vec<Missing>) -> Result<bool, NodeError> {
        todo!()
    }

    pub fn is_heavy(&self) -> bool {
        todo!()
    }

    pub fn paths(&self) -> Vec<&crate::template::path::Path> {
        todo!()
    }
}

impl From<crate::template::TemplateError> for NodeError {
    fn from(error: crate::template::TemplateError) -> Self {
        Self::new("template.failed", error.to_string())
    }
}

#[allow(unused)]
fn _unused(_: Templated) {}
