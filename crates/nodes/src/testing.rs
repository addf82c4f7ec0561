//! Kinds that only tests use: an effect that leaves a trace in a file, one that ends the process, and a wait.

use std::io::Write;
use std::time::Duration;

use async_trait::async_trait;
use domain::execution::journal::{Failure, NodeError};
use domain::flow::plan::{Operation, Policy};
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::actions::policy::{WhenInterrupted, policy};
use crate::contract::{Compiler, Example, NodeKind, Perform, RunContext, Tools};

#[derive(Debug)]
pub struct Effect;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectParams {
    /// File that gets a line `<idempotency key> <attempt>`, on disk before anything else happens. Variables allowed.
    file: String,
    /// Milliseconds to sleep afterwards: a number, or a template that yields one.
    #[serde(default)]
    sleep_ms: Value,
    /// Fail with this text in the end. Variables allowed.
    fail: Option<String>,
    /// When a crash left the outcome unknown.
    #[serde(default)]
    when_interrupted: WhenInterrupted,
}

impl NodeKind for Effect {
    const KIND: &'static str = "test_effect";
    const TITLE: &'static str = "Test effect";
    const SUMMARY: &'static str = "Appends a line to a file, sleeps, and succeeds or fails.";
    type Params = EffectParams;

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Leave a trace and fail after a while.",
            config: json!({"file": "/tmp/trace", "sleep_ms": 10, "fail": "no {{ trigger.body.id }}"}),
        }]
    }

    fn compile(params: EffectParams, compiler: &mut Compiler<'_>) -> Operation {
        let input = json!({"file": params.file, "sleep_ms": params.sleep_ms, "fail": params.fail});
        Operation::Effect {
            input: compiler.templated("", &input),
            policy: policy(None, params.when_interrupted, false),
        }
    }

    fn performer() -> Option<Box<dyn Perform>> {
        Some(Box::new(Self))
    }
}

#[async_trait]
impl Perform for Effect {
    async fn perform(&self, run: &RunContext, _: &Tools, input: &Value) -> Result<Value, Failure> {
        let file = input["file"].as_str().unwrap_or_default().to_owned();
        let line = format!("{} {}\n", run.idempotency_key, run.attempt);
        let written = tokio::task::spawn_blocking(move || append(&file, &line)).await;
        written
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| Failure::lasting(NodeError::new("test_effect.file", error.to_string())))?;
        tokio::time::sleep(Duration::from_millis(input["sleep_ms"].as_u64().unwrap_or(0))).await;
        match input["fail"].as_str() {
            Some(message) => Err(Failure::lasting(NodeError::new("test_effect.failed", message))),
            None => Ok(json!({"ok": true, "attempt": run.attempt})),
        }
    }
}

fn append(file: &str, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

#[derive(Debug)]
pub struct Abort;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbortParams {
    /// File that gets a line as with `test_effect`. Variables allowed.
    file: String,
    /// Succeeds if there is such a file.
    unless: String,
}

impl NodeKind for Abort {
    const KIND: &'static str = "test_abort";
    const TITLE: &'static str = "Test abort";
    const SUMMARY: &'static str = "Appends a line to a file and aborts the process.";
    type Params = AbortParams;

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Bring the server down.",
            config: json!({"file": "/tmp/trace", "unless": "/tmp/mended"}),
        }]
    }

    fn compile(params: AbortParams, compiler: &mut Compiler<'_>) -> Operation {
        let input = json!({"file": params.file, "unless": params.unless});
        Operation::Effect { input: compiler.templated("", &input), policy: Policy::default() }
    }

    fn performer() -> Option<Box<dyn Perform>> {
        Some(Box::new(Self))
    }
}

#[async_trait]
impl Perform for Abort {
    async fn perform(&self, run: &RunContext, _: &Tools, input: &Value) -> Result<Value, Failure> {
        let text = |name: &str| input[name].as_str().unwrap_or_default();
        append(text("file"), &format!("{} {}\n", run.idempotency_key, run.attempt))
            .map_err(|error| Failure::lasting(NodeError::new("test_abort.file", error.to_string())))?;
        if std::fs::exists(text("unless")).unwrap_or(false) {
            return Ok(json!({"ok": true}));
        }
        std::process::abort()
    }
}

#[derive(Debug)]
pub struct Wait;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitParams {
    /// Milliseconds to wait, holding no worker. A number, or a template that yields one.
    ms: Value,
}

impl NodeKind for Wait {
    const KIND: &'static str = "test_wait";
    const TITLE: &'static str = "Test wait";
    const SUMMARY: &'static str = "Waits for some milliseconds.";
    type Params = WaitParams;

    fn examples() -> Vec<Example> {
        vec![Example { title: "Wait as long as the request says.", config: json!({"ms": "{{ trigger.body.ms }}"}) }]
    }

    fn compile(params: WaitParams, compiler: &mut Compiler<'_>) -> Operation {
        Operation::Wait { amount: compiler.templated("ms", &params.ms), unit_ms: 1 }
    }
}
