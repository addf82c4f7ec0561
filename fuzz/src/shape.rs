//! How large a value is, and whether Parse's rows lead to what is in it.

use domain::event::TriggerValues;
use domain::event::sample::SamplePath;
use domain::template::path::Path;
use domain::template::scope::{Results, Scope, System};
use domain::testing::world::World;
use domain::value::{Type, Value};

/// `[]` has depth 1.
pub(crate) fn depth(value: &Value) -> usize {
    inside(value).map(|inside| 1 + inside.iter().map(|value| depth(value)).max().unwrap_or(0)).unwrap_or(0)
}

/// Values in it, itself counted.
pub(crate) fn count(value: &Value) -> usize {
    1 + inside(value).unwrap_or_default().into_iter().map(count).sum::<usize>()
}

/// Values in it that hold none.
pub(crate) fn leaves(value: &Value) -> usize {
    inside(value).map_or(1, |inside| inside.into_iter().map(leaves).sum())
}

fn inside(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(members) => Some(members.values().collect()),
        _ => None,
    }
}

/// Every row of a sample, put into a template below `root`, comes to the row's value in a live request; there are as
/// many rows as values.
pub(crate) fn assert_rows_lead_to_values(rows: &[SamplePath], root: &str, parsed: &Value, live: &TriggerValues) {
    assert_eq!(rows.len(), count(parsed) - 1, "a row for each value");
    let nodes = Results::new();
    let System { now, execution_id, .. } = World::with_body(Value::Null).scope().system;
    let system = System { now, execution_id, workflow_key: "w", revision: None };
    let scope = Scope { trigger: live, nodes: &nodes, system };
    for SamplePath { path, kind, example } in rows {
        let dot = if path.starts_with('[') { "" } else { "." };
        let text = format!("{root}{dot}{path}");
        let read = Path::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = read.resolve(&scope).unwrap_or_else(|| panic!("{text} leads nowhere"));
        assert_eq!(Type::of(&found), *kind, "{text}");
        if !matches!(kind, Type::List | Type::Object) {
            assert_eq!(&*found, example, "{text}");
        }
    }
}
