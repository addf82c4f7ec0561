//! Which secrets a document names.

use std::collections::BTreeSet;

use super::path::Path;
use super::scan::{self, Piece};
use crate::secret::SecretName;
use crate::value::Value;

/// Every secret that a template anywhere in `document` stands for. The document may have problems elsewhere.
pub fn secrets_read_in(document: &Value) -> BTreeSet<SecretName> {
    let mut names = BTreeSet::new();
    collect(document, &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<SecretName>) {
    match value {
        Value::String(text) => {
            for piece in scan::split(text).unwrap_or_default() {
                if let Piece::Expression(expression) = piece
                    && let Ok(path) = Path::parse(expression.trim())
                {
                    names.extend(path.secret().cloned());
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => members.values().for_each(|member| collect(member, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_wherever_a_template_stands() {
        let document = json!({
            "nodes": [{"config": {
                "url": "https://x/{{ secrets.b }}/{{secrets.a}}?{{ trigger.body.secrets.no }}",
                "body": ["{{ secrets.c }}", {"{{ secrets.no }}": "secrets.no"}, "{{ secrets.no & 1 }}", "{{ secrets.no "],
            }}],
        });
        let names: Vec<_> = secrets_read_in(&document).iter().map(SecretName::to_string).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
