use proptest::prelude::*;
use serde_json::json;

use super::*;

fn names(rows: &[SamplePath]) -> Vec<&str> {
    rows.iter().map(|row| row.path.as_str()).collect()
}

#[test]
fn a_url_and_its_query_give_the_same_paths() {
    let urls = [
        "query[0][a]=1",
        "?query[0][a]=1",
        "/hook?query[0][a]=1",
        "https://example.com/hook?query[0][a]=1#part",
        "  /hook?query[0][a]=1 #part\n",
        "?query%5B0%5D%5Ba%5D=1",
    ];
    for url in urls {
        let rows = query_paths(url);
        assert_eq!(names(&rows), ["query", "query[0]", "query[0].a"], "{url}");
        assert_eq!(rows[2].example, json!("1"), "{url}");
    }
}

#[test]
fn a_url_without_a_query_gives_none() {
    for url in ["", "/", "?", "/hook", "https://example.com/a=1", "  "] {
        assert_eq!(query_paths(url), [], "{url}");
    }
}

#[test]
fn a_second_question_mark_belongs_to_the_query() {
    assert_eq!(query_paths("/hook?a=1?2")[0].example, json!("1?2"));
    assert_eq!(query_paths("a=/?b")[0].example, json!("/?b"));
    assert_eq!(query_paths("to=https://example.com/?b")[0].example, json!("https://example.com/?b"));
}

#[test]
fn a_row_has_its_type_and_a_scalar_its_example() {
    let rows = body_paths(r#"{"a": [1, "x"], "b": {"c": null, "d": true}}"#).expect("the sample is JSON");
    let rows: Vec<_> = rows.into_iter().map(|row| (row.path, row.kind, row.example)).collect();
    let expected = [
        ("a", Type::List, json!(null)),
        ("a[0]", Type::Number, json!(1)),
        ("a[1]", Type::Text, json!("x")),
        ("b", Type::Object, json!(null)),
        ("b.c", Type::Null, json!(null)),
        ("b.d", Type::Boolean, json!(true)),
    ];
    assert_eq!(rows, expected.map(|(path, kind, example)| (path.to_owned(), kind, example)));
}

#[test]
fn a_broken_sample_says_where() {
    let error = body_paths("{\"a\": 1,\n \"b\": }").expect_err("the sample is broken");
    assert_eq!(error.to_string(), "the body is not JSON: expected value, at line 2 column 7");
    let error = body_paths(&"[".repeat(65)).expect_err("the sample is too deep");
    assert_eq!(error.to_string(), "the body nests deeper than 64, at line 1 column 65");
    assert_eq!(body_paths(""), Ok(vec![]));
}

#[test]
fn a_sample_whose_paths_would_fill_the_memory_is_refused() {
    let key = "k".repeat(100_000);
    let sample = json!({ key: vec![0; 1_000] }).to_string();
    assert_eq!(body_paths(&sample), Err(SampleError::TooLarge { max: PATH_BYTES_MAX }));
    let most = json!(vec![0; VALUES_MAX - 1]).to_string();
    assert_eq!(body_paths(&most).map(|rows| rows.len()), Ok(VALUES_MAX - 1));
    let more = json!(vec![0; VALUES_MAX]).to_string();
    assert_eq!(body_paths(&more), Err(SampleError::TooMany { max: VALUES_MAX }));
}

#[test]
fn parsing_again_keeps_aliases_and_tells_what_is_new_and_gone() {
    let declared =
        |path: &str, alias: Option<&str>| Declared { path: path.to_owned(), alias: alias.map(str::to_owned) };
    let before = [declared("a", Some("First")), declared("b", None), declared("c", Some("Third"))];
    let after = parse_again(&before, query_paths("d=1&a=2&b=3"));
    let rows: Vec<_> = after.rows.iter().map(|row| (row.found.path.as_str(), row.alias.as_deref())).collect();
    assert_eq!(rows, [("d", None), ("a", Some("First")), ("b", None)]);
    assert_eq!(after.new, ["d"]);
    assert_eq!(after.gone, [declared("c", Some("Third"))]);
}

#[test]
fn of_two_rows_with_one_path_the_first_gives_the_alias() {
    let row = |alias: &str| Declared { path: "a".to_owned(), alias: Some(alias.to_owned()) };
    let after = parse_again(&[row("one"), row("two")], query_paths("a=1"));
    assert_eq!(after.rows[0].alias.as_deref(), Some("one"));
    assert_eq!(after.gone, []);
}

proptest! {
    #[test]
    fn any_text_is_read_as_a_query_sample(sample in "\\PC*") {
        for row in query_paths(&sample) {
            prop_assert!(!row.path.is_empty());
        }
    }

    #[test]
    fn paths_are_unique_and_parents_stand_before_children(keys in prop::collection::vec("[a.\\[\\]\"0é]{0,3}", 1..6)) {
        let nested = keys.iter().rev().fold(json!([1, {"x": 2}]), |inner, key| json!({ key: inner, "z": [[]] }));
        let rows = body_paths(&nested.to_string()).unwrap();
        let all = names(&rows);
        prop_assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        for (place, child) in all.iter().enumerate() {
            let is_parent = |path: &str| child.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
            prop_assert!(!all[place..].iter().any(|path| is_parent(path)));
        }
    }
}
