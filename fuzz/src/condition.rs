//! Conditions: any rule over any value says yes, no or why not, and operators agree with each other.

use domain::condition::Rule;
use domain::event::body;
use domain::problem::Problems;
use domain::testing::evaluator::NoExpressions;
use domain::testing::world::World;
use domain::value::Value;
use serde_json::json;

use crate::two_texts;

/// A rule, and the body it reads; the members `l` and `r` of the body are compared with every operator.
pub fn condition(bytes: &[u8]) {
    let (rule, body) = two_texts(bytes);
    let body = body::parse(body.as_bytes()).unwrap_or(Value::Null);
    if let Ok(rule) = body::parse(rule.as_bytes()) {
        rule_over(&rule, &body);
    }
    if let (Some(left), Some(right)) = (body.get("l"), body.get("r")) {
        operators_agree(left, right);
    }
}

/// The outcome, or the error's code.
type Outcome = Result<bool, String>;

fn evaluate(rule: &Value, body: &Value) -> Option<Outcome> {
    let mut problems = Problems::new();
    let parsed = Rule::parse(rule, "/rule", &NoExpressions, &mut problems);
    if !problems.is_empty() {
        let problems = problems.into_vec();
        assert!(problems.iter().all(|problem| problem.pointer.starts_with("/rule")), "{problems:?}");
        return None;
    }
    let world = World::with_body(body.clone());
    Some(parsed.holds(&world.scope(), "/rule", &mut Vec::new()).map_err(|error| error.code.to_string()))
}

fn rule_over(rule: &Value, body: &Value) {
    let outcome = evaluate(rule, body);
    for around in
        [json!({"all": [rule]}), json!({"any": [rule]}), json!({"any": [{"any": []}, {"all": [{"all": []}, rule]}]})]
    {
        assert_eq!(evaluate(&around, body), outcome, "{around}");
    }
}

fn operators_agree(left: &Value, right: &Value) {
    let body = json!({"l": left, "r": right, "list": [left], "swapped": {"l": right, "r": left}});
    let compare = |left: &str, operator: &str, right: &str| {
        let side = |path: &str| format!("{{{{ trigger.body.{path} }}}}");
        let rule = json!({"left": side(left), "operator": operator, "right": side(right)});
        evaluate(&rule, &body).expect("the rule has no problems")
    };
    let is = |operator: &str| compare("l", operator, "r");
    let swapped = |operator: &str| compare("r", operator, "l");
    let yes = |operator: &str| is(operator) == Ok(true);

    for (operator, opposite) in [
        ("equal", "not_equal"),
        ("contains", "not_contains"),
        ("starts_with", "not_starts_with"),
        ("ends_with", "not_ends_with"),
        ("in", "not_in"),
    ] {
        assert_eq!(is(operator), is(opposite).map(|yes| !yes), "{operator} {opposite} {body}");
    }
    for (operator, mirrored) in
        [("equal", "equal"), ("greater", "less"), ("greater_or_equal", "less_or_equal"), ("less", "greater")]
    {
        assert_eq!(is(operator), swapped(mirrored), "{operator} {mirrored} {body}");
        assert!(is(operator).is_ok(), "{operator} takes everything: {body}");
    }
    for part in ["starts_with", "ends_with"] {
        assert!(!yes(part) || yes("contains"), "{part} {body}");
    }
    assert_eq!(compare("l", "equal", "l"), Ok(true), "{body}");
    assert_eq!(compare("l", "in", "list"), Ok(true), "{body}");
    assert_eq!(compare("list", "contains", "r"), is("equal"), "{body}");
    assert_eq!(compare("r", "in", "list"), is("equal"), "{body}");
    assert!(!(yes("less") && yes("greater")), "{body}");
    assert_eq!(yes("less") || yes("greater_or_equal"), yes("greater") || yes("less_or_equal"), "{body}");
    if left.is_number() && right.is_number() {
        let of_three = ["less", "equal", "greater"].into_iter().filter(|operator| yes(operator)).count();
        assert_eq!(of_three, 1, "{body}");
        assert_eq!(yes("less_or_equal"), yes("less") || yes("equal"), "{body}");
    }
    let _ = is("matches");
}
