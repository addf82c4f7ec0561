//! `http_request`: call another system.
//!
//! Only public addresses are called, unless the server's settings allow others. A 2xx answer is success, any other
//! a failure with the answer in its result. Every attempt carries the same `Idempotency-Key`, so a far side that
//! honours it acts once, whatever crashes in between.

use std::time::Duration;

use async_trait::async_trait;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::event::body;
use domain::execution::journal::{Failure, NodeError};
use domain::flow::plan::Operation;
use domain::value::Value;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::body::BodyType;
use super::outgoing;
use super::policy::{self, Retry, WhenInterrupted};
use crate::contract::{Compiler, Example, NodeKind, Perform, RunContext, Tools};
use crate::outbound::{CallError, Got};

/// A JSON value takes many times its bytes in memory, so bytes alone bound nothing.
const ANSWER_VALUES_MAX: usize = 250_000;

#[derive(Debug)]
pub struct HttpRequest;

/// A name and a value.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// The name.
    name: String,
    /// The value. Variables allowed.
    #[schemars(extend("x-secrets" = true))]
    value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The request's method.
    #[serde(default)]
    method: Method,
    /// The address, with `http://` or `https://`. Variables allowed. Only public addresses are called, unless the
    /// server's setting `outbound_allow` allows others.
    #[schemars(extend("x-secrets" = true))]
    url: String,
    /// Added to the query of `url`, encoded as needed.
    #[serde(default)]
    #[schemars(length(max = 100))]
    query: Vec<Pair>,
    /// Sent with the request. `Idempotency-Key`, the same on every attempt, the body's `Content-Type` and `Hookflow-Hops`
    /// are added: by that last one a workflow that calls itself is known.
    #[serde(default)]
    #[schemars(length(max = 100))]
    headers: Vec<Pair>,
    /// How `body` is written.
    #[serde(default)]
    body_type: BodyType,
    /// What is sent; null sends nothing. Variables allowed.
    #[serde(default)]
    #[schemars(extend("x-secrets" = true))]
    body: Value,
    /// How many milliseconds an attempt may take, redirects and the whole answer included.
    #[serde(default = "timeout_ms")]
    #[schemars(range(min = 1, max = 600_000))]
    timeout_ms: u64,
    /// How many redirects are followed. 0: an answer that redirects counts as any other that is not 2xx. Credentials
    /// and headers of your own do not go along to another origin, and a body with secrets in it is not sent there.
    #[serde(default)]
    #[schemars(range(min = 0, max = 5))]
    redirects_max: usize,
    /// The most bytes an answer's body may have; a larger one is a failure.
    #[serde(default = "answer_bytes_max")]
    #[schemars(range(min = 0, max = 16_777_216))]
    answer_bytes_max: usize,
    /// Tries again if there was no connection or no whole answer in time, or if the answer was 408, 425, 429 or 5xx,
    /// but for 508. Without it there is one attempt.
    #[serde(default)]
    retry: Option<Retry>,
    /// What happens when a crash left it unknown whether the request was made.
    #[serde(default)]
    when_interrupted: WhenInterrupted,
    /// Goes on when the last attempt failed. The result then holds `error`, with `code` and `message`, beside what there
    /// was of an answer.
    #[serde(default)]
    ignore_failure: bool,
}

fn timeout_ms() -> u64 {
    30_000
}

fn answer_bytes_max() -> usize {
    1 << 20
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    /// Reads something.
    #[default]
    Get,
    /// Creates something, or asks for work.
    Post,
    /// Replaces something.
    Put,
    /// Changes a part of something.
    Patch,
    /// Removes something.
    Delete,
    /// Reads status and headers only.
    Head,
    /// Asks which methods there are.
    Options,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

impl NodeKind for HttpRequest {
    const KIND: &'static str = "http_request";
    const TITLE: &'static str = "HTTP request";
    const SUMMARY: &'static str = "Calls another system. The result is its answer, if that is 2xx: `status`, `headers` and `body`, with \
                                   `body_base64` in place of a `body` that is neither JSON nor text.";
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Look something up.",
                config: json!({"url": "https://crm.example/customers/{{ trigger.body.customer }}"}),
            },
            Example {
                title: "Hand an order on, patiently.",
                config: json!({
                    "method": "POST",
                    "url": "https://shop.example/orders",
                    "headers": [{"name": "Authorization", "value": "Bearer {{ secrets.shop_token }}"}],
                    "body": {"id": "{{ trigger.body.order.id }}"},
                    "retry": {"attempts": 5, "pause_ms": 2_000},
                }),
            },
            Example {
                title: "A payment that must never be made twice: after a crash a person decides.",
                config: json!({
                    "method": "POST",
                    "url": "https://bank.example/transfers",
                    "body_type": "form",
                    "body": {"amount": "{{ trigger.body.amount }}", "currency": "EUR"},
                    "when_interrupted": "ask",
                }),
            },
        ]
    }

    fn compile(params: Params, compiler: &mut Compiler<'_>) -> Operation {
        outgoing::check(&params.url, params.headers.iter().map(|pair| pair.name.as_str()), compiler);
        params.body_type.check(&params.body, compiler);
        let pairs = |pairs: &[Pair]| -> Vec<_> {
            pairs.iter().map(|Pair { name, value }| json!({"name": name, "value": value})).collect()
        };
        let input = json!({
            "method": params.method.as_str(),
            "url": params.url,
            "query": pairs(&params.query),
            "headers": pairs(&params.headers),
            "body_type": params.body_type.as_str(),
            "body": params.body,
            "timeout_ms": params.timeout_ms,
            "redirects_max": params.redirects_max,
            "answer_bytes_max": params.answer_bytes_max,
        });
        Operation::Effect {
            input: compiler.templated("", &input),
            policy: policy::policy(params.retry.as_ref(), params.when_interrupted, params.ignore_failure),
        }
    }

    fn performer() -> Option<Box<dyn Perform>> {
        Some(Box::new(Self))
    }
}

#[async_trait]
impl Perform for HttpRequest {
    async fn perform(&self, run: &RunContext, tools: &Tools, input: &Value) -> Result<Value, Failure> {
        let call = outgoing::call(input, run).map_err(Failure::lasting)?;
        match tools.outbound.call(call).await {
            Ok(got) if got.status.is_success() => result(&got).map(Value::Object).map_err(Failure::lasting),
            Ok(got) => Err(refused(&got)),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Errors: `http.too_large`.
fn result(got: &Got) -> Result<Map<String, Value>, NodeError> {
    let (body, base64) = readable(&got.headers, &got.body)?;
    let mut result = seen(json!(got.status.as_u16()), headers(&got.headers), body);
    if let Some(base64) = base64 {
        result.insert("body_base64".to_owned(), json!(base64));
    }
    Ok(result)
}

fn seen(status: Value, headers: Value, body: Value) -> Map<String, Value> {
    let members = [("status", status), ("headers", headers), ("body", body)];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Names in lower case, repeated headers joined with `, `.
fn headers(headers: &HeaderMap) -> Value {
    let joined = headers.keys().map(|name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (name.as_str().to_owned(), Value::from(values.join(", ")))
    });
    Value::Object(joined.collect())
}

/// JSON as its value, text in UTF-8 as text, anything else as base 64 beside a null.
fn readable(headers: &HeaderMap, bytes: &[u8]) -> Result<(Value, Option<String>), NodeError> {
    if bytes.is_empty() {
        return Ok((Value::Null, None));
    }
    if outgoing::is_json(headers)
        && let Ok(checked) = body::check(bytes, body::DEPTH_MAX)
    {
        if checked.nodes > ANSWER_VALUES_MAX {
            let why = format!("the answer has more than {ANSWER_VALUES_MAX} JSON values");
            return Err(NodeError::new("http.too_large", why));
        }
        if let Ok(value) = body::parse(bytes) {
            return Ok((value, None));
        }
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => (Value::from(text), None),
        Err(_) => (Value::Null, Some(BASE64_STANDARD.encode(bytes))),
    })
}

fn refused(got: &Got) -> Failure {
    let status = got.status;
    let phrase = status.canonical_reason().unwrap_or_default();
    let message = format!("the answer was {} {phrase}", status.as_u16());
    Failure {
        error: NodeError::new("http.status", message.trim_end()),
        may_pass: matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
            // A loop stays one.
            || (status.is_server_error() && status != StatusCode::LOOP_DETECTED),
        retry_after: retry_after(&got.headers),
        // The status counts, however large the rest of it is.
        result: result(got).unwrap_or_else(|_| seen(json!(status.as_u16()), headers(&got.headers), Value::Null)),
    }
}

fn failed(error: &CallError) -> Failure {
    Failure {
        error: NodeError::new(error.code(), error.to_string()),
        may_pass: error.may_pass(),
        retry_after: None,
        result: seen(Value::Null, json!({}), Value::Null),
    }
}

/// Seconds only: a date says nothing without trusting the other side's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
