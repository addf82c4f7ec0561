//! JSON bodies: what the check lets pass can be parsed, and both read as `serde_json` does.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::body::{BodyError, Checked, DEPTH_CEILING, DEPTH_MAX, check, parse};
use domain::event::sample::{SampleError, body_paths};
use domain::event::{Event, TriggerValues};
use domain::testing::world::World;
use domain::value::Value;

use crate::shape::{assert_rows_lead_to_values, count, depth};

/// `bytes` is a body.
pub fn json(bytes: &[u8]) {
    let checked = check(bytes, DEPTH_CEILING);
    let parsed = parse(bytes);
    assert_eq!(checked.as_ref().err(), parsed.as_ref().err(), "check and parse differ");
    let oracle = serde_json::from_slice::<Value>(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    match (checked, parsed) {
        (Ok(checked), Ok(value)) => {
            if bytes.is_empty() {
                assert_eq!((checked.nodes, value), (0, Value::Null));
            } else {
                assert_eq!(oracle.ok().as_ref(), Some(&value), "serde_json reads it differently");
                read(bytes, &checked, &value);
            }
        }
        (_, Err(BodyError::NotJson { line, column, .. })) => {
            assert!(oracle.is_err(), "serde_json reads it");
            assert_inside(bytes, line, column);
        }
        (_, Err(BodyError::TooDeep { max, line, column })) => {
            assert_eq!(max, DEPTH_CEILING);
            assert_inside(bytes, line, column);
        }
        (Err(_), Ok(_)) => unreachable!("they were compared"),
    }
}

/// Behind the last line break there is a place too.
fn assert_inside(bytes: &[u8], line: usize, column: usize) {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    assert!((1..=lines).contains(&line) && (1..=bytes.len()).contains(&column), "{line}:{column}");
}

fn read(bytes: &[u8], checked: &Checked, value: &Value) {
    // Of duplicate keys the check counts all and the last is kept.
    assert!(checked.nodes >= count(value), "fewer nodes than values");
    let depth = depth(value);
    if checked.nodes == count(value) {
        assert!(check(bytes, depth).is_ok(), "{depth} deep");
        if depth > 0 {
            let shallow = check(bytes, depth - 1);
            assert!(matches!(shallow, Err(BodyError::TooDeep { max, .. }) if max == depth - 1), "{shallow:?}");
        }
    }

    let written = value.to_string();
    let again = parse(written.as_bytes()).expect("what was written is JSON");
    assert_eq!((&again, again.to_string()), (value, written), "written and read again");

    let Ok(sample) = std::str::from_utf8(bytes) else { return };
    let event =
        Event { body: Bytes::copy_from_slice(bytes), ..Event::clone(World::with_body(Value::Null).trigger.event()) };
    let live = TriggerValues::new(Arc::new(event));
    match body_paths(sample) {
        Ok(rows) => assert_rows_lead_to_values(&rows, "trigger.body", value, &live),
        Err(SampleError::TooLarge { .. } | SampleError::TooMany { .. }) => {}
        Err(SampleError::Body(error)) => {
            assert!(matches!(error, BodyError::TooDeep { max: DEPTH_MAX, .. }), "{error}");
        }
    }
}
