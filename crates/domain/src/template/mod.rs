//! Templates: text with `{{ expression }}`.
//!
//! A plain path is read natively ([`path`]), exactly and at next to no cost; everything else is
//! JSONata, which comes in behind [`Evaluator`] because it reads clocks to bound its time.
//! Rendering is one pass: what comes out of an expression is never read as a template again.

pub mod path;
pub mod scope;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::problem::Problems;
use crate::template::scope::Scope;
use crate::time::Timestamp;
use crate::value::Value;

/// Compiles JSONata. Implemented outside the domain.
pub trait Evaluator: Send + Sync {
    /// `source` is JSONata in which `variables` (names without `$`) will be bound.
    fn compile(&self, source: &str, variables: &[String]) -> Result<Arc<dyn Expression>, ExpressionError>;
}

/// A compiled JSONata expression.
pub trait Expression: Send + Sync + fmt::Debug {
    /// `bound` holds one value a variable, in the order given to [`Evaluator::compile`]; `None` is
    /// JSONata's nothing. `now` is what `$now()` and `$millis()` give. Returns `None` for nothing.
    fn evaluate(&self, bound: &[Option<&Value>], now: Timestamp) -> Result<Option<Value>, ExpressionError>;
}

/// Why an expression could not be compiled or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// `expression.syntax`, `expression.refused`, `expression.too_slow`, `expression.too_large`, `expression.failed`.
    pub code: &'static str,
    pub message: String,
}

/// A path of a template that led nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// JSON pointer of the template in the node's config, `/body/received`.
    pub template: String,
    /// The path as written, `trigger.body.order.id`.
    pub path: String,
}

/// A template that could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template at {template} failed: {message}, in `{expression}`")]
pub struct TemplateError {
    /// JSON pointer of the template in the node's config.
    pub template: String,
    /// The expression as written, without braces.
    pub expression: String,
    pub code: &'static str,
    pub message: String,
}

/// Parsed text with expressions in it.
#[derive(Debug)]
pub struct Template {
    // TODO parts
}

/// A config value with templates anywhere in its lists and objects; keys are left alone.
#[derive(Debug)]
pub enum Templated {
    /// Nothing in it varies.
    Constant(Value),
    Template(Template),
    List(Vec<Templated>),
    Object(Vec<(String, Templated)>),
}

impl Template {
    /// Problems are added at `pointer`; the template returned then yields nothing of use.
    pub fn parse(_source: &str, _pointer: &str, _evaluator: &dyn Evaluator, _problems: &mut Problems) -> Self {
        todo!()
    }

    /// The value with its type if the text is exactly one expression, else text.
    /// `at` is the template's pointer in the node's config, for notes and errors.
    pub fn render(&self, _scope: &Scope<'_>, _at: &str, _missing: &mut Vec<Missing>) -> Result<Value, TemplateError> {
        todo!()
    }

    /// As [`Template::render`], and then as text: null and missing are empty, lists and objects compact JSON.
    pub fn render_text(
        &self,
        _scope: &Scope<'_>,
        _at: &str,
        _missing: &mut Vec<Missing>,
    ) -> Result<String, TemplateError> {
        todo!()
    }

    /// Whether it holds JSONata, which costs more than a path and runs outside the fast lane.
    pub fn is_heavy(&self) -> bool {
        todo!()
    }

    /// Every plain path in it, those inside JSONata included.
    pub fn paths(&self) -> Vec<&path::Path> {
        todo!()
    }
}

impl Templated {
    pub fn parse(_value: &Value, _pointer: &str, _evaluator: &dyn Evaluator, _problems: &mut Problems) -> Self {
        todo!()
    }

    pub fn render(&self, _scope: &Scope<'_>, _at: &str, _missing: &mut Vec<Missing>) -> Result<Value, TemplateError> {
        todo!()
    }

    pub fn is_heavy(&self) -> bool {
        todo!()
    }

    pub fn paths(&self) -> Vec<&path::Path> {
        todo!()
    }
}
