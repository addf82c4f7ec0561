//! Queries: any text makes a bounded tree, and Parse shows what a live request has.

use std::sync::Arc;

use domain::event::query::{DEPTH_MAX, PARAMETERS_MAX, parse};
use domain::event::sample::query_paths;
use domain::event::{Event, TriggerValues};
use domain::testing::world::World;
use domain::value::Value;

use crate::shape::{assert_rows_lead_to_values, depth, leaves};

/// `bytes` is what stands behind the `?`.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let parsed = parse(text);
    assert!(parsed.is_object());
    assert!(leaves(&parsed) <= text.split('&').count().min(PARAMETERS_MAX), "more values than parameters");
    for parameter in text.split('&') {
        // The name, the groups and a rest.
        assert!(depth(&parse(parameter)) <= DEPTH_MAX + 2, "deeper than brackets may nest: {parameter}");
    }
    // A conflict may wrap each step once more.
    assert!(depth(&parsed) <= 2 * (DEPTH_MAX + 2), "deeper than brackets may nest, wrapped");

    let event = Event { query_string: text.to_owned(), ..Event::clone(World::with_body(Value::Null).trigger.event()) };
    let live = TriggerValues::new(Arc::new(event));
    assert_eq!(live.query(), &parsed);
    // What a URL cannot hold in its query is cut off a sample.
    if text.trim() == text && !text.contains('#') {
        let rows = query_paths(&format!("https://example.com/?{text}"));
        assert_rows_lead_to_values(&rows, "trigger.query", &parsed, &live);
    }
}
