//! `delay`: go on later.
//!
//! A durable timer: the execution holds no memory and no worker while it waits, and a restart does not lose it.

use domain::flow::plan::Operation;
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::contract::{Compiler, Example, NodeKind};

#[derive(Debug)]
pub struct Delay;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// How many units to wait: a number, or a template that yields one.
    amount: Value,
    /// What `amount` counts.
    unit: Unit,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// 60 seconds.
    Minutes,
    /// 60 minutes.
    Hours,
    /// 24 hours, whatever the calendar says.
    Days,
    /// Seven days.
    Weeks,
}

impl Unit {
    const fn ms(self) -> u64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
            Self::Days => 86_400_000,
            Self::Weeks => 604_800_000,
        }
    }
}

impl NodeKind for Delay {
    const KIND: &'static str = "delay";
    const TITLE: &'static str = "Delay";
    const SUMMARY: &'static str = "Goes on after a while, from milliseconds to years, also over a restart.";
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example { title: "Half an hour.", config: json!({"amount": 30, "unit": "minutes"}) },
            Example {
                title: "As long as the request says.",
                config: json!({"amount": "{{ trigger.body.wait_s }}", "unit": "seconds"}),
            },
        ]
    }

    fn compile(params: Params, compiler: &mut Compiler<'_>) -> Operation {
        if let Some(amount) = params.amount.as_f64().filter(|amount| *amount < 0.0) {
            compiler.problem(
                "amount",
                domain::flow::codes::OUT_OF_RANGE,
                format!("this must be 0 or more, not {amount}"),
            );
        }
        if matches!(params.amount, Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) {
            let mut problems = domain::problem::Problems::new();
            domain::flow::mistakes::wrong_type(
                &mut problems,
                &format!("{}/amount", compiler.pointer),
                "a number",
                &params.amount,
            );
            compiler.problems.extend(problems.into_vec());
        }
        Operation::Wait { amount: compiler.templated("amount", &params.amount), unit_ms: params.unit.ms() }
    }
}
