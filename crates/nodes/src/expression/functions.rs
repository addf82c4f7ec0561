//! The functions that [`super::guard`] puts into a tree.
//!
//! Most hand their argument on and count what is about to be made of it; `join` and `distinct` take the
//! place of builtins that cannot be bounded from outside.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator as Interpreter, EvaluatorError, HostFnResult};
use jsonata_core::functions::{array, string};
use jsonata_core::value::{JValue, with_stack};

use super::{EXPRESSION_VALUE_DEPTH_MAX, Limits};

/// The code of our own errors about size, in the library's manner.
pub(super) const TOO_LARGE: &str = "H1001";

/// What becomes text or part of one; then, for functions that may leave their text out, the context.
pub(super) const TEXT: &str = "hookflow_text";
/// What is put into a list or an object.
pub(super) const HELD: &str = "hookflow_held";
/// An end of a range.
pub(super) const RANGE_END: &str = "hookflow_range_end";
/// What may be the width of a padded text.
pub(super) const WIDTH: &str = "hookflow_width";
/// What may be written as a Roman number.
pub(super) const ROMAN: &str = "hookflow_roman";
/// A text in which parts will be replaced; then the context, as with [`TEXT`].
pub(super) const SUBJECT: &str = "hookflow_subject";
/// What will replace the parts.
pub(super) const REPLACEMENT: &str = "hookflow_replacement";
/// How many parts `split` and `match` shall give at most.
pub(super) const LIMIT: &str = "hookflow_limit";
/// The parts that they gave.
pub(super) const PARTS: &str = "hookflow_parts";
/// How many functions a function is about to make.
pub(super) const CLOSURES: &str = "hookflow_closures";
/// In the place of `join`.
pub(super) const JOIN: &str = "hookflow_join";
/// In the place of `distinct`, which compares every element with every other.
pub(super) const DISTINCT: &str = "hookflow_distinct";

/// What looking at a value inside another one costs.
const HELD_COST: usize = 4;

/// Something of which one evaluation may use so much.
#[derive(Clone)]
struct Budget {
    left: Rc<Cell<usize>>,
    refusal: Rc<str>,
}

impl Budget {
    fn new(max: usize, of_what: &str) -> Self {
        let refusal = format!("{TOO_LARGE}: this takes more than {max} {of_what}");
        Self { left: Rc::new(Cell::new(max)), refusal: refusal.into() }
    }

    fn spend(&self, amount: usize) -> Result<(), EvaluatorError> {
        let left = self.left.get().checked_sub(amount).ok_or_else(|| self.refused())?;
        self.left.set(left);
        Ok(())
    }

    fn spend_number(&self, number: f64, each: usize) -> Result<(), EvaluatorError> {
        // A float becomes the nearest integer there is.
        self.spend((number.abs() as usize).saturating_mul(each))
    }

    fn refused(&self) -> EvaluatorError {
        EvaluatorError::EvaluationError(self.refusal.to_string())
    }

    /// Goes through `value`. Parts that it shares count each time: written, compared or searched, they
    /// are gone through each time. With `written` its texts count, and their indentation.
    fn spend_value(&self, value: &JValue, written: bool, depth: usize) -> Result<(), EvaluatorError> {
        if depth > EXPRESSION_VALUE_DEPTH_MAX {
            let message = format!("{TOO_LARGE}: a value nests deeper than {EXPRESSION_VALUE_DEPTH_MAX}");
            return Err(EvaluatorError::EvaluationError(message));
        }
        self.spend(if written { HELD_COST + 2 * depth } else { HELD_COST })?;
        let below = |value: &JValue| self.spend_value(value, written, depth + 1);
        match value {
            JValue::String(text) if written => self.spend(text.len()),
            JValue::Array(list) => with_stack(|| list.iter().try_for_each(below)),
            JValue::Object(members) => with_stack(|| {
                members.iter().try_for_each(|(key, member)| {
                    self.spend(if written { key.len() } else { 0 })?;
                    below(member)
                })
            }),
            JValue::Lambda(lambda) => with_stack(|| lambda.captured_env.values().try_for_each(below)),
            _ => Ok(()),
        }
    }
}

pub(super) fn register(interpreter: &mut Interpreter, limits: &Limits) {
    let work = Budget::new(limits.work, "bytes of texts and values");
    let closures = Budget::new(limits.closures, "functions made by functions");
    let list_max = limits.list;
    let longest_subject = Rc::new(Cell::new(0usize));

    let budget = work.clone();
    look(interpreter, TEXT, move |value, context| {
        let text = if value.is_string() { value } else { context };
        budget.spend(text.as_str().map_or(0, str::len))?;
        if value.is_string() { Ok(()) } else { budget.spend_value(value, true, 0) }
    });
    let budget = work.clone();
    look(interpreter, HELD, move |value, _| budget.spend_value(value, false, 0));
    let budget = work.clone();
    look_at_number(interpreter, RANGE_END, move |end| budget.spend_number(end, size_of::<JValue>()));
    let budget = work.clone();
    // At most four bytes a character.
    look_at_number(interpreter, WIDTH, move |width| budget.spend_number(width, 4));
    let budget = work.clone();
    // An M for each thousand.
    look_at_number(interpreter, ROMAN, move |number| budget.spend_number(number / 1e3, 1));
    look_at_number(interpreter, CLOSURES, move |count| closures.spend_number(count, 1));

    let (budget, longest) = (work.clone(), Rc::clone(&longest_subject));
    look(interpreter, SUBJECT, move |value, context| {
        let length = [value, context].into_iter().filter_map(JValue::as_str).map(str::len).max().unwrap_or(0);
        longest.set(longest.get().max(length));
        budget.spend(length)
    });
    let budget = work.clone();
    look(interpreter, REPLACEMENT, move |value, _| match value {
        // The worst case: every byte is a part. Which subject it is is not known here.
        JValue::String(text) if text.len().saturating_mul(longest_subject.get()) > budget.left.get() => {
            Err(budget.refused())
        }
        JValue::Number(_) => Err(wrong("replace", 1, "given when there is a limit")),
        function if function.is_function() => Err(wrong("replace", 3, "text, or a function written in its place")),
        _ => Ok(()),
    });

    host(interpreter, LIMIT, move |arguments| {
        // One more than may be, so that `PARTS` sees that there are more.
        let most = list_max as f64 + 1.0;
        Ok(match arguments.first() {
            Some(JValue::Number(limit)) => JValue::Number(limit.min(most)),
            None | Some(JValue::Undefined) => JValue::Number(most),
            Some(other) => other.clone(),
        })
    });
    look(interpreter, PARTS, move |value, _| match value {
        JValue::Array(list) if list.len() > list_max => {
            Err(EvaluatorError::EvaluationError(format!("{TOO_LARGE}: there are more than {list_max} parts")))
        }
        _ => Ok(()),
    });
    host(interpreter, JOIN, move |arguments| join(&work, arguments));
    host(interpreter, DISTINCT, distinct);
}

fn host(interpreter: &mut Interpreter, name: &str, function: impl Fn(&[JValue]) -> HostFnResult + 'static) {
    interpreter.register_fn(name, function).expect("no builtin has a name of ours");
}

/// A function that looks at its first argument, with its second at hand, and hands it on.
fn look(
    interpreter: &mut Interpreter,
    name: &str,
    look: impl Fn(&JValue, &JValue) -> Result<(), EvaluatorError> + 'static,
) {
    host(interpreter, name, move |arguments| {
        let value = arguments.first().unwrap_or(&JValue::Undefined);
        look(value, arguments.get(1).unwrap_or(&JValue::Undefined))?;
        Ok(value.clone())
    });
}

fn look_at_number(interpreter: &mut Interpreter, name: &str, at: impl Fn(f64) -> Result<(), EvaluatorError> + 'static) {
    look(interpreter, name, move |value, _| value.as_f64().map_or(Ok(()), &at));
}

fn wrong(function: &str, argument: usize, what: &str) -> EvaluatorError {
    EvaluatorError::TypeError(format!("T0410: argument {argument} of function \"{function}\" must be {what}"))
}

fn join(budget: &Budget, arguments: &[JValue]) -> HostFnResult {
    let separator = match arguments.get(1) {
        None | Some(JValue::Undefined) => "",
        Some(JValue::String(separator)) => separator,
        Some(_) => return Err(wrong("join", 2, "text")),
    };
    let list = match arguments.first() {
        Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(text @ JValue::String(_)) => return Ok(text.clone()),
        Some(JValue::Array(list)) => list,
        _ => return Err(wrong("join", 1, "a list of texts")),
    };
    for element in list.iter() {
        let text = element.as_str().ok_or_else(|| wrong("join", 1, "a list of texts"))?;
        budget.spend(text.len() + separator.len())?;
    }
    Ok(string::join(list, Some(separator))?)
}

fn distinct(arguments: &[JValue]) -> HostFnResult {
    let list = match arguments.first() {
        Some(JValue::Array(list)) if list.len() > 1 => list,
        other => return Ok(other.cloned().unwrap_or(JValue::Undefined)),
    };
    let state = RandomState::new();
    let mut seen: HashMap<u64, Vec<&JValue>> = HashMap::new();
    let mut kept = Vec::new();
    for element in list.iter() {
        let alike = seen.entry(hash(&state, element)).or_default();
        if !alike.iter().any(|other| array::values_equal(element, other)) {
            alike.push(element);
            kept.push(element.clone());
        }
    }
    Ok(JValue::Array(list.with_items(kept)))
}

/// Equal values have equal hashes; the order of an object's keys does not count.
fn hash(state: &RandomState, value: &JValue) -> u64 {
    let mut hasher = state.build_hasher();
    match value {
        JValue::Bool(bool) => hasher.write_u8(u8::from(*bool)),
        // `-0` equals `0`.
        JValue::Number(number) => hasher.write_u64((number + 0.0).to_bits()),
        JValue::String(text) => hasher.write(text.as_bytes()),
        JValue::Array(list) => {
            with_stack(|| list.iter().for_each(|element| hasher.write_u64(hash(state, element))));
        }
        JValue::Object(members) => {
            let each = members.iter().map(|(key, member)| state.hash_one((key, hash(state, member))));
            hasher.write_u64(with_stack(|| each.fold(0, u64::wrapping_add)));
        }
        _ => {}
    }
    hasher.finish()
}
