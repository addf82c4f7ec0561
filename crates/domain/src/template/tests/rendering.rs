use proptest::prelude::*;
use serde_json::json;

use crate::problem::Problems;
use crate::secret::{self, SecretValue, Slot};
use crate::template::{Missing, Template, Templated};
use crate::testing::evaluator::NoExpressions;
use crate::testing::world::World;
use crate::value::Value;

/// Renders a config value over `body`: what it comes to, and what was missing.
fn render(config: &Value, body: Value) -> (Value, Vec<Missing>) {
    let mut problems = Problems::new();
    let templated = Templated::parse(config, "/config", &NoExpressions, &mut problems);
    assert_eq!(problems.into_vec(), []);
    let world = World::with_body(body);
    let mut missing = Vec::new();
    let value = templated.render(&world.scope(), "", &mut missing).unwrap();
    (value, missing)
}

fn check(source: &str, body: Value, expected: impl Into<Value>) {
    assert_eq!(render(&json!(source), body).0, expected.into(), "{source}");
}

fn problem(source: &str) -> (String, String) {
    let mut problems = Problems::new();
    Template::parse(source, "/config/body", &NoExpressions, &mut problems);
    let problem = problems.into_vec().into_iter().next().unwrap_or_else(|| panic!("no problem in {source}"));
    assert_eq!(problem.pointer, "/config/body");
    (problem.code, problem.message)
}

#[test]
fn one_expression_alone_keeps_its_type() {
    let body =
        json!({"n": 12, "big": 18_446_744_073_709_551_615u64, "l": [1, {"a": null}], "t": "x", "b": true, "z": null});
    for (key, value) in body.as_object().unwrap() {
        check(&format!("{{{{trigger.body.{key}}}}}"), body.clone(), value.clone());
        check(&format!(" \n{{{{ trigger.body.{key} }}}}\t "), body.clone(), value.clone());
    }
    check("{{ trigger.body.gone }}", body, Value::Null);
}

#[test]
fn anything_else_is_text() {
    let body = json!({"n": 1.50, "big": 18_446_744_073_709_551_615u64, "l": [1, {"a": null}], "t": "x\"y", "b": true, "z": null});
    check("n={{ trigger.body.n }}", body.clone(), "n=1.5");
    check("{{ trigger.body.big }}.", body.clone(), "18446744073709551615.");
    check("{{ trigger.body.l }}{{ trigger.body.t }}", body.clone(), "[1,{\"a\":null}]x\"y");
    check("<{{ trigger.body.z }}{{ trigger.body.gone }}{{ trigger.body.b }}>", body.clone(), "<true>");
    check("", body.clone(), "");
    check("  } }} { plain ", body, "  } }} { plain ");
}

#[test]
fn render_text_gives_text_for_every_type() {
    let world = World::with_body(json!({"n": 1, "l": [1, "a"], "t": "x", "z": null}));
    for (source, text) in [
        ("{{ trigger.body.n }}", "1"),
        ("{{ trigger.body.l }}", "[1,\"a\"]"),
        ("{{ trigger.body.t }}", "x"),
        ("{{ trigger.body.z }}", ""),
        ("{{ trigger.body.gone }}", ""),
        ("plain", "plain"),
    ] {
        let template = Template::parse(source, "", &NoExpressions, &mut Problems::new());
        assert_eq!(template.render_text(&world.scope(), "", &mut Vec::new()).unwrap(), text, "{source}");
    }
}

#[test]
fn templates_apply_through_lists_and_objects_and_leave_keys_alone() {
    let config = json!({"{{ trigger.body.k }}": ["{{ trigger.body.n }}", {"a/b": "n{{ trigger.body.n }}", "c": 5}, null], "d": {"e": []}});
    let expected = json!({"{{ trigger.body.k }}": [1, {"a/b": "n1", "c": 5}, null], "d": {"e": []}});
    assert_eq!(render(&config, json!({"n": 1, "k": "x"})).0, expected);
}

#[test]
fn a_value_without_templates_is_constant() {
    for (value, constant) in
        [(json!({"a": ["b", {"c": 1}], "e": "}} {"}), true), (json!({"a": ["b", {"c": "{{ system.now }}"}]}), false)]
    {
        let templated = Templated::parse(&value, "", &NoExpressions, &mut Problems::new());
        assert_eq!(templated.is_constant(), constant);
        assert!(!templated.is_heavy());
    }
}

#[test]
fn missing_paths_are_noted_once_with_their_place_and_as_written() {
    let config =
        json!({"a/b": ["{{ trigger.body.x['y'] }} {{ trigger.body.x['y'] }}"], "c": "{{ trigger.headers.X-Gone }}"});
    let (_, missing) = render(&config, json!({}));
    let note = |template: &str, path: &str| Missing { template: template.to_owned(), path: path.to_owned() };
    assert_eq!(missing, [note("/a~1b/0", "trigger.body.x['y']"), note("/c", "trigger.headers.X-Gone")]);
}

#[test]
fn secrets_leave_their_mark_and_a_note_of_its_place_that_no_data_can_forge() {
    let mut problems = Problems::new();
    let config = json!({
        "a/b": ["{{ trigger.body.evil }} {{ secrets.shop }}{{ secrets.shop }}"],
        "alone": " {{ secrets.bank }} ",
        "data": "{{ trigger.body.evil }}",
        "whole": "{{ trigger.body }}",
    });
    let templated = Templated::parse(&config, "", &NoExpressions, &mut problems);
    assert_eq!(problems.into_vec(), []);
    let world = World::with_body(json!({"evil": "‹secret:bank›{{ secrets.bank }}"}));
    let mut slots = Vec::new();
    let mut value = templated.render_noting(&world.scope(), &mut Vec::new(), &mut slots).unwrap();
    let evil = "‹secret:bank›{{ secrets.bank }}";
    assert_eq!(value["a/b"], json!([format!("{evil} ‹secret:shop›‹secret:shop›")]));
    let slot = |at: &str, offset, name: &str| Slot { at: at.to_owned(), offset, name: name.parse().unwrap() };
    let mark = "‹secret:shop›".len();
    assert_eq!(
        slots,
        [
            slot("/a~1b/0", evil.len() + 1, "shop"),
            slot("/a~1b/0", evil.len() + 1 + mark, "shop"),
            slot("/alone", 0, "bank"),
        ]
    );
    let secret = SecretValue::new("the value".to_owned()).unwrap();
    secret::fill(&mut value, &slots, |_| Some(&secret)).unwrap();
    assert_eq!(
        value,
        json!({"a/b": [format!("{evil} the valuethe value")], "alone": "the value", "data": evil, "whole": {"evil": evil}})
    );
}

#[test]
fn mistakes_are_problems_with_their_place() {
    for (source, code) in [
        ("{{ trigger.body.a", "template.unclosed"),
        ("ok {{ system.now }} {{ trigger.body['}}'] }", "template.unclosed"),
        ("{{}}", "template.empty"),
        ("{{ }} and text", "template.empty"),
        ("{{ foo.bar }}", "template.unknown_root"),
        ("{{ trigger.boddy }}", "template.unknown_member"),
        ("{{ loop.item }}", "template.root_not_available"),
        ("{{ 1 + 1 }}", "expression.syntax"),
    ] {
        assert_eq!(problem(source).0, code, "{source}");
    }
    assert!(problem("é {{ it's }}").1.contains("character 3"));
}

#[test]
fn every_mistake_of_a_value_is_found() {
    let mut problems = Problems::new();
    let config = json!({"a": "{{ x }} {{ y }}", "b": ["{{"], "c": "{{ system.now }}"});
    Templated::parse(&config, "/config", &NoExpressions, &mut problems);
    let pointers: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(pointers, ["/config/a", "/config/a", "/config/b/0"]);
}

#[test]
fn braces_in_the_payload_stay_text() {
    check("hello {{ trigger.body.name }}", json!({"name": "{{ system.now }}"}), "hello {{ system.now }}");
}

fn text_with_braces() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("{{"),
        Just("}}"),
        Just("{"),
        Just("}"),
        Just("\""),
        Just("'"),
        Just("`"),
        Just("\\"),
        Just("/"),
        Just("/*"),
        Just("*/"),
        Just("trigger.body.name"),
        Just("system.now"),
        Just("nodes"),
        Just(" "),
        Just(":"),
        Just("."),
        Just("é"),
        Just("["),
        Just("("),
        Just("$h0_"),
    ];
    prop::collection::vec(word, 0..14).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_text_is_parsed_and_rendered_without_a_panic(source in text_with_braces()) {
        let template = Template::parse(&source, "", &NoExpressions, &mut Problems::new());
        let world = World::with_body(json!({"name": "n"}));
        template.render(&world.scope(), "", &mut Vec::new()).unwrap();
    }

    #[test]
    fn whatever_the_data_holds_comes_out_as_it_is(name in text_with_braces(), any_name: String) {
        for name in [name, any_name] {
            check("{{ trigger.body.name }}", json!({"name": name}), name.as_str());
            check("<{{ trigger.body.name }}>", json!({"name": name}), format!("<{name}>"));
            let (value, _) = render(&json!({"a": ["{{ trigger.body.name }}", "x {{ trigger.body.name }}"]}), json!({"name": name}));
            prop_assert_eq!(serde_json::from_str::<Value>(&value.to_string()).unwrap(), json!({"a": [name, format!("x {name}")]}));
        }
    }

    #[test]
    fn text_without_an_opening_is_itself(text: String) {
        prop_assume!(!text.contains("{{"));
        check(&text, json!({}), text.as_str());
    }
}
