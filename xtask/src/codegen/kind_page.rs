//! The reference page of a kind: all of it from what the kind says about itself.

use anyhow::Context;
use domain::flow::document::Mode;
use nodes::KindInfo;
use nodes::contract::Example;
use serde_json::{Value, json};

use super::WRITTEN_BY;

/// Where a kind stands in a workflow file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Node,
    Trigger,
}

pub(super) fn index(heading: &str, kinds: &[&KindInfo]) -> String {
    let rows = kinds
        .iter()
        .map(|info| format!("| [{}]({}.md) | `{}` | {} |\n", info.title, info.kind, info.kind, info.summary));
    format!("{WRITTEN_BY}\n# {heading}\n\n| | kind | |\n|---|---|---|\n{}", rows.collect::<String>())
}

pub(super) fn page(info: &KindInfo, place: Place) -> anyhow::Result<String> {
    let mut page = format!("{WRITTEN_BY}\n# {} (`{}`)\n\n{}\n", info.title, info.kind, info.summary);
    let facts = facts(info);
    if !facts.is_empty() {
        page += &format!("\n- {}\n", facts.join("\n- "));
    }
    let schema = info.schema.as_value();
    let mut rows = Vec::new();
    add_rows(schema, schema, "", &mut rows);
    if !rows.is_empty() {
        let heading = match place {
            Place::Node => "`config`",
            Place::Trigger => "Fields beside `kind`",
        };
        page += &format!("\n## {heading}\n\n| field | type | default | |\n|---|---|---|---|\n{}", rows.concat());
    }
    page += "\n## Examples\n";
    for Example { title, config } in &info.examples {
        let value = match place {
            Place::Node => json!([{"kind": info.kind, "config": config}]),
            Place::Trigger => {
                let fields =
                    config.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
                let kind = ("kind".to_owned(), json!(info.kind));
                let trigger: Value = std::iter::once(kind).chain(fields).collect();
                json!({"trigger": trigger})
            }
        };
        let yaml = serde_saphyr::to_string(&value).with_context(|| format!("an example of {}", info.kind))?;
        page += &format!("\n{title}\n\n```yaml\n{}\n```\n", yaml.trim_end());
    }
    Ok(page)
}

fn facts(info: &KindInfo) -> Vec<String> {
    let mut facts = Vec::new();
    if !info.branches.is_empty() {
        let names: Vec<_> = info.branches.iter().map(|name| format!("`{name}`")).collect();
        facts.push(format!("Branches: {}; any of them may be empty.", names.join(", ")));
    }
    if info.ends {
        facts.push("Ends the execution: nothing can follow it.".to_owned());
    }
    match info.mode {
        Some(Mode::Sync) => facts.push("Only in synchronous workflows.".to_owned()),
        Some(Mode::Async) => facts.push("Only in asynchronous workflows.".to_owned()),
        None => {}
    }
    facts
}

/// A row for each field, those of objects and lists inside after it.
fn add_rows(root: &Value, schema: &Value, prefix: &str, rows: &mut Vec<String>) {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let shape = resolve(root, field);
        let doc = field["description"].as_str().unwrap_or_default();
        let secrets = if field["x-secrets"] == true { " [Secrets](../../guides/secrets.md) allowed." } else { "" };
        let doc = format!("{}{secrets}{}", one_line(doc), words_doc(shape));
        let default = match &field["default"] {
            _ if required.contains(&name.as_str()) => "required".to_owned(),
            Value::Null => String::new(),
            default => format!("`{default}`"),
        };
        let path = format!("{prefix}{name}");
        rows.push(format!("| `{path}` | {} | {default} | {} |\n", type_of(shape), doc.replace('|', "\\|")));
        add_rows(root, shape, &format!("{path}."), rows);
        if let Some(items) = shape.get("items") {
            add_rows(root, resolve(root, items), &format!("{path}[]."), rows);
        }
    }
}

/// Behind `$ref`, and behind the `anyOf` of something optional.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let shapes = schema["anyOf"].as_array().into_iter().flatten();
    let schema = shapes.into_iter().find(|shape| shape["type"] != "null").unwrap_or(schema);
    let target = schema["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    target.unwrap_or(schema)
}

fn type_of(shape: &Value) -> String {
    let word = match &shape["type"] {
        Value::Array(words) => words.iter().filter_map(Value::as_str).find(|word| *word != "null").unwrap_or_default(),
        word => word.as_str().unwrap_or_default(),
    };
    let word = match word {
        _ if shape.get("oneOf").is_some() || shape.get("enum").is_some() => "word",
        "string" => "text",
        "integer" => "whole number",
        "array" => "list",
        "" => "any",
        other => other,
    };
    match (&shape["minimum"], &shape["maximum"]) {
        (Value::Number(least), Value::Number(most)) => format!("{word}, {least} to {most}"),
        _ => word.to_owned(),
    }
}

/// The words that may stand there, with what they mean.
fn words_doc(shape: &Value) -> String {
    let variants = shape["oneOf"].as_array().into_iter().flatten().map(|variant| {
        format!(
            " `{}`: {}",
            variant["const"].as_str().unwrap_or_default(),
            one_line(variant["description"].as_str().unwrap_or_default())
        )
    });
    let plain =
        shape["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(|word| format!(" `{word}`"));
    variants.chain(plain).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
