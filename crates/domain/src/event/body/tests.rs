use proptest::prelude::*;
use serde_json::json;

use super::*;

fn nodes(body: &str) -> usize {
    check(body.as_bytes(), DEPTH_MAX).expect("the body is JSON").nodes
}

#[track_caller]
fn refused(body: impl AsRef<[u8]>) -> (String, usize, usize) {
    let body = body.as_ref();
    let refused = check(body, DEPTH_MAX).expect_err("the body is refused");
    assert_eq!(parse(body), Err(refused.clone()));
    match refused {
        BodyError::NotJson { message, line, column } => (message, line, column),
        BodyError::TooDeep { .. } => panic!("{refused}"),
    }
}

fn at(message: &str, line: usize, column: usize) -> (String, usize, usize) {
    (message.to_owned(), line, column)
}

#[test]
fn nodes_are_scalars_lists_and_objects_but_not_keys() {
    assert_eq!(nodes("7"), 1);
    assert_eq!(nodes("[]"), 1);
    assert_eq!(nodes(r#"{"a": [1, "two", null], "b": {"c": true}}"#), 7);
}

#[test]
fn an_empty_body_is_null_but_blanks_are_refused() {
    assert_eq!(check(b"", DEPTH_MAX).map(|checked| checked.nodes), Ok(0));
    assert_eq!(parse(b""), Ok(Value::Null));
    assert_eq!(refused(" "), at("EOF while parsing a value", 1, 1));
    assert_eq!(refused("\r\n\t"), at("EOF while parsing a value", 2, 1));
    assert_eq!(refused("\u{FEFF}"), at("EOF while parsing a value", 1, 1));
    assert_eq!(refused("\u{FEFF} "), at("EOF while parsing a value", 1, 1));
}

#[test]
fn a_byte_order_mark_is_skipped_once_and_takes_no_column() {
    assert_eq!(parse("\u{FEFF}[1]".as_bytes()), Ok(json!([1])));
    assert_eq!(refused("\u{FEFF}\u{FEFF}1"), at("expected value", 1, 1));
    assert_eq!(refused("\u{FEFF}[x]"), at("expected value", 1, 2));
}

#[test]
fn mistakes_are_told_with_line_and_column_in_characters() {
    assert_eq!(refused("{\"a\": 1,\n  \"é\": x}"), at("expected value", 2, 8));
    assert_eq!(refused("[1, 2"), at("EOF while parsing a list", 1, 5));
    assert_eq!(refused("{\"a\": 1,}"), at("trailing comma", 1, 9));
    assert_eq!(refused("1 2"), at("trailing characters", 1, 3));
    assert_eq!(refused("{}\n\n{}"), at("trailing characters", 3, 1));
}

#[test]
fn numbers_out_of_range_are_refused_wherever_they_stand() {
    for body in ["1e400", "[-1e400]", r#"{"a": {"b": 1e999}}"#, &"9".repeat(400)] {
        assert_eq!(refused(body).0, "number out of range");
    }
}

#[test]
fn text_that_is_not_unicode_is_refused_wherever_it_stands() {
    for bad in [&b"\xFF"[..], b"\xC3", b"\xC0\x80", b"\xED\xA0\x80", b"\xF4\x90\x80\x80"] {
        refused([b"\"", bad, b"\""].concat());
        refused([b"{\"", bad, b"\": 1}"].concat());
        refused([b"[\"\\n", bad, b"\"]"].concat());
    }
    for lone in [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\u0041", r"\udc00\ud800"] {
        refused(format!("\"{lone}\""));
        refused(format!("{{\"{lone}\": 1}}"));
    }
    assert_eq!(parse(br#""\ud83d\ude00""#), Ok(json!("😀")));
}

#[test]
fn depth_is_counted_in_lists_and_objects() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(check(b"7", 0).map(|checked| checked.nodes), Ok(1));
    assert_eq!(check(b"[]", 0), Err(BodyError::TooDeep { max: 0, line: 1, column: 1 }));
    assert_eq!(check(nested(64).as_bytes(), 64).map(|checked| checked.nodes), Ok(64));
    assert_eq!(check(nested(65).as_bytes(), 64), Err(BodyError::TooDeep { max: 64, line: 1, column: 65 }));
    assert_eq!(check(br#"{"a": {"b": []}}"#, 2), Err(BodyError::TooDeep { max: 2, line: 1, column: 13 }));
    assert!(parse(nested(DEPTH_CEILING).as_bytes()).is_ok());
    for endless in ["[", "{\"a\":", "[{\"a\":["] {
        let body = endless.repeat(1_000_000);
        assert!(matches!(check(body.as_bytes(), usize::MAX), Err(BodyError::TooDeep { max: DEPTH_CEILING, .. })));
        assert!(matches!(parse(body.as_bytes()), Err(BodyError::TooDeep { .. })));
    }
}

#[test]
fn the_last_of_duplicate_keys_wins_and_order_is_kept() {
    let value = parse(br#"{"z": 1, "a": 2, "z": 3}"#).expect("the body is JSON");
    assert_eq!(value.to_string(), r#"{"z":3,"a":2}"#);
}

#[test]
fn integers_are_exact_and_numbers_beyond_are_doubles() {
    let body = "[9223372036854775807,-9223372036854775808,18446744073709551615]";
    assert_eq!(parse(body.as_bytes()).expect("the body is JSON").to_string(), body);
    assert_eq!(parse(b"18446744073709551616"), Ok(json!(18446744073709551616.0)));
}

/// `serde_json`'s own reader takes this for JSON inside a string when any crate switches on `raw_value`.
#[test]
fn no_key_is_magic() {
    for key in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let body = format!(r#"{{"{key}":"[1,2]"}}"#);
        assert_eq!(nodes(&body), 2);
        assert_eq!(parse(body.as_bytes()), Ok(json!({ key: "[1,2]" })));
    }
}

fn json_values() -> impl Strategy<Value = Value> {
    let scalars = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    scalars.prop_recursive(8, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(entries) => 1 + entries.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_with_as_many_nodes(value in json_values(), pretty in any::<bool>()) {
        let body = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        let expected = Checked { nodes: count(&value), tree_bytes: crate::value::memory(&value) };
        prop_assert_eq!(check(&body, DEPTH_MAX), Ok(expected));
        prop_assert_eq!(parse(&body), Ok(value));
    }

    /// One byte changed, left out or put in: both still say the same, and the same as `serde_json`.
    #[test]
    fn check_parse_and_serde_json_agree_on_broken_bodies(
        value in json_values(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        change in 0..3,
    ) {
        let mut body = serde_json::to_vec(&value).unwrap();
        let place = place.index(body.len());
        match change {
            0 => body[place] = byte,
            1 => drop(body.remove(place)),
            _ => body.insert(place, byte),
        }
        let checked = check(&body, DEPTH_MAX);
        let parsed = parse(&body);
        prop_assert_eq!(checked.is_ok(), parsed.is_ok());
        if !body.is_empty() {
            prop_assert_eq!(parsed.ok(), serde_json::from_slice::<Value>(&body).ok());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200), depth_max in 0_usize..200) {
        if let Err(BodyError::NotJson { line, column, .. } | BodyError::TooDeep { line, column, .. }) = check(&body, depth_max) {
            prop_assert!(line >= 1 && column >= 1);
            // Behind a line break at the end there is a line too.
            prop_assert!(line <= body.len() + 1 && column <= body.len());
        }
    }

    #[test]
    fn json_shaped_text_is_read_alike_by_check_and_parse(body in r#"([\[\]{}:,"\\0-9eE+.u\n -]|null|true|"a":|\[1,|\\u[dD][89c]00)*"#) {
        let checked = check(body.as_bytes(), DEPTH_CEILING);
        match parse(body.as_bytes()) {
            Ok(_) if body.is_empty() => prop_assert_eq!(checked.map(|checked| checked.nodes), Ok(0)),
            // Duplicate keys are counted by the check, and only the last is kept.
            Ok(value) => prop_assert!(checked.is_ok_and(|checked| checked.nodes >= count(&value))),
            Err(error) => prop_assert_eq!(checked, Err(error)),
        }
    }
}
