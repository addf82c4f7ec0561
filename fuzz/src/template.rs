//! Templates: rendered once, with values or an error.

use std::time::Duration;

use domain::event::body;
use domain::problem::{Problem, Problems};
use domain::template::scope::Scope;
use domain::template::{Evaluator, Template, TemplateError, Templated};
use domain::testing::world::World;
use domain::value::Value;
use nodes::expression::{EXPRESSION_OUTPUT_MAX, Jsonata, Limits};
use serde_json::json;

use crate::two_texts;

/// What comes out when a text of the body is read as a template.
const CANARY: &str = "<read twice>";

/// Short, so that what never ends holds nobody up for long.
const EVALUATION_TIME_MAX: Duration = Duration::from_millis(50);

/// A template, and the body it reads.
pub fn template(bytes: &[u8]) {
    let (source, body) = two_texts(bytes);
    let evaluator = Jsonata { limits: Limits { time: EVALUATION_TIME_MAX, ..Limits::default() } };
    let template = match parsed(&source, &evaluator) {
        Ok(template) => template,
        Err(problems) => {
            for problem in problems {
                assert!(
                    problem.code.starts_with("template.") || problem.code.starts_with("expression."),
                    "{problem:?}"
                );
            }
            return;
        }
    };
    let mut body = body::parse(body.as_bytes()).unwrap_or_else(|_| Value::from(body.as_str()));
    let world = World::with_body(body.clone());
    let rendered = render(&template, &world.scope());

    let Ok(value) = rendered else { return };
    if !source.contains("{{") {
        assert_eq!(value, Value::from(source.as_str()), "text without braces is itself");
    }
    assert_bounded(&template, &value, &source, &body);
    let Some(text) = again(template.render_text(&world.scope(), "", &mut Vec::new())) else { return };
    match &value {
        Value::Null => assert_eq!(text, ""),
        Value::String(string) => assert_eq!(&text, string),
        other => assert_eq!(text, other.to_string()),
    }
    let mut problems = Problems::new();
    let inside = Templated::parse(&json!({"a": [source]}), "", &evaluator, &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.into_vec());
    let Some(rendered) = again(inside.render(&world.scope(), "", &mut Vec::new())) else { return };
    assert_eq!(rendered, json!({"a": [value]}), "inside an object it comes to the same");

    if !source.contains("nodes") && !source.contains(CANARY) {
        fill_texts(&mut body);
        let mut world = World::with_body(body);
        world.nodes.insert("canary".parse().expect("a key"), CANARY.into());
        if let Ok(value) = render(&template, &world.scope()) {
            assert!(!value.to_string().contains(CANARY), "braces in a value were read: {value}");
        }
    }
}

/// What could be rendered once can be rendered again, if there is time.
fn again<T>(rendered: Result<T, TemplateError>) -> Option<T> {
    match rendered {
        Ok(rendered) => Some(rendered),
        Err(error) if error.code == "expression.too_slow" => None,
        Err(error) => panic!("it could be rendered before: {error}"),
    }
}

fn parsed(source: &str, evaluator: &dyn Evaluator) -> Result<Template, Vec<Problem>> {
    let mut problems = Problems::new();
    let template = Template::parse(source, "", evaluator, &mut problems);
    problems.or(template)
}

fn render(template: &Template, scope: &Scope<'_>) -> Result<Value, TemplateError> {
    let mut missing = Vec::new();
    let rendered = template.render(scope, "/at", &mut missing);
    assert!(missing.len() <= template.paths().len(), "more is missing than is read");
    if let Err(error) = &rendered {
        assert!(template.is_heavy(), "only expressions fail: {error}");
        assert!(error.code.starts_with("expression."), "{error}");
    }
    rendered
}

/// A path gives what is there; an expression has a limit of its own.
fn assert_bounded(template: &Template, value: &Value, source: &str, body: &Value) {
    // A root holds the body twice, as text and as a value, and some more.
    let of_a_path = 2 * body.to_string().len() + 1_000;
    let each = if template.is_heavy() { EXPRESSION_OUTPUT_MAX.max(of_a_path) } else { of_a_path };
    let all = source.len() + source.matches("{{").count() * each;
    // JSON may write a byte in six.
    assert!(value.to_string().len() <= 6 * all + 2, "{} bytes", value.to_string().len());
}

/// Puts a template in the place of every text.
fn fill_texts(value: &mut Value) {
    match value {
        Value::String(text) => "{{ nodes.canary }}".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(fill_texts),
        Value::Object(members) => members.values_mut().for_each(fill_texts),
        _ => {}
    }
}
