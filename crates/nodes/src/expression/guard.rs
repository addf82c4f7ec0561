//! Rewrites a parsed expression so that its evaluation is bounded and repeatable.
//!
//! The library bounds time, depth and lists, but only between two steps. What one step makes, and what
//! it holds on to, is counted by functions of ours around the arguments (`t` is `$hookflow_text`, …):
//! ```text
//! a & b, $uppercase(s)      t(a) & t(b), $uppercase(t(s))         bytes that will be copied
//! [x, y], {"k": x}          [held(x), held(y)], {"k": held(x)}    depth, and size with shared parts counted each time
//! [1..n]                    [1..range_end(n)]
//! $pad(s, n)                $pad(width(s), width(n))              either may be the width
//! $replace(s, p, r)         $replace(subject(s), p, replacement(r))
//! $split(s, p)              parts($split(t(s), t(p), limit()))
//! function($x){ … }         function($x){( closures(2); … )}      if it makes two functions
//! ```
//! - `$join` and `$distinct` are ours; `$now` and `$millis` read a variable.
//! - A builtin of these used as a value becomes a function: `$map(l, $string)`, `function($a){ $string(t($a)) }`.
//! - Functions hold on to functions in ways that cannot be looked into, and the library frees such chains
//!   recursively: they are counted, and [`Guarded::makes_closures`] asks for a stack that can free them all.
//! - `$random`, `$shuffle` and `$eval` are refused, and so are bindings of the names above: a function of
//!   the author's own must not slip into their place.
//!
//! Not here: what the functions count (`functions`), limits of the source (`expression`).

use domain::flow::codes;
use domain::template::ExpressionError;
use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::error;
use super::functions::{
    CLOSURES, DISTINCT, HELD, JOIN, LIMIT, PARTS, RANGE_END, REPLACEMENT, ROMAN, SUBJECT, TEXT, WIDTH,
};
use super::tree::{call, children, context, take};

/// The variable that holds the time, in milliseconds.
pub(super) const NOW: &str = "hookflow_now";

const OURS: &str = "hookflow_";
/// The parameters of a function that takes a builtin's place, numbered.
const PARAM: &str = "hookflow_a";
const TAKEN: &str = "the name is taken; call it something else";

/// What is known of a tree once it is guarded.
#[derive(Debug, Default)]
pub(super) struct Guarded {
    /// Whether functions in it make functions.
    pub(super) makes_closures: bool,
}

pub(super) fn guard(tree: &mut AstNode) -> Result<Guarded, ExpressionError> {
    let mut guard = Guard::default();
    guard.node(tree)?;
    Ok(guard.guarded)
}

#[derive(Default)]
struct Guard {
    guarded: Guarded,
    /// Parameters of the functions around.
    params: Vec<String>,
}

impl Guard {
    fn node(&mut self, node: &mut AstNode) -> Result<(), ExpressionError> {
        with_stack(|| {
            self.replace(node);
            self.check(node)?;
            self.children(node)?;
            self.wrap(node);
            Ok(())
        })
    }

    fn children(&mut self, node: &mut AstNode) -> Result<(), ExpressionError> {
        match node {
            AstNode::Lambda { params, body, .. } => {
                let outer = self.params.len();
                self.params.extend_from_slice(params);
                self.node(body)?;
                self.params.truncate(outer);
                Ok(())
            }
            // Here a transform stands where its argument can be looked at.
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } if matches!(**rhs, AstNode::Transform { .. }) => {
                self.node(lhs)?;
                children(rhs, &mut |child| self.node(child))
            }
            _ => children(node, &mut |child| self.node(child)),
        }
    }

    /// [`arity`], unless a parameter has taken the name.
    fn arity(&self, name: &str) -> Option<usize> {
        if self.is_param(name) { None } else { arity(name) }
    }

    fn is_param(&self, name: &str) -> bool {
        self.params.iter().any(|param| param == name)
    }

    /// Puts what can be guarded into the place of what cannot.
    fn replace(&self, node: &mut AstNode) {
        match node {
            AstNode::Variable(name) => {
                if let Some(arity) = self.arity(name) {
                    *node = function(arity, |params| call(name, params));
                }
            }
            // `$substring(?, 0, 1)` is a function of what is missing.
            AstNode::Function { name, args, is_builtin: true }
                if self.arity(name).is_some() && args.contains(&AstNode::Placeholder) =>
            {
                let holes = args.iter().filter(|arg| **arg == AstNode::Placeholder).count();
                *node = function(holes, |mut params| {
                    let holes = args.iter_mut().filter(|arg| **arg == AstNode::Placeholder);
                    holes.zip(&mut params).for_each(|(hole, param)| *hole = take(param));
                    call(name, std::mem::take(args))
                });
            }
            AstNode::Transform { .. } => {
                *node = function(1, |mut params| {
                    let lhs = Box::new(take(&mut params[0]));
                    AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs: Box::new(take(node)) }
                });
            }
            // `s ~> $pad(9)` means `$pad(s, 9)`.
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => {
                // A filter may stand behind the call.
                let right = match &mut **rhs {
                    AstNode::Path { steps } if steps.len() == 1 => &mut steps[0].node,
                    other => other,
                };
                if let AstNode::Function { args, .. } = right
                    && !args.contains(&AstNode::Placeholder)
                {
                    args.insert(0, take(lhs));
                    *node = take(rhs);
                }
            }
            _ => {}
        }
    }

    /// Refuses what would make a result depend on chance, escape the guards, or take their names.
    fn check(&self, node: &AstNode) -> Result<(), ExpressionError> {
        if let AstNode::Variable(name) | AstNode::Function { name, is_builtin: true, .. } = node
            && !self.is_param(name)
        {
            match name.as_str() {
                "random" | "shuffle" => return refuse(name, "the same data has to give the same result"),
                "eval" => return refuse(name, "an expression cannot come out of data"),
                name if name.starts_with(OURS) => return refuse(name, TAKEN),
                _ => {}
            }
        }
        // A parameter hides a builtin all over its function; where an assignment does cannot be told.
        let hides = |name: &&str| arity(name).is_some() && !matches!(node, AstNode::Lambda { .. });
        match bindings(node).into_iter().find(|name| hides(name) || is_foreign(name)) {
            Some(name) => refuse(name, TAKEN),
            None => Ok(()),
        }
    }

    /// Puts the guards around what `node` makes into something larger.
    fn wrap(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Binary { op: BinaryOp::Concatenate, lhs, rhs } => {
                for side in [lhs, rhs] {
                    // What a chain of `&` has joined so far is made of operands that were counted.
                    if !matches!(**side, AstNode::Binary { op: BinaryOp::Concatenate, .. }) {
                        enclose(TEXT, side);
                    }
                }
            }
            AstNode::Binary { op: BinaryOp::Range, lhs, rhs } => {
                enclose(RANGE_END, lhs);
                enclose(RANGE_END, rhs);
            }
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } if matches!(**rhs, AstNode::Transform { .. }) => {
                enclose(HELD, lhs);
            }
            // `[]` behind a call keeps a list of one element a list, which a call around the call would not.
            AstNode::Path { steps } if steps.len() == 1 => {
                if let AstNode::Function { name, args, .. } = &mut steps[0].node
                    && let Some(whole) = [HELD, PARTS].into_iter().find(|whole| name == whole)
                {
                    steps[0].node = take(&mut args[0]);
                    *node = call(whole, vec![take(node)]);
                }
            }
            AstNode::Array(elements) | AstNode::ArrayGroup(elements) => elements.iter_mut().for_each(hold),
            AstNode::Object(pairs) | AstNode::ObjectTransform { pattern: pairs, .. } => {
                pairs.iter_mut().for_each(|(_, value)| hold(value));
            }
            AstNode::Lambda { body, .. } => {
                let closures = closures(body);
                if closures > 0 {
                    self.guarded.makes_closures = true;
                    let count = call(CLOSURES, vec![AstNode::Number(closures as f64)]);
                    **body = AstNode::Block(vec![count, take(body)]);
                }
            }
            AstNode::Function { name, args, is_builtin: true } if !self.is_param(name) => {
                let whole = wrap_arguments(name, args);
                if let Some(whole) = whole {
                    *node = call(whole, vec![take(node)]);
                } else if name == "millis" {
                    *node = AstNode::variable(NOW);
                }
            }
            _ => {}
        }
    }
}

/// How many arguments a guarded builtin takes when it is used as a value.
fn arity(name: &str) -> Option<usize> {
    Some(match name {
        "millis" => 0,
        "string" | "distinct" | "uppercase" | "lowercase" | "trim" | "base64encode" | "base64decode" | "encodeUrl"
        | "encodeUrlComponent" | "decodeUrl" | "decodeUrlComponent" => 1,
        "now" | "join" | "map" | "each" | "zip" | "substringBefore" | "substringAfter" | "formatInteger" => 2,
        "pad" | "substring" | "split" | "match" => 3,
        "replace" => 4,
        _ => return None,
    })
}

/// `function($a1, …){ body }`
fn function(arity: usize, body: impl FnOnce(Vec<AstNode>) -> AstNode) -> AstNode {
    let params: Vec<_> = (1..=arity).map(|number| format!("{PARAM}{number}")).collect();
    let body = Box::new(body(params.iter().map(AstNode::variable).collect()));
    AstNode::Lambda { params, body, signature: None, thunk: false }
}

fn refuse(name: &str, why: &str) -> Result<(), ExpressionError> {
    Err(error(codes::EXPRESSION_REFUSED, format!("`${name}` cannot be used here: {why}")))
}

/// Whether the name is of ours, but not of a parameter that was put in here.
fn is_foreign(name: &str) -> bool {
    name.starts_with(OURS) && !name.starts_with(PARAM)
}

/// The names that `node` itself binds.
fn bindings(node: &AstNode) -> Vec<&str> {
    match node {
        AstNode::Lambda { params, .. } => params.iter().map(String::as_str).collect(),
        AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => match &**lhs {
            AstNode::Variable(name) => vec![name],
            _ => Vec::new(),
        },
        AstNode::Path { steps } => steps.iter().flat_map(step_bindings).collect(),
        _ => Vec::new(),
    }
}

/// `@$focus`, and `#$index` before and behind filters.
fn step_bindings(step: &PathStep) -> impl Iterator<Item = &str> {
    let stages = step.stages.iter().filter_map(|stage| match stage {
        Stage::Index(name) => Some(name),
        Stage::Filter(_) | Stage::KeepArray => None,
    });
    step.focus.iter().chain(&step.index_var).chain(stages).map(String::as_str)
}

/// Guards a call's arguments; what has to stand around the call itself.
fn wrap_arguments(name: &mut String, args: &mut Vec<AstNode>) -> Option<&'static str> {
    match name.as_str() {
        "string" | "uppercase" | "lowercase" | "trim" | "base64encode" | "base64decode" | "encodeUrl"
        | "encodeUrlComponent" | "decodeUrl" | "decodeUrlComponent" | "substring" | "substringBefore"
        | "substringAfter" => wrap_texts(args),
        "split" | "match" => {
            let limit = match args.last() {
                Some(AstNode::Number(_)) if args.len() > 1 => args.pop(),
                _ if args.len() > 2 => args.pop(),
                _ => None,
            };
            wrap_texts(args);
            args.push(call(LIMIT, vec![limit.unwrap_or(AstNode::Undefined)]));
            return Some(PARTS);
        }
        "pad" => args.iter_mut().for_each(|arg| enclose(WIDTH, arg)),
        "replace" => wrap_replace(args),
        "map" | "each" | "zip" => return Some(HELD),
        "formatInteger" => {
            let decimal = matches!(args.last(), Some(AstNode::String(picture)) if !picture.contains(['i', 'I']));
            if !decimal {
                args.iter_mut().for_each(|arg| enclose(ROMAN, arg));
            }
        }
        "join" => JOIN.clone_into(name),
        "distinct" => DISTINCT.clone_into(name),
        "now" => {
            "fromMillis".clone_into(name);
            args.insert(0, AstNode::variable(NOW));
        }
        _ => {}
    }
    None
}

fn wrap_texts(args: &mut Vec<AstNode>) {
    if args.is_empty() {
        args.push(context());
    }
    args.iter_mut().skip(1).for_each(|arg| enclose(TEXT, arg));
    // A regular expression is no text, but the context may be.
    args[0] = call(TEXT, vec![take(&mut args[0]), context()]);
}

/// With two arguments the context is the subject.
fn wrap_replace(args: &mut [AstNode]) {
    let replacement = if args.len() == 2 { 1 } else { 2 };
    match args.get_mut(replacement) {
        Some(AstNode::Lambda { body, thunk, .. }) => {
            enclose(TEXT, body);
            *thunk = false;
        }
        Some(text) => enclose(REPLACEMENT, text),
        None => {}
    }
    if let Some(subject) = args.first_mut() {
        *subject = call(SUBJECT, vec![take(subject), context()]);
    }
}

fn hold(value: &mut AstNode) {
    match value {
        // A list written out has to stay in sight: a call in its place would be spliced in.
        AstNode::Array(_) => {}
        AstNode::Path { steps } if matches!(steps[..], [PathStep { node: AstNode::Array(_), .. }]) => {}
        // Its values are guarded.
        AstNode::Object(_) => {}
        // A range has to stand directly in a list.
        AstNode::Binary { op: BinaryOp::Range, .. } => {}
        _ => enclose(HELD, value),
    }
}

/// How many functions one run of `body` makes at most, those of nested functions not counted.
fn closures(body: &mut AstNode) -> usize {
    let mut count = match body {
        AstNode::Lambda { .. } => return 1,
        AstNode::Binary { op: BinaryOp::ChainPipe, .. } => 1,
        AstNode::Function { args, .. } | AstNode::Call { args, .. } => {
            usize::from(args.contains(&AstNode::Placeholder))
        }
        _ => 0,
    };
    let visited = children(body, &mut |child| {
        count += closures(child);
        Ok(())
    });
    debug_assert!(visited.is_ok(), "counting refuses nothing");
    count
}

fn enclose(function: &str, node: &mut AstNode) {
    let constant = matches!(
        node,
        AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null | AstNode::Regex { .. }
    );
    // A constant is too short to grow by being joined, but not by being a width or replacing many parts.
    if !constant || !matches!(function, TEXT | HELD) {
        *node = call(function, vec![take(node)]);
    }
}
