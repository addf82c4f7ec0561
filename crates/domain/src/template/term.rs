//! One expression: a plain path, or JSONata with the plain paths in it bound to variables.
//! ```text
//! written    $sum(trigger.body.items.(price * 2)) + nodes.call.total
//! compiled   $sum($h0_.(price * 2)) + $h1_
//! ```
//! Where an error names a variable, the path stands in its place again.

use std::borrow::Cow;
use std::sync::Arc;

use super::path::{Path, PathError};
use super::place::Place;
use super::scan::Lexer;
use super::scope::Scope;
use super::{Evaluator, Expression, ExpressionError, Missing, TemplateError};
use crate::flow::codes;
use crate::problem::Problems;
use crate::secret::SecretName;
use crate::value::Value;

/// A compiled expression.
#[derive(Debug)]
pub(crate) enum Term {
    Path(Read),
    Jsonata(Jsonata),
}

/// A path and how it was written.
#[derive(Debug)]
pub(crate) struct Read {
    path: Path,
    written: Box<str>,
}

#[derive(Debug)]
pub(crate) struct Jsonata {
    source: Box<str>,
    /// What each variable is bound to.
    reads: Vec<Read>,
    compiled: Arc<dyn Expression>,
}

impl Term {
    /// `None` once a problem was added.
    pub(crate) fn parse(
        source: &str,
        pointer: &str,
        evaluator: &dyn Evaluator,
        problems: &mut Problems,
    ) -> Option<Self> {
        let source = source.trim();
        if source.is_empty() {
            problems.add(pointer, codes::TEMPLATE_EMPTY, "there is no expression between the braces");
            return None;
        }
        let error = match Path::parse(source) {
            Ok(path) => return Some(Self::Path(Read { path, written: source.into() })),
            Err(PathError::Syntax) => return Jsonata::parse(source, pointer, evaluator, problems).map(Self::Jsonata),
            Err(PathError::UnknownRoot(word)) if matches!(word.as_str(), "true" | "false" | "null") => {
                return Jsonata::parse(source, pointer, evaluator, problems).map(Self::Jsonata);
            }
            Err(error) => error,
        };
        problems.add(pointer, error.code(), format!("`{source}`: {error}"));
        None
    }

    /// `None`: missing, or nothing in JSONata.
    pub(crate) fn resolve<'a>(
        &self,
        scope: &Scope<'a>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<Option<Cow<'a, Value>>, TemplateError> {
        match self {
            Self::Path(read) => Ok(read.resolve(scope, place, missing)),
            Self::Jsonata(jsonata) => jsonata.evaluate(scope, place, missing).map(|value| value.map(Cow::Owned)),
        }
    }

    pub(crate) fn is_heavy(&self) -> bool {
        matches!(self, Self::Jsonata(_))
    }

    /// The secret that it stands for.
    pub(crate) fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Path(read) => read.path.secret(),
            Self::Jsonata(_) => None,
        }
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        let reads = match self {
            Self::Path(read) => std::slice::from_ref(read),
            Self::Jsonata(jsonata) => &jsonata.reads,
        };
        reads.iter().map(|read| &read.path)
    }
}

impl Read {
    fn resolve<'a>(&self, scope: &Scope<'a>, place: &Place<'_>, missing: &mut Vec<Missing>) -> Option<Cow<'a, Value>> {
        let value = self.path.resolve(scope);
        if value.is_none() {
            let note = Missing { template: place.pointer(), path: self.written.to_string() };
            if !missing.contains(&note) {
                missing.push(note);
            }
        }
        value
    }
}

impl Jsonata {
    fn parse(source: &str, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Option<Self> {
        let before = problems.len();
        let names = Names::unused_in(source);
        let mut rewritten = String::with_capacity(source.len());
        let mut reads: Vec<Read> = Vec::new();
        let mut lexer = Lexer::new(source);
        while let Some(lexeme) = lexer.next() {
            let start = lexeme.range.start;
            let starts_name = lexeme.char.is_some_and(|char| char.is_ascii_alphabetic())
                && !lexeme.before.is_step()
                && !lexeme.before.is_in_name();
            let found = if starts_name { Path::prefix(&source[start..]) } else { None };
            let Some((length, path)) = found else {
                rewritten.push_str(&source[lexeme.range]);
                continue;
            };
            let written = &source[start..start + length];
            let is_key =
                matches!(lexeme.before.last, Some('{' | ',')) && source[start + length..].trim_start().starts_with(':');
            match path {
                Ok(path) if path.secret().is_some() => {
                    let message = format!(
                        "`{written}` in `{source}`: a secret can't be used in an expression, it can only be put in as it is: `{{{{ {written} }}}}`, with text around it where needed; a field of that name is read as `$.secrets` or in backquotes"
                    );
                    problems.add(pointer, codes::SECRET_IN_EXPRESSION, message);
                }
                Ok(path) if !(is_key && path.is_bare_root()) => {
                    let index = reads.iter().position(|read| read.path == path).unwrap_or_else(|| {
                        reads.push(Read { path, written: written.into() });
                        reads.len() - 1
                    });
                    rewritten.push('$');
                    rewritten.push_str(&names.name(index));
                }
                Ok(_) => rewritten.push_str(written),
                Err(error) => problems.add(pointer, error.code(), format!("`{written}` in `{source}`: {error}")),
            }
            lexer.skip_operand(length - lexeme.range.len());
        }
        if problems.len() > before {
            return None;
        }
        let variables: Vec<String> = (0..reads.len()).map(|index| names.name(index)).collect();
        match evaluator.compile(&rewritten, &variables) {
            Ok(compiled) => Some(Self { source: source.into(), reads, compiled }),
            Err(error) => {
                let message = as_written(error.message, &variables, &reads);
                problems.add(pointer, error.code, format!("`{source}`: {message}"));
                None
            }
        }
    }

    fn evaluate(
        &self,
        scope: &Scope<'_>,
        place: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<Option<Value>, TemplateError> {
        let values: Vec<_> = self.reads.iter().map(|read| read.resolve(scope, place, missing)).collect();
        let bound: Vec<_> = values.iter().map(Option::as_deref).collect();
        self.compiled.evaluate(&bound, scope.system.now).map_err(|ExpressionError { code, message }| {
            let names = Names::unused_in(&self.source);
            let variables: Vec<String> = (0..self.reads.len()).map(|index| names.name(index)).collect();
            TemplateError {
                template: place.pointer(),
                expression: self.source.to_string(),
                code,
                message: as_written(message, &variables, &self.reads),
            }
        })
    }
}

/// Names of variables that the author does not use.
struct Names {
    stem: String,
}

impl Names {
    fn unused_in(source: &str) -> Self {
        let mut stem = String::from("h");
        while source.contains(&format!("${stem}")) {
            stem.push('_');
        }
        Self { stem }
    }

    /// Ends in a mark, so that no name is the beginning of another.
    fn name(&self, index: usize) -> String {
        format!("{}{index}_", self.stem)
    }
}

fn as_written(mut message: String, variables: &[String], reads: &[Read]) -> String {
    for (variable, read) in variables.iter().zip(reads) {
        message = message.replace(&format!("${variable}"), &read.written);
    }
    message
}
