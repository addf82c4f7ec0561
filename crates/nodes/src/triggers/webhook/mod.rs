//! `webhook`: an HTTP request to the workflow's own URL starts an execution.
//!
//! The declared parts of the request give names, types and examples to the author; at run time the
//! whole request is there, declared or not, but for headers that are kept only when declared.

mod path;

use std::collections::HashSet;

use domain::answer::{HeaderError, check_header_name};
use domain::flow::codes;
use domain::flow::document::Mode;
use domain::flow::suggest::quoted;
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Header};
use crate::contract::{Compiler, Example, TriggerKind, TriggerPlan};

#[derive(Debug)]
pub struct Webhook;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Headers that later nodes use. `Authorization`, `Cookie` and signatures are kept only when they stand here.
    #[serde(default)]
    #[schemars(length(max = 200))]
    headers: Vec<DeclaredHeader>,
    /// Parts of the query string that later nodes use.
    #[serde(default)]
    #[schemars(length(max = 5000))]
    query: Vec<DeclaredPath>,
    /// Parts of the JSON body that later nodes use.
    #[serde(default)]
    #[schemars(length(max = 5000))]
    body: Vec<DeclaredPath>,
    /// What the caller of an asynchronous workflow gets at once. Not in synchronous workflows: a Response node answers there.
    answer: Option<ConfiguredAnswer>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeclaredHeader {
    /// Name of the header, in any case.
    name: String,
    /// Name to show instead.
    #[serde(rename = "alias")]
    #[schemars(length(max = 200))]
    _alias: Option<String>,
    /// A value as it may come in.
    #[serde(rename = "example", default)]
    _example: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeclaredPath {
    /// Where the value stands, such as `order.id`, `items[0].price` or `["odd key"]`.
    path: String,
    /// Name to show instead.
    #[serde(rename = "alias")]
    #[schemars(length(max = 200))]
    _alias: Option<String>,
    /// Type of the value.
    #[serde(rename = "type")]
    _kind: Option<DeclaredType>,
    /// A value as it may come in.
    #[serde(rename = "example", default)]
    _example: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DeclaredType {
    Text,
    Number,
    Boolean,
    List,
    Object,
    Null,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConfiguredAnswer {
    /// HTTP status code.
    #[serde(default = "default_status")]
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    /// Headers of the answer.
    #[serde(default)]
    #[schemars(length(max = 100))]
    headers: Vec<Header>,
    /// Body of the answer: text goes out as plain text, null as nothing, anything else as JSON, unless a
    /// `Content-Type` header says otherwise. Variables of `trigger` and `system` allowed.
    #[serde(default = "default_body")]
    body: Value,
}

fn default_status() -> u16 {
    200
}

fn default_body() -> Value {
    json!("ok")
}

impl Default for ConfiguredAnswer {
    fn default() -> Self {
        Self { status: default_status(), headers: Vec::new(), body: default_body() }
    }
}

impl TriggerKind for Webhook {
    const KIND: &'static str = "webhook";
    const TITLE: &'static str = "Webhook";
    const SUMMARY: &'static str = "Starts an execution for every request to the workflow's own URL.";
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example { title: "Take any request.", config: json!({}) },
            Example {
                title: "Name the parts of the request that nodes use.",
                config: json!({
                    "headers": [{"name": "X-Request-Id", "alias": "Request"}],
                    "query": [{"path": "query[0].a", "alias": "First a"}],
                    "body": [{"path": "order.id"}, {"path": "order.status", "type": "text", "example": "paid"}],
                }),
            },
            Example {
                title: "Answer 201 with a value of the request, in an asynchronous workflow.",
                config: json!({"answer": {
                    "status": 201,
                    "headers": [{"name": "X-Got", "value": "{{ trigger.body.order.id }}"}],
                    "body": {"got": "{{ trigger.body.order.id }}"},
                }}),
            },
        ]
    }

    fn compile(params: Params, compiler: &mut Compiler<'_>) -> TriggerPlan {
        let mut declared_headers = Vec::new();
        for (index, header) in params.headers.iter().enumerate() {
            // Headers that an answer may not have can still come in.
            if check_header_name(&header.name) == Err(HeaderError::Name) {
                compiler.problem(
                    &format!("headers/{index}/name"),
                    codes::TRIGGER_HEADER,
                    HeaderError::Name.to_string(),
                );
            }
            let name = header.name.to_ascii_lowercase();
            if declared_headers.contains(&name) {
                let message = format!("the header {} is declared twice", quoted(&header.name));
                compiler.problem(&format!("headers/{index}/name"), codes::DUPLICATE, message);
            } else {
                declared_headers.push(name);
            }
        }
        check_paths("query", &params.query, compiler);
        check_paths("body", &params.body, compiler);
        let configured_answer = match (compiler.mode, params.answer) {
            (Mode::Sync, None) => None,
            (Mode::Sync, Some(_)) => {
                let message = "only an asynchronous workflow answers here: use a Response node, or `mode: async`";
                compiler.problem("answer", codes::TRIGGER_WRONG_MODE, message);
                None
            }
            (Mode::Async, answer) => {
                let ConfiguredAnswer { status, headers, body } = answer.unwrap_or_default();
                Some(answer::compile(status, &headers, &body, "answer/", compiler))
            }
        };
        TriggerPlan { configured_answer, declared_headers }
    }
}

fn check_paths(field: &str, declared: &[DeclaredPath], compiler: &mut Compiler<'_>) {
    let mut seen = HashSet::new();
    for (index, DeclaredPath { path, .. }) in declared.iter().enumerate() {
        let at = format!("{field}/{index}/path");
        if let Err(why) = path::check(path) {
            compiler.problem(&at, codes::TRIGGER_PATH, format!("{} is not a path: {why}", quoted(path)));
        } else if !seen.insert(path) {
            compiler.problem(&at, codes::DUPLICATE, format!("the path {} is declared twice", quoted(path)));
        }
    }
}
