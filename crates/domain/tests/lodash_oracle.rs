//! Every path that Parse makes of a sample, as a variable and by npm `lodash` itself: the same value.
//!
//! The samples are the payloads of npm `@octokit/webhooks-examples`, and a few with odd keys.

mod node;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use domain::event::TriggerValues;
use domain::event::sample::body_paths;
use domain::problem::Problems;
use domain::template::Template;
use domain::testing::evaluator::NoExpressions;
use domain::testing::world::World;
use serde_json::{Value, json};

/// What the package holds.
const PAYLOADS: usize = 329;

fn payloads() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../e2e/node_modules/@octokit/webhooks-examples/api.github.com/index.json");
    let text = std::fs::read(file).expect("the npm packages are missing: run make test, or npm ci in e2e");
    let events: Vec<Value> = serde_json::from_slice(&text).expect("the payloads are JSON");
    let examples = |event: &Value| event["examples"].as_array().cloned().unwrap_or_default();
    events.iter().flat_map(examples).collect()
}

/// Keys that must be quoted, that look like an index, a member of JavaScript's or a piece of a template.
fn odd() -> Vec<Value> {
    let keys = [
        // First, where JavaScript puts it.
        "0",
        "",
        " ",
        ".",
        "a.b",
        "a[0]",
        "[0]",
        "]",
        "-1",
        "007",
        "1.5",
        "4294967296",
        "it's",
        "\"",
        "\\",
        "\\\"",
        "a\\nb",
        "}}",
        "{{",
        "{{ a }}",
        "$",
        "$sum(a)",
        "a-b",
        "a - b",
        "é",
        "✓",
        "😀",
        "length",
        "constructor",
        "toString",
        "true",
        "null",
        "and",
        "@",
        "#",
        "a\u{a0}b",
        "\u{feff}",
    ];
    let flat: Value = keys.iter().enumerate().map(|(index, key)| ((*key).to_owned(), json!(index))).collect();
    let nested: Value = keys.iter().map(|key| ((*key).to_owned(), json!({ *key: [{ *key: key }] }))).collect();
    vec![flat.clone(), nested, json!([flat, [[1, { "a": [] }]], null]), json!({"deep": {"0": {"1": ["x"]}}}), json!(1)]
}

#[test]
fn every_path_of_a_sample_is_the_variable_that_lodash_reads() {
    let mut samples = payloads();
    assert_eq!(samples.len(), PAYLOADS);
    samples.extend(odd());
    let asked: Vec<(String, Vec<String>)> = samples
        .iter()
        .map(|sample| {
            let sample = sample.to_string();
            let rows = body_paths(&sample).unwrap_or_else(|error| panic!("{error}: {sample}"));
            (sample, rows.into_iter().map(|row| row.path).collect())
        })
        .collect();
    let input: Vec<Value> = asked.iter().map(|(sample, paths)| json!({ "sample": sample, "paths": paths })).collect();
    let answers = node::run("lodash-oracle.mjs", &input);
    assert_eq!(answers.len(), asked.len());

    let mut count = 0;
    for ((sample, (_, paths)), expected) in samples.into_iter().zip(&asked).zip(&answers) {
        let mut world = World::with_body(sample);
        // Read from the bytes, as a request's body is.
        world.trigger = TriggerValues::new(Arc::clone(world.trigger.event()));
        let expected = expected.as_array().expect("a list");
        assert_eq!(expected.len(), paths.len());
        for (path, expected) in paths.iter().zip(expected) {
            // Compared as text: the order of keys counts, and the way a number is written.
            assert_eq!(variable(&world, path).to_string(), expected.to_string(), "{path}");
        }
        count += paths.len();
    }
    assert!(count > 20_000, "only {count} paths");
    // Past the harness's capture, so that the count is seen.
    let said = format!("{count} paths of {PAYLOADS} payloads read as lodash reads them\n");
    std::io::stderr().write_all(said.as_bytes()).expect("stderr is open");
}

/// `{value}` or `{missing: true}`, as the oracle writes it.
fn variable(world: &World, path: &str) -> Value {
    let dot = if path.starts_with('[') { "" } else { "." };
    let (mut problems, mut missing) = (Problems::new(), Vec::new());
    let template = Template::parse(&format!("{{{{ trigger.body{dot}{path} }}}}"), "", &NoExpressions, &mut problems);
    assert!(problems.is_empty(), "{path}: {problems:?}");
    assert!(!template.is_heavy(), "{path} is not read as a plain path");
    let value = template.render(&world.scope(), "", &mut missing).unwrap_or_else(|error| panic!("{path}: {error}"));
    if missing.is_empty() { json!({ "value": value }) } else { json!({ "missing": true }) }
}
