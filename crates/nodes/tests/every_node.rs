//! Holds every node kind and trigger kind to the contract.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use domain::flow::document::{Flow, Mode};
use domain::flow::plan::{Operation, Plan};
use domain::problem::{Problem, Problems};
use domain::testing::flows;
use domain::value::Value;
use nodes::contract::RunContext;
use nodes::schema::KNOWN_WORDS;
use nodes::{KindInfo, Registry};
use serde_json::json;

fn kinds() -> Vec<KindInfo> {
    Registry::standard().kinds().cloned().collect()
}

fn all_kinds() -> Vec<KindInfo> {
    let registry = Registry::standard();
    registry.kinds().chain(registry.trigger_kinds()).cloned().collect()
}

fn mode_of(info: &KindInfo) -> Mode {
    info.mode.unwrap_or(Mode::Async)
}

fn compile(mode: Mode, nodes: Value) -> Result<Plan, Vec<Problem>> {
    Registry::standard().compile(&flows::flow(mode, nodes))
}

fn compile_trigger(mode: Mode, kind: &str, config: &Value) -> Result<Plan, Vec<Problem>> {
    let mut trigger = config.clone();
    trigger["kind"] = json!(kind);
    let mut problems = Problems::new();
    let flow = Flow::decode(&json!({"mode": mode, "trigger": trigger}), "", &mut problems);
    assert_eq!(problems.into_vec(), []);
    Registry::standard().compile(&flow)
}

fn codes(compiled: Result<Plan, Vec<Problem>>) -> Vec<(String, String)> {
    compiled.unwrap_err().into_iter().map(|problem| (problem.code, problem.pointer)).collect()
}

/// The schema and all schemas in it.
fn schemas(schema: &Value) -> Vec<&Value> {
    let mut all = vec![schema];
    for word in ["properties", "$defs"] {
        all.extend(
            schema.get(word).and_then(Value::as_object).into_iter().flat_map(|map| map.values()).flat_map(schemas),
        );
    }
    for word in ["anyOf", "oneOf"] {
        all.extend(schema.get(word).and_then(Value::as_array).into_iter().flatten().flat_map(schemas));
    }
    all.extend(schema.get("items").into_iter().flat_map(schemas));
    all
}

#[test]
fn names_are_unique_and_every_kind_introduces_itself() {
    let kinds = all_kinds();
    for (index, info) in kinds.iter().enumerate() {
        assert!(info.kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", info.kind);
        assert!(!info.title.is_empty() && info.summary.ends_with('.'), "{}", info.kind);
        assert!(kinds[..index].iter().all(|other| other.kind != info.kind), "{} stands twice", info.kind);
        assert!(!info.examples.is_empty(), "{} has no example", info.kind);
        assert!(info.examples.iter().all(|example| example.title.ends_with('.')), "{}", info.kind);
        assert!(!info.ends || info.branches.is_empty(), "{} ends and yet has branches", info.kind);
        // A generated key is made from the kind's name.
        assert!(format!("{}1", info.kind).parse::<domain::flow::document::NodeKey>().is_ok());
    }
}

#[test]
fn every_field_has_a_doc_and_objects_are_closed() {
    for info in all_kinds() {
        for schema in schemas(info.schema.as_value()) {
            for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let doc = field["description"].as_str().unwrap_or_default();
                assert!(doc.trim().ends_with('.'), "{}: `{name}` needs a doc comment", info.kind);
            }
            for variant in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
                assert!(variant["description"].is_string(), "{}: {variant} needs a doc comment", info.kind);
            }
            if schema["type"] == "object" {
                assert_eq!(schema["additionalProperties"], false, "{} takes unknown fields", info.kind);
            }
        }
    }
}

#[test]
fn the_checker_knows_every_word_of_every_schema() {
    for info in all_kinds() {
        for schema in schemas(info.schema.as_value()) {
            for word in schema.as_object().into_iter().flatten().map(|(word, _)| word.as_str()) {
                assert!(KNOWN_WORDS.contains(&word), "{}: `{word}` in {schema}", info.kind);
            }
            assert!(schema.is_object() || schema.is_boolean());
        }
    }
}

/// Only the worker, just before an effect, has the values.
#[tokio::test]
async fn only_what_is_performed_takes_secrets() {
    let run = RunContext { idempotency_key: "ex.n.".to_owned(), attempt: 1, hops: 1, slots: Vec::new() };
    for info in all_kinds() {
        if schemas(info.schema.as_value()).iter().any(|schema| schema.get("x-secrets").is_some()) {
            let performed = Registry::standard().perform(info.kind, &run, &json!({})).await;
            let is_known = performed.err().is_none_or(|failure| failure.error.code != "node.unknown_kind");
            assert!(is_known, "{} takes secrets", info.kind);
        }
    }
}

#[test]
fn every_example_compiles() {
    for info in kinds() {
        for example in &info.examples {
            let compiled = compile(mode_of(&info), json!([flows::node("n", info.kind, example.config.clone())]));
            assert!(compiled.is_ok(), "{} {example:?}: {compiled:?}", info.kind);
        }
    }
    for info in Registry::standard().trigger_kinds() {
        for example in &info.examples {
            let compiled = compile_trigger(Mode::Async, info.kind, &example.config);
            assert!(compiled.is_ok(), "{} {example:?}: {compiled:?}", info.kind);
        }
    }
}

#[test]
fn unknown_fields_are_refused_beside_whatever_else_is_wrong() {
    for info in kinds() {
        for example in &info.examples {
            let mut config = example.config.clone();
            config["no_such_field"] = json!(1);
            let mut node = flows::node("n", info.kind, config);
            node["branches"] = json!({"no_such_branch": []});
            let expected = [
                ("node.unknown_branch".to_owned(), "/nodes/0/branches/no_such_branch".to_owned()),
                ("document.unknown_field".to_owned(), "/nodes/0/config/no_such_field".to_owned()),
            ];
            assert_eq!(codes(compile(mode_of(&info), json!([node]))), expected, "{}", info.kind);
        }
    }
}

/// Each field of each example in turn gets a value of each type: refused with its place, or fine, but never a panic.
#[test]
fn a_wrong_value_is_refused_where_it_stands() {
    for info in kinds() {
        for example in &info.examples {
            for (name, _) in example.config.as_object().unwrap() {
                for wrong in [json!(true), json!(-1), json!(1e99), json!("\r\n"), json!([[]]), json!({"": null})] {
                    let mut config = example.config.clone();
                    config[name] = wrong;
                    let compiled = compile(mode_of(&info), json!([flows::node("n", info.kind, config)]));
                    for problem in compiled.err().into_iter().flatten() {
                        assert!(
                            problem.pointer.starts_with(&format!("/nodes/0/config/{name}")),
                            "{}: {problem:?}",
                            info.kind
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_can_follow_a_node_that_ends_unless_it_is_disabled() {
    let follower = || flows::node("behind", "condition", json!({"mode": "continue", "rule": {"all": []}}));
    for info in kinds() {
        let node = flows::node("n", info.kind, info.examples[0].config.clone());
        let compiled = compile(mode_of(&info), json!([node.clone(), follower()]));
        if info.ends {
            assert_eq!(codes(compiled), [("flow.unreachable".to_owned(), "/nodes/1".to_owned())], "{}", info.kind);
        } else {
            assert!(compiled.is_ok(), "{}", info.kind);
        }
        assert!(compile(mode_of(&info), json!([flows::disabled(node), follower()])).is_ok(), "{}", info.kind);
    }
}

#[test]
fn a_kind_of_one_mode_is_refused_in_the_other() {
    for info in kinds() {
        for mode in [Mode::Sync, Mode::Async] {
            let node = flows::node("n", info.kind, info.examples[0].config.clone());
            let compiled = compile(mode, json!([node]));
            if info.mode.is_some_and(|only| only != mode) {
                assert_eq!(codes(compiled), [("node.wrong_mode".to_owned(), "/nodes/0/kind".to_owned())]);
            } else {
                assert!(compiled.is_ok(), "{} in {mode:?}", info.kind);
            }
        }
    }
}

#[test]
fn every_branch_of_a_kind_is_in_its_step() {
    for info in kinds() {
        let plan =
            compile(mode_of(&info), json!([flows::node("n", info.kind, info.examples[0].config.clone())])).unwrap();
        let names: Vec<_> = plan.steps[0].branches.iter().map(|(name, first)| (name.as_str(), *first)).collect();
        assert_eq!(names, info.branches.iter().map(|name| (*name, None)).collect::<Vec<_>>(), "{}", info.kind);
    }
}

#[tokio::test]
async fn effects_and_only_effects_are_performed() {
    let run = RunContext { idempotency_key: "ex.n.".to_owned(), attempt: 1, hops: 1, slots: Vec::new() };
    for info in kinds() {
        let plan =
            compile(mode_of(&info), json!([flows::node("n", info.kind, info.examples[0].config.clone())])).unwrap();
        let is_effect = matches!(plan.steps[0].operation, Operation::Effect { .. });
        let performed = Registry::standard().perform(info.kind, &run, &json!({})).await;
        let is_known = performed.err().is_none_or(|failure| failure.error.code != "node.unknown_kind");
        assert_eq!(is_effect, is_known, "{}", info.kind);
    }
}
