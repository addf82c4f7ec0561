//! A curl line that calls a workflow, its body made from the examples the trigger declares.

use serde_json::{Map, Value};

/// `curl -i URL …` with a body that holds every declared path. `flow` is the flow document.
pub(crate) fn line(url: &str, flow: &Value) -> String {
    let mut body = Value::Object(Map::new());
    let declared = flow["trigger"]["body"].as_array().map(Vec::as_slice).unwrap_or_default();
    for declaration in declared {
        if let Some(steps) = declaration["path"].as_str().and_then(steps) {
            put(&mut body, &steps, example(declaration));
        }
    }
    let body = body.to_string();
    format!("curl -i {} -H 'Content-Type: application/json' -d {}", quoted(url), quoted(&body))
}

/// In single quotes for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn example(declaration: &Value) -> Value {
    match declaration.get("example") {
        Some(example) => example.clone(),
        None => match declaration["type"].as_str() {
            Some("number") => 1.into(),
            Some("boolean") => true.into(),
            Some("list") => Value::Array(Vec::new()),
            Some("object") => Value::Object(Map::new()),
            Some("null") => Value::Null,
            _ => "example".into(),
        },
    }
}

enum Step {
    Key(String),
    Index(usize),
}

/// Lists longer than this are not made up for an example.
const INDEX_MAX: usize = 99;

/// `a.b[0]["c d"]`; `None` for what is no such path.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('[').filter(|rest| rest.starts_with('"')) {
            let mut keys = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
            steps.push(Step::Key(keys.next()?.ok()?));
            rest = quoted[keys.byte_offset()..].strip_prefix(']')?;
        } else if let Some(indexed) = rest.strip_prefix('[') {
            let (index, after) = indexed.split_once(']')?;
            steps.push(Step::Index(index.parse().ok().filter(|index| *index <= INDEX_MAX)?));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(rest[..end].to_owned()).non_empty()?);
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    (!steps.is_empty()).then_some(steps)
}

impl Step {
    fn non_empty(self) -> Option<Self> {
        (!matches!(&self, Self::Key(key) if key.is_empty())).then_some(self)
    }
}

/// Puts `value` where `steps` lead, making lists and objects on the way. A path that contradicts an
/// earlier one wins over it.
fn put(place: &mut Value, steps: &[Step], value: Value) {
    let Some((step, below)) = steps.split_first() else {
        // A parent is often declared beside its parts: what the parts made of it stays.
        let made = |value: &Value| {
            value.as_object().is_some_and(|map| !map.is_empty())
                || value.as_array().is_some_and(|list| !list.is_empty())
        };
        if !made(place) {
            *place = value;
        }
        return;
    };
    match step {
        Step::Key(key) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            if let Value::Object(map) = place {
                put(map.entry(key.clone()).or_insert(Value::Null), below, value);
            }
        }
        Step::Index(index) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            if let Value::Array(list) = place {
                if list.len() <= *index {
                    list.resize(index + 1, Value::Null);
                }
                put(&mut list[*index], below, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(declared: Value) -> String {
        let line = line("http://h/x", &json!({"trigger": {"body": declared}}));
        line.strip_prefix("curl -i 'http://h/x' -H 'Content-Type: application/json' -d ").unwrap().to_owned()
    }

    #[test]
    fn the_body_holds_every_declared_path_with_its_example() {
        let declared = json!([
            {"path": "order"},
            {"path": "order.id", "example": 7},
            {"path": "order.status", "example": "it's paid"},
            {"path": "lines[1].sku", "type": "number"},
            {"path": r#"meta["a b"]"#, "type": "boolean"},
        ]);
        assert_eq!(
            body(declared),
            r#"'{"order":{"id":7,"status":"it'\''s paid"},"lines":[null,{"sku":1}],"meta":{"a b":true}}'"#
        );
    }

    #[test]
    fn a_parent_declared_after_its_parts_keeps_them() {
        assert_eq!(body(json!([{"path": "a.b", "example": 1}, {"path": "a", "type": "object"}])), r#"'{"a":{"b":1}}'"#);
    }

    #[test]
    fn what_is_no_path_is_left_out() {
        assert_eq!(body(json!([{"path": ""}, {"path": "a[x"}, {"path": "a[1000000]"}, {"path": 7}, "x"])), "'{}'");
        assert_eq!(body(Value::Null), "'{}'");
    }
}
