use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::File;
use crate::flow::document::WorkflowDocument;
use crate::flow::limits;
use crate::problem::{Problem, Problems};

fn read(text: &str) -> File {
    File::read(text).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}"))
}

fn only_problem(text: &str) -> Problem {
    let mut problems = File::read(text).expect_err("the file must be refused");
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn yaml_means_what_yaml_1_2_says() {
    for (text, value) in [
        ("a: yes\nb: no\nc: on\nd: y", json!({"a": "yes", "b": "no", "c": "on", "d": "y"})),
        ("- true\n- False\n- null\n- ~\n-", json!([true, false, null, null, null])),
        (
            "- 18446744073709551615\n- -9223372036854775808\n- 0x1F\n- 1e3\n- 0.1",
            json!([u64::MAX, i64::MIN, 31, 1e3, 0.1]),
        ),
        (
            "- 0123\n- 1_000\n- 12:30:45\n- 2026-11-22\n- 1.2.3",
            json!(["0123", "1_000", "12:30:45", "2026-11-22", "1.2.3"]),
        ),
        ("- '1'\n- \"true\"\n- |\n  a\n  b\n- >-\n  a\n  b", json!(["1", "true", "a\nb\n", "a b"])),
        ("true: a\nnull: b\n1: c\n1.50: d\n'x': e", json!({"true": "a", "null": "b", "1": "c", "1.50": "d", "x": "e"})),
        ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
        ("<<: {a: 1}", json!({"<<": {"a": 1}})),
        ("{a: 1, b: [x, y,],}", json!({"a": 1, "b": ["x", "y"]})),
        ("\u{feff}a: 1\r\nb: 2\r\n", json!({"a": 1, "b": 2})),
        ("body: \"{{ trigger.body.id }}\"", json!({"body": "{{ trigger.body.id }}"})),
    ] {
        assert_eq!(read(text).value, value, "{text:?}");
    }
}

#[test]
fn a_place_is_found_by_its_pointer_or_by_what_is_around_it() {
    let yaml = read("a: 1\nnodes:\n  - key: x\n    config:\n      b/c: [1,\n        2]\n  - 7\n");
    let json = read(
        "{\"a\": 1,\n\"nodes\":\n  [{ \"key\": \"x\",\n    \"config\":\n      {\"b/c\": [1,\n        2]}},\n  7]}",
    );
    for file in [yaml, json] {
        for (pointer, line) in [
            ("", 1),
            ("/a", 1),
            ("/nodes", 2),
            ("/nodes/0", 3),
            ("/nodes/0/config", 4),
            ("/nodes/0/config/b~1c", 5),
            ("/nodes/0/config/b~1c/1", 6),
            ("/nodes/1", 7),
            ("/nodes/1/kind", 7),
            ("/nodes/0/config/absent/deep", 4),
            ("/nodes/9", 2),
            ("/absent", 1),
        ] {
            assert_eq!(file.line(pointer), Some(line), "{pointer} in {}", file.value);
        }
    }
}

#[test]
fn what_is_not_a_file_is_refused_with_its_line() {
    for (text, code, line) in [
        ("a: 1\nb: [1,\n", "file.syntax", 2),
        ("a: 1\n  b: 2\n", "file.syntax", 2),
        ("a:\n\t- b\n", "file.syntax", 2),
        ("a: *nowhere", "file.syntax", 1),
        ("a: 1\nb: .nan", "file.syntax", 2),
        ("a: 1\nb: 18446744073709551616", "file.syntax", 2),
        ("a: &x [*x]", "file.syntax", 1),
        ("a: 1\nb: !!python/object x", "file.syntax", 2),
        ("a: 1\n---\nb: 2", "file.syntax", 2),
        ("? [a]\n: 1", "file.syntax", 1),
        ("{\"a\": 1,\n \"b\": tru e\n \"c\"}", "file.syntax", 2),
        ("{\"a\":\n 1e400}", "file.syntax", 2),
        ("{\"a\":\n \"\\ud800\"}", "file.syntax", 2),
    ] {
        let problem = only_problem(text);
        assert_eq!((problem.code.as_str(), problem.line), (code, Some(line)), "{text:?}: {problem:?}");
    }
}

#[test]
fn a_name_that_stands_twice_is_a_problem_in_yaml_and_in_json() {
    for text in ["a: 1\nb:\n  c: 1\n  c: 2\na: 3", "{\"a\": 1,\n\"b\":\n {\"c\": 1,\n \"c\": 2},\n\"a\": 3}"] {
        let problems = File::read(text).unwrap_err();
        let duplicates: Vec<_> =
            problems.iter().filter(|p| p.code == "file.duplicate_key").map(|p| (p.pointer.as_str(), p.line)).collect();
        assert_eq!(duplicates, [("/b/c", Some(4)), ("/a", Some(5))], "{text:?}");
        assert!(problems.len() > 2, "the rest of the document is checked too");
    }
}

#[test]
fn bombs_are_refused_quickly() {
    let laughs = (1..30).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let before = format!("*a{},", n - 1).repeat(10);
        text + &format!("a{n}: &a{n} [{before}]\n")
    });
    assert_eq!(only_problem(&laughs).code, "file.too_large");
    let aliases = format!("a: &a [{}]\nb: [{}]", "x,".repeat(1_000), "*a,".repeat(100));
    assert_eq!(only_problem(&aliases).code, "file.too_large");
    let nested_anchors = (0..100).fold("x".to_owned(), |text, n| format!("&a{n} [{text}, {}]", "y,".repeat(50)));
    assert_eq!(only_problem(&nested_anchors).code, "file.too_large");

    let deep = limits::DEPTH_MAX + 1;
    let too_deep = [format!("{}{}", "[".repeat(deep + 1), "]".repeat(deep + 1)), "- ".repeat(deep + 1)];
    for text in &too_deep {
        assert_eq!(only_problem(text).code, "file.too_deep", "{text}");
    }
    for text in ["[".repeat(500_000), "{\"a\":".repeat(100_000), "- ".repeat(400_000), "{".repeat(1_000_000)] {
        assert!(File::read(&text).is_err());
    }
    assert_eq!(only_problem(&format!("[{}1]", "1,".repeat(limits::FILE_VALUES_MAX))).code, "file.too_large");
    assert_eq!(only_problem(&"#".repeat(limits::FILE_BYTES_MAX + 1)).code, "file.too_large");
}

#[test]
fn everything_within_the_limits_is_read() {
    let deep = format!("{}{}", "[".repeat(limits::DEPTH_MAX), "]".repeat(limits::DEPTH_MAX));
    assert_eq!(read(&deep).value, serde_json::from_str::<Value>(&deep).unwrap());
    assert_eq!(read(&format!("a: {}", &deep[1..deep.len() - 1])).value["a"], read(&deep).value[0]);
    let list = format!("[{}1]", "1,".repeat(limits::FILE_VALUES_MAX - 2));
    assert_eq!(read(&list).value.as_array().unwrap().len(), limits::FILE_VALUES_MAX - 1);
}

fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~\\t\\n\u{7f}-\u{a0}\u{2028}\u{feff}\\\\\"/]{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        let object = prop::collection::vec((any::<String>(), inner.clone()), 0..4)
            .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()));
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), object]
    })
}

proptest! {
    #[test]
    fn any_json_reads_exactly_as_serde_json_reads_it(value in json(), pretty: bool) {
        let value = json!({"document": value});
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let file = read(&text);
        prop_assert_eq!(&file.value, &value);
        prop_assert_eq!(file.value.to_string(), value.to_string(), "the order of names is kept");
    }

    #[test]
    fn any_value_written_as_yaml_reads_back(value in json()) {
        let text = serde_saphyr::to_string(&json!({"document": value})).unwrap();
        prop_assert_eq!(&read(&text).value["document"], &value, "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", yamlish in "[\\[\\]{}:,\"'&*!|>%@#? \\n\\t\\-a-c0-9~.\\\\]{0,80}") {
        for text in [text, yamlish] {
            if let Ok(file) = File::read(&text) {
                WorkflowDocument::decode(&file.value, &mut Problems::new());
                file.line("/a/0/~1");
            }
        }
    }

    #[test]
    fn no_document_makes_the_decoder_panic(value in json(), field in prop::sample::select(vec![
        "hookflow", "key", "title", "tags", "retention", "credentials", "mode", "trigger", "nodes", "timeout_ms",
    ])) {
        let document = json!({"hookflow": 1, "title": "t", "mode": "sync", "trigger": {"kind": "webhook"}, "nodes": [{"kind": "end", "config": value}], field: value});
        let mut problems = Problems::new();
        let read = WorkflowDocument::decode(&document, &mut problems);
        if problems.is_empty() {
            let mut again = Problems::new();
            let mut reread = WorkflowDocument::decode(&read.to_value(), &mut again);
            prop_assert_eq!(again.into_vec(), vec![]);
            reread.level.credentials.clone_from(&read.level.credentials); // passwords are not written
            prop_assert_eq!(reread, read);
        }
    }
}
