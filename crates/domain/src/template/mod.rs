//! Templates: text with `{{ expression }}`.
//!
//! A plain path is read natively ([`path`]), exactly and at next to no cost; everything else is
//! JSONata, which comes in behind [`Evaluator`] because it reads clocks to bound its time.
//! ```text
//! text ──scan──▶ pieces ──term──▶ paths and JSONata ──render──▶ value or text, and what was missing
//! ```
//! Invariants
//! - Rendering is one pass: what comes out of an expression is never read as a template again.
//! - Text that is one expression, blanks around it included, keeps the value's type; else it is text.
//! - The words of the roots are reserved in JSONata too: `$.system` or `` `system` `` reads a field of that name.
//!
//! Problems: `template.unclosed`, `template.empty`, those of [`path::PathError::code`] and of [`ExpressionError`].
//!
//! Not here: JSONata itself (`nodes::expression`), which nodes a template may read (`nodes::contract`).

pub mod path;
pub(crate) mod place;
mod resolve;
mod scan;
pub mod scope;
mod secrets;
mod templated;
mod term;
#[cfg(test)]
mod tests;
mod unparsed;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use self::place::Place;
use self::scan::Piece;
pub use self::secrets::secrets_read_in;
pub use self::templated::Templated;
pub(crate) use self::term::Term;
use crate::flow::codes;
use crate::problem::Problems;
use crate::secret::Slot;
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
    body: Body,
}

#[derive(Debug)]
enum Body {
    Text(String),
    /// One expression and nothing else: the value keeps its type.
    Alone(Term),
    /// Yields text.
    Mixed(Vec<Part>),
}

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    Term(Term),
}

impl Template {
    /// Problems are added at `pointer`; the template returned then yields nothing of use.
    pub fn parse(source: &str, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Self {
        Self { body: Body::parse(source, pointer, evaluator, problems) }
    }

    /// Whether `text` holds anything but itself.
    pub(crate) fn is_needed_for(text: &str) -> bool {
        text.contains("{{")
    }

    /// The value with its type if the text is exactly one expression, else text.
    /// `at` is the template's pointer in the node's config, for notes and errors.
    pub fn render(&self, scope: &Scope<'_>, at: &str, missing: &mut Vec<Missing>) -> Result<Value, TemplateError> {
        Ok(self.resolve_at(scope, &Place::Start(at), missing)?.map_or(Value::Null, Cow::into_owned))
    }

    /// As [`Template::render`], and then as text: null and missing are empty, lists and objects compact JSON.
    pub fn render_text(
        &self,
        scope: &Scope<'_>,
        at: &str,
        missing: &mut Vec<Missing>,
    ) -> Result<String, TemplateError> {
        self.render_text_at(scope, &Place::Start(at), missing)
    }

    pub(crate) fn render_text_at(
        &self,
        scope: &Scope<'_>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<String, TemplateError> {
        match self.resolve_at(scope, place, missing)? {
            None => Ok(String::new()),
            Some(Cow::Owned(Value::String(text))) => Ok(text),
            Some(value) => {
                let mut text = String::new();
                write_text(&value, &mut text);
                Ok(text)
            }
        }
    }

    /// `None`: one expression alone that led nowhere.
    pub(crate) fn resolve_at<'a>(
        &'a self,
        scope: &Scope<'a>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<Option<Cow<'a, Value>>, TemplateError> {
        self.resolve_noting(scope, place, missing, &mut Vec::new())
    }

    /// The same; notes where in what it comes to secrets are to be filled in.
    pub(super) fn resolve_noting<'a>(
        &'a self,
        scope: &Scope<'a>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
        slots: &mut Vec<Slot>,
    ) -> Result<Option<Cow<'a, Value>>, TemplateError> {
        let mut note = |term: &Term, offset| {
            slots.extend(term.secret().map(|name| Slot { at: place.pointer(), offset, name: name.clone() }));
        };
        match &self.body {
            Body::Text(text) => Ok(Some(Cow::Owned(Value::from(text.as_str())))),
            Body::Alone(term) => {
                note(term, 0);
                term.resolve(scope, place, missing)
            }
            Body::Mixed(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(literal) => text.push_str(literal),
                        Part::Term(term) => {
                            note(term, text.len());
                            if let Some(value) = term.resolve(scope, place, missing)? {
                                write_text(&value, &mut text);
                            }
                        }
                    }
                }
                Ok(Some(Cow::Owned(Value::String(text))))
            }
        }
    }

    /// Whether it holds JSONata, which costs more than a path and runs outside the fast lane.
    pub fn is_heavy(&self) -> bool {
        self.terms().any(Term::is_heavy)
    }

    /// Every plain path in it, those inside JSONata included.
    pub fn paths(&self) -> Vec<&path::Path> {
        self.terms().flat_map(Term::paths).collect()
    }

    fn terms(&self) -> impl Iterator<Item = &Term> {
        let (alone, parts) = match &self.body {
            Body::Text(_) => (None, &[][..]),
            Body::Alone(term) => (Some(term), &[][..]),
            Body::Mixed(parts) => (None, &parts[..]),
        };
        alone.into_iter().chain(parts.iter().filter_map(|part| match part {
            Part::Term(term) => Some(term),
            Part::Text(_) => None,
        }))
    }
}

impl Body {
    fn parse(source: &str, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Self {
        let pieces = match scan::split(source) {
            Ok(pieces) => pieces,
            Err(scan::Unclosed(at)) => {
                let position = source[..at].chars().count() + 1;
                let message = format!("the `{{{{` at character {position} is never closed by `}}}}`");
                problems.add(pointer, codes::TEMPLATE_UNCLOSED, message);
                return Self::Text(String::new());
            }
        };
        let blank = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if text.trim().is_empty());
        let mut solid = pieces.iter().filter(|piece| !blank(piece));
        if let (Some(Piece::Expression(alone)), None) = (solid.next(), solid.next()) {
            return Term::parse(alone, pointer, evaluator, problems).map_or(Self::Text(String::new()), Self::Alone);
        }
        if let [] | [Piece::Text(_)] = pieces[..] {
            return Self::Text(source.to_owned());
        }
        let parts = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(Part::Text(text.into())),
            Piece::Expression(text) => Term::parse(text, pointer, evaluator, problems).map(Part::Term),
        });
        Self::Mixed(parts.collect())
    }
}

/// Null is empty, lists and objects are compact JSON.
fn write_text(value: &Value, text: &mut String) {
    match value {
        Value::Null => {}
        Value::String(string) => text.push_str(string),
        other => write!(text, "{other}").expect("a String takes everything"),
    }
}
