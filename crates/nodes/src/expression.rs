//! JSONata behind the domain's `Evaluator`.
//!
//! ```text
//! source ──limits──▶ parser ──guard──▶ syntax tree, kept    bound values ──convert──▶ evaluator ──convert──▶ value
//! ```
//! Invariants
//! - The same source over the same values at the same time gives the same result: `$now` and `$millis` are
//!   the time passed in; `$random`, `$shuffle` and `$eval` are refused.
//! - Time, depth, lists, texts and the result have limits. What the language's library does not bound
//!   itself is bounded by calls that [`guard`] puts into the tree.
//! - Nothing panics: a panic of the library is caught and becomes an error.
//! - Numbers are doubles here: integers beyond 2^53 lose digits. A whole result within ±2^53 is an integer.
//!
//! Not here: `{{ }}` and plain paths (`domain::template`).

mod convert;
mod functions;
mod guard;
#[cfg(test)]
mod tests;
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use domain::flow::codes;
use domain::template::{Evaluator, Expression, ExpressionError};
use domain::time::Timestamp;
use domain::value::Value;
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator as Interpreter, EvaluatorError, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;

use self::guard::Guarded;

const TOO_SLOW: &str = "expression.too_slow";
/// Bytes of an expression's source.
pub const EXPRESSION_LENGTH_MAX: usize = 8 * 1024;
/// How deep the brackets of a source may nest.
pub const EXPRESSION_NESTING_MAX: usize = 64;
/// Time of one evaluation.
pub const EXPRESSION_TIME_MAX: Duration = Duration::from_secs(1);
/// The library knows the time on the wall alone. Whoever got less than half of it on a busy machine is evaluated once
/// more, with as many times the time.
const STARVED_TIMES: u32 = 10;
/// Levels of evaluation; a call that is not the last thing its function does costs about three.
pub const EXPRESSION_DEPTH_MAX: usize = 3_000;
/// Elements of a list that an expression makes.
pub const EXPRESSION_LIST_MAX: usize = 100_000;
/// Bytes of all texts together that one evaluation copies, and four for each value that it holds in another.
pub const EXPRESSION_WORK_MAX: usize = 64 << 20;
/// How deep a value may nest that is put into another one, and the result: the journal has to be able to
/// read it back.
pub const EXPRESSION_VALUE_DEPTH_MAX: usize = 100;
/// Functions that functions make.
pub const EXPRESSION_CLOSURES_MAX: usize = 50_000;
/// Bytes of stack that freeing one of a chain of functions takes, and room to spare.
const CLOSURE_STACK: usize = 2 * 1024;
/// Bytes of the result, about as JSON counts them.
pub const EXPRESSION_OUTPUT_MAX: usize = 1 << 20;

/// What one evaluation may take.
#[derive(Debug, Clone)]
pub struct Limits {
    pub time: Duration,
    pub depth: usize,
    pub list: usize,
    pub work: usize,
    pub closures: usize,
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: EXPRESSION_TIME_MAX,
            depth: EXPRESSION_DEPTH_MAX,
            list: EXPRESSION_LIST_MAX,
            work: EXPRESSION_WORK_MAX,
            closures: EXPRESSION_CLOSURES_MAX,
            output: EXPRESSION_OUTPUT_MAX,
        }
    }
}

/// The JSONata evaluator.
#[derive(Debug, Default)]
pub struct Jsonata {
    pub limits: Limits,
}

#[derive(Debug)]
struct Compiled {
    tree: AstNode,
    guarded: Guarded,
    variables: Vec<String>,
    limits: Limits,
}

impl Evaluator for Jsonata {
    fn compile(&self, source: &str, variables: &[String]) -> Result<Arc<dyn Expression>, ExpressionError> {
        if source.len() > EXPRESSION_LENGTH_MAX {
            let message = format!("the expression is longer than {EXPRESSION_LENGTH_MAX} bytes");
            return Err(error(codes::EXPRESSION_TOO_LARGE, message));
        }
        if nesting(source) > EXPRESSION_NESTING_MAX {
            let message = format!("the brackets nest deeper than {EXPRESSION_NESTING_MAX}");
            return Err(error(codes::EXPRESSION_TOO_LARGE, message));
        }
        let mut tree = quietly(|| {
            parser::parse(source).map_err(|refusal| error(codes::EXPRESSION_SYNTAX, refusal.display_message()))
        })?;
        let guarded = guard::guard(&mut tree)?;
        Ok(Arc::new(Compiled { tree, guarded, variables: variables.to_vec(), limits: self.limits.clone() }))
    }
}

impl Expression for Compiled {
    fn evaluate(&self, bound: &[Option<&Value>], now: Timestamp) -> Result<Option<Value>, ExpressionError> {
        let run = || {
            let began = own_time();
            let outcome = quietly(|| self.run(bound, now, self.limits.time));
            match &outcome {
                Err(error) if error.code == TOO_SLOW && was_starved(own_time() - began, self.limits.time) => {
                    quietly(|| self.run(bound, now, self.limits.time * STARVED_TIMES))
                }
                _ => outcome,
            }
        };
        if self.guarded.makes_closures {
            stacker::grow(self.limits.closures.saturating_mul(CLOSURE_STACK), run)
        } else {
            run()
        }
    }
}

impl Compiled {
    /// Everything the library makes is freed when this returns.
    fn run(&self, bound: &[Option<&Value>], now: Timestamp, time: Duration) -> Result<Option<Value>, ExpressionError> {
        let mut context = Context::new();
        for (variable, value) in self.variables.iter().zip(bound) {
            context.bind(variable.clone(), value.map_or(JValue::Undefined, convert::to_jsonata));
        }
        context.bind(guard::NOW.to_owned(), JValue::from(now.as_millis()));
        let options = EvaluatorOptions {
            timeout_ms: Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            max_stack_depth: Some(self.limits.depth),
            max_sequence_length: Some(self.limits.list),
            cancel: None,
        };
        let mut interpreter = Interpreter::with_options(context, options);
        functions::register(&mut interpreter, &self.limits);
        let result = interpreter.evaluate(&self.tree, &JValue::Undefined).map_err(|failure| explain(&failure))?;
        convert::from_jsonata(&result, self.limits.output)
    }
}

/// For how long this thread has had a core.
fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn was_starved(spent: Duration, limit: Duration) -> bool {
    spent < limit / 2
}

/// A panic of the library is an error like another one.
fn quietly<T>(work: impl FnOnce() -> Result<T, ExpressionError>) -> Result<T, ExpressionError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(error("expression.failed", "the JSONata library broke on this expression".to_owned())))
}

fn error(code: &'static str, message: String) -> ExpressionError {
    ExpressionError { code, message }
}

/// The library's codes that stand for a limit; everything else is a mistake in the expression or its data.
fn explain(failure: &EvaluatorError) -> ExpressionError {
    let code = match failure.code() {
        Some("D1012") => TOO_SLOW,
        Some("D1011" | "U1001" | "D2014" | "D2015" | functions::TOO_LARGE) => codes::EXPRESSION_TOO_LARGE,
        _ => "expression.failed",
    };
    error(code, failure.message().to_owned())
}

/// How deep brackets nest outside of quotes; a regular expression's count too.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let mut quote = None;
    let mut chars = source.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some('"' | '\''), '\\') => drop(chars.next()),
            (Some(open), _) if char == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(char),
            (None, '(' | '[' | '{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
