//! Checks a config against its JSON schema, telling every mistake with its place.
//!
//! It knows the words that `schemars` writes for our params and no more; `nodes/tests/every_node.rs`
//! holds every kind to them. A general validator would stop at "does not match any of".

#[cfg(test)]
mod tests;

use domain::flow::mistakes;
use domain::problem::{Problems, below};
use domain::value::{Type, Value};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, json};

/// A JSON schema, draft 2020-12.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Schema(Value);

/// In a field's schema: templates in it, or anywhere below it, may stand for secrets.
const SECRETS: &str = "x-secrets";

/// The words that [`Schema::check`] obeys, and those that only describe.
pub const KNOWN_WORDS: &[&str] = &[
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "default",
    "format",
    "type",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minimum",
    "maximum",
    "maxItems",
    "maxLength",
    SECRETS,
];

impl Schema {
    pub fn of<T: JsonSchema>() -> Self {
        let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
        // Names of Rust types say nothing to an author.
        schema.as_object_mut().map(|object| object.remove("title"));
        Self(schema)
    }

    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Adds a problem for every mistake, and returns the value with something fitting in place of what is wrong.
    pub fn check(&self, value: &Value, pointer: &str, problems: &mut Problems) -> Value {
        Check { root: &self.0, problems }.value(&self.0, value, pointer)
    }

    /// Whether a template at `pointer` of a value may stand for a secret.
    pub(crate) fn takes_secrets(&self, pointer: &str) -> bool {
        let resolve = |schema| resolve(&self.0, without_null(resolve(&self.0, schema)));
        let says_so = |schema: &Value| schema.get(SECRETS) == Some(&Value::Bool(true));
        let mut schema = &self.0;
        for part in pointer.split('/').skip(1) {
            let around = resolve(schema);
            let name = part.replace("~1", "/").replace("~0", "~");
            let field = around.get("properties").and_then(|fields| fields.get(name));
            match field.or_else(|| around.get("items")) {
                Some(below) if says_so(below) || says_so(resolve(below)) => return true,
                Some(below) => schema = below,
                None => return false,
            }
        }
        false
    }
}

struct Check<'a> {
    root: &'a Value,
    problems: &'a mut Problems,
}

impl<'a> Check<'a> {
    fn value(&mut self, schema: &'a Value, value: &Value, pointer: &str) -> Value {
        let schema = self.resolve(schema);
        if value.is_null() && is_optional(schema) {
            return Value::Null;
        }
        let schema = self.resolve(without_null(schema));
        if let Some(words) = words(schema) {
            return self.word(schema, &words, value, pointer);
        }
        let Some(wanted) = wanted_type(schema) else {
            return value.clone();
        };
        if !wanted.fits(value) {
            mistakes::wrong_type(self.problems, pointer, wanted.with_article(), value);
            return self.fitting(schema);
        }
        match (wanted, value) {
            (Wanted::Object, Value::Object(object)) => self.object(schema, object, pointer),
            (Wanted::List, Value::Array(list)) => self.list(schema, list, pointer),
            (Wanted::Text, Value::String(_)) => {
                let max =
                    limit(schema, "maxLength").map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
                mistakes::text(self.problems, pointer, value, max).map_or_else(|| self.fitting(schema), Value::from)
            }
            (Wanted::Whole, _) => self.number(schema, value, pointer),
            _ => value.clone(),
        }
    }

    fn object(&mut self, schema: &'a Value, object: &Map<String, Value>, pointer: &str) -> Value {
        let field = |name: &str| schema.get("properties").and_then(|fields| fields.get(name));
        let is_open = schema.get("additionalProperties") != Some(&Value::Bool(false));
        let (mut fitting, mut unknown) = (Map::new(), Vec::new());
        for (name, value) in object {
            match field(name) {
                // Null counts as absent, in configs as everywhere in a document.
                Some(field) if value.is_null() && !allows_null(self.resolve(field)) => {}
                Some(field) => _ = fitting.insert(name.clone(), self.value(field, value, &below(pointer, name))),
                None if is_open => _ = fitting.insert(name.clone(), value.clone()),
                None => unknown.push(name.as_str()),
            }
        }
        let absent: Vec<_> = required(schema).filter(|name| !fitting.contains_key(*name)).collect();
        let known = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let known: Vec<_> = known.map(String::as_str).collect();
        mistakes::wrong_fields(self.problems, pointer, &unknown, &absent, &known);
        for name in absent {
            fitting.insert(name.to_owned(), field(name).map_or(Value::Null, |field| self.fitting(field)));
        }
        Value::Object(fitting)
    }

    fn list(&mut self, schema: &'a Value, list: &[Value], pointer: &str) -> Value {
        let max = limit(schema, "maxItems").map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        if list.len() > max {
            mistakes::too_many(self.problems, pointer, "entries", max);
        }
        let nothing = &Value::Null;
        let items = schema.get("items").unwrap_or(nothing);
        let checked =
            list.iter().take(max).enumerate().map(|(index, item)| self.value(items, item, &below(pointer, index)));
        checked.collect()
    }

    fn number(&mut self, schema: &'a Value, value: &Value, pointer: &str) -> Value {
        let least = limit(schema, "minimum").unwrap_or(0);
        let most = limit(schema, "maximum").unwrap_or(u64::MAX);
        if value.as_u64().is_some_and(|number| (least..=most).contains(&number)) {
            return value.clone();
        }
        mistakes::out_of_range(self.problems, pointer, least, most, value);
        self.fitting(schema)
    }

    fn word(&mut self, schema: &'a Value, words: &[&str], value: &Value, pointer: &str) -> Value {
        match value.as_str() {
            Some(word) if words.contains(&word) => return value.clone(),
            Some(word) => mistakes::unknown_word(self.problems, pointer, word, words),
            None => mistakes::wrong_type(self.problems, pointer, "text", value),
        }
        self.fitting(schema)
    }

    /// The smallest value of this shape.
    fn fitting(&self, schema: &'a Value) -> Value {
        let schema = self.resolve(schema);
        if is_optional(schema) {
            return Value::Null;
        }
        if let Some(words) = words(schema) {
            return words.first().map_or(Value::Null, |word| json!(word));
        }
        match wanted_type(schema) {
            None => Value::Null,
            Some(Wanted::Object) => {
                let field = |name: &str| self.fitting(&schema["properties"][name]);
                Value::Object(required(schema).map(|name| (name.to_owned(), field(name))).collect())
            }
            Some(Wanted::List) => json!([]),
            Some(Wanted::Text) => json!(""),
            Some(Wanted::Whole) => json!(limit(schema, "minimum").unwrap_or(0)),
            Some(Wanted::Number) => json!(0),
            Some(Wanted::Boolean) => json!(false),
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        resolve(self.root, schema)
    }
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Object,
    List,
    Text,
    Whole,
    Number,
    Boolean,
}

impl Wanted {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::Text => value.is_string(),
            Self::Whole => value.is_u64() || value.is_i64(),
            Self::Number => value.is_number(),
            Self::Boolean => Type::of(value) == Type::Boolean,
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "text",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
        }
    }
}

/// `None`: any value.
fn wanted_type(schema: &Value) -> Option<Wanted> {
    match type_words(schema).find(|word| *word != "null")? {
        "object" => Some(Wanted::Object),
        "array" => Some(Wanted::List),
        "string" => Some(Wanted::Text),
        "integer" => Some(Wanted::Whole),
        "number" => Some(Wanted::Number),
        "boolean" => Some(Wanted::Boolean),
        _ => None,
    }
}

/// `type` is one word or a list of them.
fn type_words(schema: &Value) -> impl Iterator<Item = &str> {
    let word = schema.get("type");
    let list = word.and_then(Value::as_array).into_iter().flatten();
    word.into_iter().chain(list).filter_map(Value::as_str)
}

/// `{anyOf: [shape, {type: null}]}` and `{type: [word, null]}`, which `schemars` writes for an `Option`.
fn is_optional(schema: &Value) -> bool {
    type_words(schema).any(|word| word == "null") || without_null(schema) != schema
}

/// Whether null is a value of its own here: an `Option`, or anything at all.
fn allows_null(schema: &Value) -> bool {
    is_optional(schema) || (wanted_type(schema).is_none() && words(schema).is_none())
}

fn without_null(schema: &Value) -> &Value {
    let shapes = schema.get("anyOf").and_then(Value::as_array);
    shapes.and_then(|shapes| shapes.iter().find(|shape| shape["type"] != "null")).unwrap_or(schema)
}

/// `{enum: […]}`, and `{oneOf: [{const: …}, …]}`, which `schemars` writes for an enum with docs.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(Value::Array(words)) = schema.get("enum") {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let Some(Value::Array(shapes)) = schema.get("oneOf") else {
        return None;
    };
    let words = shapes.iter().flat_map(|shape| {
        let one = shape.get("const").into_iter();
        one.chain(shape.get("enum").and_then(Value::as_array).into_iter().flatten()).filter_map(Value::as_str)
    });
    Some(words.collect())
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn limit(schema: &Value, word: &str) -> Option<u64> {
    schema.get(word).and_then(Value::as_u64)
}
