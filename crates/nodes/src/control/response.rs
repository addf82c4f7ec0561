//! `response`: answer the caller and end the execution as succeeded.
//!
//! The answer leaves once the execution's record is durable. A template that fails is an error of the
//! execution, and the caller gets 500.

use domain::flow::document::Mode;
use domain::flow::plan::Operation;
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Header};
use crate::contract::{Compiler, Example, NodeKind};

#[derive(Debug)]
pub struct Response;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// HTTP status code.
    #[serde(default = "ok")]
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    /// Headers of the answer.
    #[serde(default)]
    #[schemars(length(max = 100))]
    headers: Vec<Header>,
    /// Body of the answer: text goes out as plain text, null as nothing, anything else as JSON, unless a
    /// `Content-Type` header says otherwise. Variables allowed.
    #[serde(default)]
    body: Value,
}

fn ok() -> u16 {
    200
}

impl NodeKind for Response {
    const KIND: &'static str = "response";
    const TITLE: &'static str = "Response";
    const SUMMARY: &'static str =
        "Answers the caller and ends the execution as succeeded, whatever the status code says.";
    const ENDS: bool = true;
    const MODE: Option<Mode> = Some(Mode::Sync);
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example { title: "An empty 200.", config: json!({}) },
            Example {
                title: "JSON with a value of the request, its type kept.",
                config: json!({"status": 200, "body": {"received": "{{ trigger.body.order.id }}"}}),
            },
            Example {
                title: "Ask the sender to come back in a minute.",
                config: json!({
                    "status": 503,
                    "headers": [{"name": "Retry-After", "value": "60"}],
                    "body": "order {{ trigger.body.order.id }} is not known yet",
                }),
            },
        ]
    }

    fn compile(params: Params, compiler: &mut Compiler<'_>) -> Operation {
        Operation::Answer(answer::compile(params.status, &params.headers, &params.body, "", compiler))
    }
}
