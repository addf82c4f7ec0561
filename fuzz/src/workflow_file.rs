//! Workflow files: problems have their lines, and what is valid survives being written and read in each notation.

use domain::flow::document::WorkflowDocument;
use domain::flow::file::File;
use domain::problem::{Problem, Problems, below};
use domain::value::Value;
use nodes::Registry;

/// `bytes` is a file, YAML or JSON.
pub fn workflow_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = lines(&text);
    let file = match File::read(&text) {
        Ok(file) => file,
        Err(problems) => return assert_located(&problems, lines),
    };
    visit(&file.value, String::new(), &mut |pointer| {
        let line = file.line(pointer);
        assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{pointer} in line {line:?} of {lines}");
    });
    as_yaml_too(&text, &file);

    let mut problems = Problems::new();
    let document = WorkflowDocument::decode(&file.value, &mut problems);
    let (_, checked) = Registry::standard().check(&file.value);
    if problems.is_empty() {
        let written = written_and_read(document);
        assert_eq!(Registry::standard().check(&written).1, checked, "written, it has other mistakes");
    } else {
        assert!(checked.len() >= problems.len(), "what the domain finds, the kinds' check finds too");
    }
    if !checked.is_empty() {
        let located = file.locate(checked);
        assert!(located.is_sorted_by_key(|problem| problem.line));
        assert_located(&located, lines);
    }
}

/// Line breaks of YAML; behind the last one there is a line too.
fn lines(text: &str) -> u32 {
    let breaks = text.matches('\n').count() + text.matches('\r').count();
    u32::try_from(breaks + 1).expect("a test is small")
}

fn assert_located(problems: &[Problem], lines: u32) {
    assert!(!problems.is_empty());
    for problem in problems {
        assert!(problem.line.is_some_and(|line| (1..=lines).contains(&line)), "{problem:?} of {lines} lines");
    }
}

/// JSON is YAML. Behind a comment it is read as such: to the same value with the same lines, or refused.
fn as_yaml_too(text: &str, file: &File) {
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with('{') || text.contains("\r") {
        return;
    }
    let Ok(yaml) = File::read(&format!("#\n{}", text.trim_start_matches('\u{feff}'))) else { return };
    assert_eq!(without_minus_zero(yaml.value.clone()), without_minus_zero(file.value.clone()));
    visit(&file.value, String::new(), &mut |pointer| {
        assert_eq!(yaml.line(pointer), file.line(pointer).map(|line| line + 1), "{pointer}");
    });
}

/// YAML's `-0` is a whole number, JSON's is not.
fn without_minus_zero(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) => 0.into(),
        Value::Array(items) => items.into_iter().map(without_minus_zero).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, without_minus_zero(value))).collect(),
        other => other,
    }
}

fn visit(value: &Value, pointer: String, each: &mut impl FnMut(&str)) {
    each(&pointer);
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| visit(item, below(&pointer, index), each));
        }
        Value::Object(members) => members.iter().for_each(|(key, member)| visit(member, below(&pointer, key), each)),
        _ => {}
    }
}

/// As it is written.
fn written_and_read(mut document: WorkflowDocument) -> Value {
    if let Some(basic) = &mut document.level.credentials {
        // Passwords are never written.
        basic.password = None;
    }
    let value = document.to_value();
    let mut problems = Problems::new();
    let again = WorkflowDocument::decode(&value, &mut problems);
    assert!(problems.is_empty(), "{:?} of {value}", problems.into_vec());
    assert_eq!(again, document);
    assert_eq!(again.to_value().to_string(), value.to_string());

    let json = serde_json::to_string_pretty(&value).expect("a value can be written");
    let yaml = serde_saphyr::to_string(&value).expect("a value can be written");
    for text in [json, yaml] {
        let file = File::read(&text).unwrap_or_else(|problems| panic!("{problems:?} of {text}"));
        assert_eq!(file.value, value, "{text}");
    }
    value
}
