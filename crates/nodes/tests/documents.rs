//! Whole files, from text to every problem with its line.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use domain::flow::codes;
use domain::flow::file::File;
use domain::problem::{Problem, below};
use domain::value::Value;
use nodes::Registry;
use proptest::prelude::*;
use serde_json::json;

/// Every problem of a file, with its line, in the order of the file.
fn check(text: &str) -> Vec<Problem> {
    match File::read(text) {
        Ok(file) => file.locate(Registry::standard().check(&file.value).1),
        Err(problems) => problems,
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_compiles() {
    let examples = files("../../examples");
    assert!(examples.len() >= 3);
    for (name, text) in examples {
        assert_eq!(check(&text), [], "{name}");
    }
}

/// The snapshots are what an author reads.
#[test]
fn every_broken_file_lists_all_its_mistakes_with_their_lines() {
    for (name, text) in files("tests/broken") {
        let problems = check(&text);
        assert!(!problems.is_empty(), "{name} is not broken");
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| {
                let Problem { pointer, code, message, line } = problem;
                assert!(codes::ALL.iter().any(|(known, _)| known == code), "{code} is not on the page of codes");
                format!("line {}: {message} [{code} at {pointer}]", line.expect("every problem has a line"))
            })
            .collect();
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn a_file_with_five_mistakes_lists_five_each_with_its_line() {
    let (_, text) = files("tests/broken").into_iter().find(|(name, _)| name == "five-mistakes.yaml").unwrap();
    let lines: Vec<_> = check(&text).iter().map(|problem| problem.line.unwrap()).collect();
    assert_eq!(lines, [2, 4, 7, 10, 14]);
}

fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "\\{\\{ ?(nodes|trigger|system|x)[a-z.\\[\\]0\"]{0,12} ?\\}?\\}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        let names =
            prop::sample::select(vec!["all", "left", "operator", "kind", "status", "name", "value", "path", "mode"]);
        let object = prop::collection::vec((names, inner.clone()), 0..3)
            .prop_map(|entries| entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        prop_oneof![prop::collection::vec(inner, 0..3).prop_map(Value::from), object]
    })
}

/// Pointers of everything in a document.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(index, item)| places(item, &below(at, index), found)),
        Value::Object(object) => object.iter().for_each(|(name, member)| places(member, &below(at, name), found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn one_wrong_value_anywhere_is_told_there_or_is_fine(file in 0usize..3, place: prop::sample::Index, wrong in json()) {
        let (_, text) = &files("../../examples")[file];
        let mut document = File::read(text).unwrap().value;
        let mut pointers = Vec::new();
        places(&document, "", &mut pointers);
        let pointer = place.get(&pointers);
        *document.pointer_mut(pointer).unwrap() = wrong;
        // Nothing to compare with: that it ends, that it agrees with itself, and that each problem has a place.
        for problem in check(&document.to_string()) {
            prop_assert!(problem.line.is_some(), "{problem:?}");
            prop_assert!(codes::ALL.iter().any(|(known, _)| *known == problem.code), "{problem:?}");
        }
    }
}
