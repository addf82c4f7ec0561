//! Rules: a tree of all and any over comparisons, or one expression.
//! ```text
//! rule = {all: [rule…]} · {any: [rule…]} · {left, operator, right} · {expression: "…"}
//! ```
//! Invariants
//! - An empty `all` is true, an empty `any` false; both stop at the first rule that decides.
//! - Both sides of a comparison keep their types. `exists` is about missing: JSON's null exists.
//!   `is_null` is true of a null that is there; `is_empty` of missing, null, `""`, `[]` and `{}`.
//! - An expression is JSONata or a plain path, without braces; only `true` is true.
//!
//! Problems: `condition.not_an_object`, `condition.form`, `condition.unknown_field`, `condition.missing_field`,
//! `condition.unknown_operator`, `condition.no_right`, `condition.not_a_list`, `condition.not_text`,
//! `condition.braces`, `condition.pattern`, and those of templates.
//!
//! Not here: what an operator says of two values (`compare`).

mod compare;
mod number;
mod operator;
mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use regex::Regex;

use self::compare::{Fault, compare};
use self::operator::Operator;
use crate::execution::journal::NodeError;
use crate::flow::codes;
use crate::problem::{Problems, below};
use crate::template::path::Path;
use crate::template::scope::Scope;
use crate::template::{Evaluator, Missing, Place, TemplateError, Templated, Term};
use crate::value::{Type, Value};

/// Of node runs: an operator met values of types that it does not take.
const TYPE_ERROR: &str = "condition.type";
/// Of node runs: a template could not be rendered.
const TEMPLATE_ERROR: &str = "template.failed";

/// A compiled rule.
#[derive(Debug)]
pub enum Rule {
    /// True when empty.
    All(Vec<Rule>),
    /// False when empty.
    Any(Vec<Rule>),
    Compare(Comparison),
    Expression(Formula),
}

/// `left operator right`.
#[derive(Debug)]
pub struct Comparison {
    left: Templated,
    operator: Operator,
    /// Null when the operator takes none.
    right: Templated,
    /// Of `matches`, if the right side is constant.
    pattern: Option<Regex>,
}

/// One expression.
#[derive(Debug)]
pub struct Formula(Term);

impl Rule {
    /// Reads `{all: […]}`, `{any: […]}`, `{left, operator, right}` or `{expression: "…"}`; every mistake becomes a problem.
    pub fn parse(value: &Value, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Self {
        parse::rule(value, pointer, evaluator, problems)
    }

    /// `at` is the rule's pointer in the node's config. Errors: `template.failed`, `condition.type`, `condition.pattern`.
    pub fn holds(&self, scope: &Scope<'_>, at: &str, missing: &mut Vec<Missing>) -> Result<bool, NodeError> {
        self.holds_at(scope, &Place::Start(at), missing)
    }

    fn holds_at(&self, scope: &Scope<'_>, place: &Place<'_>, missing: &mut Vec<Missing>) -> Result<bool, NodeError> {
        match self {
            Self::All(rules) => {
                let list = Place::Key(place, "all");
                for (index, rule) in rules.iter().enumerate() {
                    if !rule.holds_at(scope, &Place::Index(&list, index), missing)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(rules) => {
                let list = Place::Key(place, "any");
                for (index, rule) in rules.iter().enumerate() {
                    if rule.holds_at(scope, &Place::Index(&list, index), missing)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Compare(comparison) => comparison.holds_at(scope, place, missing),
            Self::Expression(Formula(term)) => {
                let value = term.resolve(scope, &Place::Key(place, "expression"), missing)?;
                Ok(matches!(value.as_deref(), Some(Value::Bool(true))))
            }
        }
    }

    /// Whether it holds JSONata, which costs more than a path and runs outside the fast lane.
    pub fn is_heavy(&self) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().any(Self::is_heavy),
            Self::Compare(comparison) => comparison.left.is_heavy() || comparison.right.is_heavy(),
            Self::Expression(Formula(term)) => term.is_heavy(),
        }
    }

    /// Tells every plain path in it, those inside JSONata included, with the pointer of the value it stands
    /// in. `at` is the rule's own.
    pub fn each_read<'r>(&'r self, at: &str, tell: &mut dyn FnMut(&str, &'r Path)) {
        let (name, rules) = match self {
            Self::All(rules) => ("all", rules),
            Self::Any(rules) => ("any", rules),
            Self::Compare(Comparison { left, right, .. }) => {
                for (name, side) in [("left", left), ("right", right)] {
                    side.paths().into_iter().for_each(|path| tell(&below(at, name), path));
                }
                return;
            }
            Self::Expression(Formula(term)) => {
                return term.paths().for_each(|path| tell(&below(at, "expression"), path));
            }
        };
        let list = below(at, name);
        rules.iter().enumerate().for_each(|(index, rule)| rule.each_read(&below(&list, index), tell));
    }
}

impl Comparison {
    fn holds_at(&self, scope: &Scope<'_>, place: &Place<'_>, missing: &mut Vec<Missing>) -> Result<bool, NodeError> {
        let left = self.left.resolve_at(scope, &Place::Key(place, "left"), missing)?;
        let right = self.right.resolve_at(scope, &Place::Key(place, "right"), missing)?;
        compare(left.as_deref(), self.operator, right.as_deref(), self.pattern.as_ref()).map_err(|fault| {
            let operator = self.operator;
            match fault {
                Fault::Type => {
                    let (takes, left, right) = (operator.takes(), type_of(left), type_of(right));
                    let message =
                        format!("the comparison at {place}: `{operator}` takes {takes}, but got {left} and {right}");
                    NodeError::new(TYPE_ERROR, message)
                }
                Fault::Pattern(why) => {
                    NodeError::new(codes::CONDITION_PATTERN, format!("the comparison at {place}: not a pattern: {why}"))
                }
            }
        })
    }
}

/// In words, for messages.
fn type_of(value: Option<Cow<'_, Value>>) -> &'static str {
    match value.as_deref().map(Type::of) {
        None => "nothing",
        Some(Type::Text) => "text",
        Some(Type::Number) => "a number",
        Some(Type::Boolean) => "a boolean",
        Some(Type::List) => "a list",
        Some(Type::Object) => "an object",
        Some(Type::Null) => "null",
    }
}

impl From<TemplateError> for NodeError {
    fn from(error: TemplateError) -> Self {
        Self::new(TEMPLATE_ERROR, error.to_string())
    }
}
