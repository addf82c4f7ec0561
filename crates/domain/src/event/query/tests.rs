use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn check(query: &str, expected: Value) {
    let parsed = parse(query);
    assert_eq!(parsed.to_string(), expected.to_string(), "{query}");
}

#[test]
fn a_key_that_stands_twice_is_a_list() {
    check("a=1&a=2&b=3", json!({"a": ["1", "2"], "b": "3"}));
}

#[test]
fn brackets_nest_and_dots_do_not() {
    check("a[b][c]=1&a.b=2", json!({"a": {"b": {"c": "1"}}, "a.b": "2"}));
}

#[test]
fn no_equals_sign_is_null_and_nothing_behind_it_is_empty_text() {
    check("a&b=", json!({"a": null, "b": ""}));
}

#[test]
fn plus_and_percent_20_are_spaces() {
    check("a+b=c%20d", json!({"a b": "c d"}));
}

#[test]
fn broken_escapes_stay_as_text() {
    check("a=%&b=%4&c=%zz&d=%ff&e=%41%", json!({"a": "%", "b": "%4", "c": "%zz", "d": "%ff", "e": "%41%"}));
}

#[test]
fn members_of_the_prototype_are_dropped() {
    check("__proto__[x]=1&a[constructor][prototype]=2&toString=3&b=4", json!({"b": "4"}));
}

#[test]
fn array_indexes_come_first_as_javascript_prints_them() {
    check("b=1&10=2&a=3&9=4&4294967295=5", json!({"9": "4", "10": "2", "b": "1", "a": "3", "4294967295": "5"}));
}

#[test]
fn holes_are_closed_and_indexes_beyond_the_limit_are_keys() {
    check("a[7]=x&a[2]=y&b[99]=1&c[100]=1", json!({"a": ["y", "x"], "b": ["1"], "c": {"100": "1"}}));
}

#[test]
fn a_list_of_more_than_a_hundred_becomes_an_object() {
    let parsed = parse(&"a[]=x&".repeat(LIST_MAX + 1));
    assert_eq!(parsed["a"].as_object().map(serde_json::Map::len), Some(LIST_MAX + 1));
    assert_eq!(parse(&"a[]=x&".repeat(LIST_MAX))["a"].as_array().map(Vec::len), Some(LIST_MAX));
}

#[test]
fn what_nests_deeper_than_the_limit_is_one_key() {
    check("a[b][c][d][e][f][g][h]=1", json!({"a": {"b": {"c": {"d": {"e": {"f": {"[g][h]": "1"}}}}}}}));
}

#[test]
fn parameters_beyond_the_limit_are_not_read() {
    let query = (0..PARAMETERS_MAX + 5).map(|number| format!("k{number}=1&")).collect::<String>();
    assert_eq!(parse(&query).as_object().map(serde_json::Map::len), Some(PARAMETERS_MAX));
}

/// The longest target that the listener takes, filled with what costs most.
#[test]
fn hostile_queries_take_no_time() {
    const TARGET_BYTES: usize = 16 * 1024;
    let started = Instant::now();
    for part in
        ["[", "]", "a[", "a]", "[]=&", "a[]&", "a&a[b]=&", "a[99]=1&a=1&", "a[1][1]=1&a[1]=1&", "%5b", "%", "a[[", "&"]
    {
        let query = part.repeat(TARGET_BYTES / part.len());
        parse(&query);
        parse(&query.replace('a', "%61"));
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Object(entries) => entries.values().map(leaves).sum(),
        _ => 1,
    }
}

proptest! {
    /// Each bracket group may be wrapped once more by a conflict, and there are `a`, five groups and a rest.
    #[test]
    fn any_text_makes_a_tree_no_larger_than_the_text(query in "([ab0-9=&%+]|\\[|\\]|%5B|%5d|\\[\\]|\\PC){0,200}") {
        let parsed = parse(&query);
        prop_assert!(parsed.is_object());
        prop_assert!(depth(&parsed) <= 2 * (DEPTH_MAX + 2));
        prop_assert!(leaves(&parsed) <= query.split('&').count());
    }

    #[test]
    fn text_that_was_escaped_comes_back(key in "[^\\[\\]]{1,20}", value in "\\PC*") {
        prop_assume!(key::segments(&key).is_some());
        let escape = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let parsed = parse(&format!("{}={}", escape(&key), escape(&value)));
        prop_assert_eq!(&parsed[&key], &value);
    }
}
