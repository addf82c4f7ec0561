//! Documents as YAML that a person likes to read and our own reader reads back exactly.

use serde_json::Value;
use serde_saphyr::SerializerOptions;

use crate::failure::Failure;

/// Text of many lines as a block, quotes only where YAML needs them, names in the document's order.
pub(crate) fn text(document: &Value) -> Result<String, Failure> {
    let mut options = SerializerOptions::default();
    // As in our guides: a list stands two columns in from the name above it.
    options.compact_list_indent = false;
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, document, options)
        .map_err(|error| Failure::new("export.yaml", format!("cannot be written as YAML: {error}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use domain::flow::file::File;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn it_reads_like_the_files_of_the_guides() {
        let document = json!({
            "hookflow": 1, "key": "1hfmkioou0d", "title": "Payment: callback", "description": "Takes in paid orders.\n\n  Indented.\n",
            "tags": ["payments", "yes"], "enabled": true, "mode": "sync",
            "trigger": {"kind": "webhook", "body": [{"path": "order.id", "alias": "Order", "example": "007"}]},
            "nodes": [{"key": "paid", "kind": "condition", "config": {
                "rule": {"all": [{"left": "{{ trigger.body.order.status }}", "operator": "equal", "right": "paid"}]}},
                "branches": {"true": [{"kind": "response", "config": {"body": {}}}], "false": []}}],
        });
        insta::assert_snapshot!(text(&document).unwrap());
    }

    /// Text that YAML could take for something else.
    fn nasty() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "yes",
            "no",
            "true",
            "Null",
            "1e3",
            "0x1f",
            "0o7",
            "~",
            "null",
            ".inf",
            "0",
            "1",
            ".",
            "+",
            "=",
            "<<",
            "12:30",
            "2026-11-22",
            "18446744073709551615",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\r",
            "\t",
            ": ",
            ":",
            "#",
            " #",
            "- ",
            "-",
            "? ",
            "!",
            "&a",
            "*a",
            "|",
            ">",
            "%",
            "@",
            "`",
            "'",
            "\"",
            "\\",
            "{{ a.b }}",
            "{",
            "}",
            "[",
            "]",
            ",",
            "---",
            "...",
            "a",
            "b c",
            "é",
            "😀",
            "\u{0}",
            "\u{1b}",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{2028}",
            "\u{feff}",
            "\u{202e}",
            "\u{e000}",
            "\u{fffe}",
            "\u{10ffff}",
            "a long line of words that goes on beyond eighty columns, ",
        ]);
        prop_oneof![prop::collection::vec(pieces, 0..7).prop_map(|pieces| pieces.concat()), any::<String>()]
    }

    fn anything() -> impl Strategy<Value = Value> {
        let odd = vec![1e15, 1e16, 1e21, 1e-7, 1.0, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324];
        let scalar = prop_oneof![
            2 => prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)],
            2 => prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from)],
            2 => prop_oneof![any::<f64>().prop_map(Value::from), prop::sample::select(odd).prop_map(Value::from)],
            6 => nasty().prop_map(Value::from),
        ];
        scalar.prop_recursive(5, 32, 4, |inner| {
            let entries = prop::collection::vec((nasty(), inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                entries.prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn whatever_is_written_reads_back(value in anything()) {
            let document = json!({"document": value});
            let text = text(&document).unwrap();
            let file = File::read(&text);
            prop_assert!(file.is_ok(), "{file:?}\n{text}");
            // As text: the order of names and the form of numbers count too.
            prop_assert_eq!(file.unwrap().value.to_string(), document.to_string(), "{}", text);
        }
    }
}
