//! Reads a rule, finding every mistake in it.

use serde_json::Map;

use super::compare::pattern;
use super::operator::Operator;
use super::{Comparison, Formula, Rule};
use crate::flow::codes;
use crate::flow::suggest::did_you_mean;
use crate::problem::{Problems, below};
use crate::template::{Evaluator, Templated, Term};
use crate::value::Value;

const COMPARISON_FIELDS: [&str; 3] = ["left", "operator", "right"];

/// What a rule with a problem is read as; it is never used.
const BROKEN: Rule = Rule::Any(Vec::new());

pub(super) fn rule(value: &Value, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Rule {
    let Value::Object(fields) = value else {
        let message = "a rule is an object: `all`, `any`, `expression`, or `left`, `operator` and `right`";
        problems.add(pointer, codes::CONDITION_NOT_AN_OBJECT, message);
        return BROKEN;
    };
    for field in fields.keys() {
        if !COMPARISON_FIELDS.contains(&field.as_str()) && !matches!(field.as_str(), "all" | "any" | "expression") {
            problems.add(
                below(pointer, field),
                codes::CONDITION_UNKNOWN_FIELD,
                format!("a rule has no field `{field}`"),
            );
        }
    }
    let compares = COMPARISON_FIELDS.iter().any(|field| fields.contains_key(*field));
    match (fields.get("all"), fields.get("any"), fields.get("expression"), compares) {
        (Some(list), None, None, false) => Rule::All(rules(list, &below(pointer, "all"), evaluator, problems)),
        (None, Some(list), None, false) => Rule::Any(rules(list, &below(pointer, "any"), evaluator, problems)),
        (None, None, Some(source), false) => expression(source, &below(pointer, "expression"), evaluator, problems),
        (None, None, None, true) => comparison(fields, pointer, evaluator, problems),
        (None, None, None, false) => {
            let message = "this rule says nothing: give `all`, `any`, `expression`, or `left`, `operator` and `right`";
            problems.add(pointer, codes::CONDITION_FORM, message);
            BROKEN
        }
        _ => {
            let message = "a rule has one form only: `all`, `any`, `expression`, or `left`, `operator` and `right`";
            problems.add(pointer, codes::CONDITION_FORM, message);
            BROKEN
        }
    }
}

fn rules(list: &Value, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Vec<Rule> {
    let Value::Array(list) = list else {
        problems.add(pointer, codes::CONDITION_NOT_A_LIST, "this is a list of rules");
        return Vec::new();
    };
    let each = list.iter().enumerate();
    each.map(|(index, value)| rule(value, &below(pointer, index), evaluator, problems)).collect()
}

fn expression(source: &Value, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Rule {
    let Value::String(source) = source else {
        problems.add(pointer, codes::CONDITION_NOT_TEXT, "an expression is text");
        return BROKEN;
    };
    if source.trim_start().starts_with("{{") {
        problems.add(pointer, codes::CONDITION_BRACES, "an expression stands here without `{{` and `}}`");
        return BROKEN;
    }
    Term::parse(source, pointer, evaluator, problems).map_or(BROKEN, |term| Rule::Expression(Formula(term)))
}

fn comparison(fields: &Map<String, Value>, pointer: &str, evaluator: &dyn Evaluator, problems: &mut Problems) -> Rule {
    let mut side =
        |name: &str| fields.get(name).map(|value| Templated::parse(value, &below(pointer, name), evaluator, problems));
    let (left, right) = (side("left"), side("right"));
    let operator = operator(fields, pointer, problems);
    if left.is_none() {
        problems.add(pointer, codes::CONDITION_MISSING_FIELD, "this comparison has no `left`");
    }
    // Without an operator it is not known whether it takes a right side.
    let unary = operator.is_none_or(Operator::is_unary);
    match (operator, &right) {
        (Some(operator), Some(_)) if unary => {
            let message = format!("`{operator}` looks at the left side only: remove `right`");
            problems.add(below(pointer, "right"), codes::CONDITION_NO_RIGHT, message);
        }
        (Some(operator), None) if !unary => {
            problems.add(
                pointer,
                codes::CONDITION_MISSING_FIELD,
                format!("`{operator}` has no `right` to compare with"),
            );
        }
        _ => {}
    }
    let (Some(left), Some(operator)) = (left, operator) else { return BROKEN };
    let right = match right {
        Some(right) => right,
        None if unary => Templated::Constant(Value::Null),
        None => return BROKEN,
    };
    let pattern = match (operator, &right) {
        (Operator::Matches, Templated::Constant(constant)) => {
            constant_pattern(constant, &below(pointer, "right"), problems)
        }
        _ => None,
    };
    Rule::Compare(Comparison { left, operator, right, pattern })
}

fn operator(fields: &Map<String, Value>, pointer: &str, problems: &mut Problems) -> Option<Operator> {
    let Some(word) = fields.get("operator") else {
        problems.add(pointer, codes::CONDITION_MISSING_FIELD, "this comparison has no `operator`");
        return None;
    };
    let operator = word.as_str().and_then(Operator::from_word);
    if operator.is_none() {
        let known: Vec<_> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
        let near = word.as_str().map_or_else(String::new, |word| did_you_mean(word, known.iter().copied()));
        // All of them is a long list: only for who is not near any.
        let hint = if near.is_empty() { format!("; there are {}", known.join(", ")) } else { near };
        let message = format!("there is no operator {word}{hint}");
        problems.add(below(pointer, "operator"), codes::CONDITION_UNKNOWN_OPERATOR, message);
    }
    operator
}

fn constant_pattern(constant: &Value, pointer: &str, problems: &mut Problems) -> Option<regex::Regex> {
    let compiled = constant.as_str().ok_or("it is text".to_owned()).and_then(pattern);
    compiled.map_err(|why| problems.add(pointer, codes::CONDITION_PATTERN, format!("not a pattern: {why}"))).ok()
}
