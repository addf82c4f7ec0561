//! The open test vectors, one JSON document a line.

use domain::event::{query, sample};
use serde_json::Value;

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON"))
}

#[test]
fn every_query_is_read_as_qs_reads_it() {
    let mut count = 0;
    for vector in lines(include_str!("vectors/qs.jsonl")) {
        let text = vector["query"].as_str().expect("a vector has a query");
        assert_eq!(query::parse(text), vector["parsed"], "{text}");
        count += 1;
    }
    assert_eq!(count, 280);
}

#[test]
fn every_sample_has_its_paths_in_order() {
    let mut count = 0;
    for vector in lines(include_str!("vectors/paths.jsonl")) {
        let found = match vector["kind"].as_str() {
            Some("body") => sample::body_paths(&vector["sample"].to_string()).expect("the sample is JSON"),
            Some("query") => sample::query_paths(vector["sample"].as_str().expect("a query is text")),
            kind => panic!("no such kind: {kind:?}"),
        };
        let found: Vec<Value> = found.into_iter().map(|row| row.path.into()).collect();
        assert_eq!(Value::Array(found), vector["paths"], "{}", vector["sample"]);
        count += 1;
    }
    assert_eq!(count, 58);
}
