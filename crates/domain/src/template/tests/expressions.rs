use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::problem::Problems;
use crate::template::{Evaluator, Expression, ExpressionError, Template, TemplateError};
use crate::testing::world::World;
use crate::time::Timestamp;
use crate::value::Value;

/// Notes what it is asked to compile; evaluating gives what was bound.
#[derive(Debug, Default)]
struct Recorder {
    compiled: Mutex<Vec<(String, Vec<String>)>>,
}

#[derive(Debug)]
struct Bound {
    fails: Option<String>,
}

impl Evaluator for Recorder {
    fn compile(&self, source: &str, variables: &[String]) -> Result<Arc<dyn Expression>, ExpressionError> {
        if source.contains("?!") {
            let message = format!("cannot read ${}", variables[0]);
            return Err(ExpressionError { code: "expression.syntax", message });
        }
        self.compiled.lock().unwrap().push((source.to_owned(), variables.to_vec()));
        let fails = source.contains("fail").then(|| format!("${} is bad", variables[0]));
        Ok(Arc::new(Bound { fails }))
    }
}

impl Expression for Bound {
    fn evaluate(&self, bound: &[Option<&Value>], _now: Timestamp) -> Result<Option<Value>, ExpressionError> {
        match &self.fails {
            Some(message) => Err(ExpressionError { code: "expression.failed", message: message.clone() }),
            None if bound.is_empty() => Ok(None),
            None => Ok(Some(bound.iter().map(|value| value.cloned().unwrap_or(json!("nothing"))).collect())),
        }
    }
}

/// What the evaluator gets of `{{ source }}`.
fn compiled(source: &str) -> (String, Vec<String>) {
    let recorder = Recorder::default();
    let mut problems = Problems::new();
    Template::parse(&format!("{{{{ {source} }}}}"), "", &recorder, &mut problems);
    assert_eq!(problems.into_vec(), [], "{source}");
    recorder.compiled.into_inner().unwrap().pop().unwrap_or_else(|| panic!("nothing compiled of {source}"))
}

#[test]
fn plain_paths_become_variables() {
    let source = "$sum(trigger.body.items.(price * 2)) + nodes.call['b'] - trigger.body.items[0]";
    let (rewritten, variables) = compiled(source);
    assert_eq!(rewritten, "$sum($h0_.(price * 2)) + $h1_ - $h2_");
    assert_eq!(variables, ["h0_", "h1_", "h2_"]);
}

#[test]
fn a_path_that_stands_twice_is_bound_once() {
    let (rewritten, variables) = compiled("trigger.body.a = trigger.body['a']");
    assert_eq!(rewritten.split_whitespace().collect::<String>(), "$h0_=$h0_");
    assert_eq!(variables.len(), 1);
}

#[test]
fn only_paths_that_begin_at_a_root_are_bound() {
    for source in [
        "$.trigger.body",
        "$x.nodes",
        "$trigger & $system",
        "a. system.now",
        "a.(b).nodes",
        r#""trigger.body" & 'nodes.x' & `system`"#,
        "1 /* trigger.body */ + 2",
        r"$match(a, /nodes\/system.now/)",
        "{ system: 1, nodes : 2 }",
        r#"{"a": mysystem, "b": systems, "c": _nodes}"#,
        "$system.now",
    ] {
        assert_eq!(compiled(source), (source.to_owned(), vec![]), "{source}");
    }
    for (source, rewritten) in [
        ("[1..trigger.body.n]", "[1..$h0_]"),
        ("trigger.body.n/nodes.m/2", "$h0_/$h1_/2"),
        ("{trigger.body.k: 1, \"s\": system.now}", "{$h0_:1,\"s\":$h1_}"),
        ("trigger.body.items.$sum(price)", "$h0_.$sum(price)"),
        ("trigger.body.items[price > 3]", "$h0_[price>3]"),
        ("x ? nodes : 1", "x?$h0_:1"),
        ("trigger.body.a-b -1", "$h0_-1"),
        ("$h0_ := 1; $h_ := trigger.body.x", "$h0_:=1;$h_:=$h__0_"),
    ] {
        assert_eq!(compiled(source).0.split_whitespace().collect::<String>(), rewritten, "{source}");
    }
}

#[test]
fn an_expression_ends_at_the_braces_that_close_nothing_inside() {
    for source in [
        r#"{"a": {"b": 1}}"#,
        r#"{"a": "}}"}"#,
        "$x & '}} {{' & \"\\\"}}\" & `}}`",
        "1 /* }} */ + 2",
        r"$match(a, /}}|\/}}/)",
        "a.* / 2",
    ] {
        assert_eq!(compiled(source).0, source);
    }
    let recorder = Recorder::default();
    Template::parse(r#"{{{"a":{"b":1}}}}} and {{ 1 + 1}}"#, "", &recorder, &mut Problems::new());
    let sources: Vec<_> = recorder.compiled.into_inner().unwrap().into_iter().map(|(source, _)| source).collect();
    assert_eq!(sources, [r#"{"a":{"b":1}}"#, "1 + 1"]);
}

#[test]
fn words_of_json_are_expressions() {
    for source in ["true", "false", "null"] {
        assert_eq!(compiled(source).0, source);
    }
}

#[test]
fn missing_paths_are_bound_to_nothing_and_noted() {
    let template =
        Template::parse("{{ trigger.body.a & trigger.body.b }}", "", &Recorder::default(), &mut Problems::new());
    assert!(template.is_heavy());
    assert_eq!(template.paths().len(), 2);
    let (world, mut missing) = (World::with_body(json!({"a": 1})), Vec::new());
    assert_eq!(template.render(&world.scope(), "/body", &mut missing).unwrap(), json!([1, "nothing"]));
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].template.as_str(), missing[0].path.as_str()), ("/body", "trigger.body.b"));
}

#[test]
fn nothing_is_null() {
    let template = Template::parse("{{ $x }}", "", &Recorder::default(), &mut Problems::new());
    let world = World::with_body(json!({}));
    assert_eq!(template.render(&world.scope(), "", &mut Vec::new()).unwrap(), Value::Null);
    assert_eq!(template.render_text(&world.scope(), "", &mut Vec::new()).unwrap(), "");
}

#[test]
fn errors_speak_of_the_source_as_written() {
    let mut problems = Problems::new();
    Template::parse("{{ trigger.body.a ?! 1 }}", "/x", &Recorder::default(), &mut problems);
    let problem = problems.into_vec().pop().unwrap();
    assert_eq!(problem.message, "`trigger.body.a ?! 1`: cannot read trigger.body.a");

    let source = "fail(trigger.body.a)";
    let template = Template::parse(&format!("{{{{ {source} }}}}"), "", &Recorder::default(), &mut Problems::new());
    let error = template.render(&World::with_body(json!({})).scope(), "/body/x", &mut Vec::new()).unwrap_err();
    assert_eq!(
        error,
        TemplateError {
            template: "/body/x".to_owned(),
            expression: source.to_owned(),
            code: "expression.failed",
            message: "trigger.body.a is bad".to_owned(),
        }
    );
}

#[test]
fn a_secret_is_a_problem_inside_jsonata() {
    for source in ["secrets.shop & 1", "$length(secrets.shop)", "{\"a\": secrets[\"shop\"]}"] {
        let mut problems = Problems::new();
        Template::parse(&format!("{{{{ {source} }}}}"), "", &Recorder::default(), &mut problems);
        let codes: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["secret.in_expression"], "{source}");
    }
    for source in ["$.secrets.shop & 1", "`secrets`.shop & 1", "trigger.body.secrets & 1", "\"secrets.shop\" & 1"] {
        let mut problems = Problems::new();
        Template::parse(&format!("{{{{ {source} }}}}"), "", &Recorder::default(), &mut problems);
        assert_eq!(problems.into_vec(), [], "{source}");
    }
}

#[test]
fn roots_that_are_to_come_are_problems_inside_jsonata_too() {
    let mut problems = Problems::new();
    Template::parse("{{ loop.index + trigger.boddy }}", "", &Recorder::default(), &mut problems);
    let codes: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["template.root_not_available", "template.unknown_member"]);
}
