//! `end`: end the execution here, from any depth.

use domain::execution::status;
use domain::flow::plan::Operation;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::contract::{Compiler, Example, NodeKind};

#[derive(Debug)]
pub struct End;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// How the execution ends.
    status: EndStatus,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EndStatus {
    /// All went well.
    Succeeded,
    /// An ordinary negative end, such as a request that is not wanted.
    Failed,
}

impl NodeKind for End {
    const KIND: &'static str = "end";
    const TITLE: &'static str = "End";
    const SUMMARY: &'static str = "Ends the execution as succeeded or failed, from any depth.";
    const ENDS: bool = true;
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example { title: "Stop here, nothing went wrong.", config: json!({"status": "succeeded"}) },
            Example { title: "Turn the request down.", config: json!({"status": "failed"}) },
        ]
    }

    fn compile(params: Params, _compiler: &mut Compiler<'_>) -> Operation {
        Operation::End(match params.status {
            EndStatus::Succeeded => status::End::Succeeded,
            EndStatus::Failed => status::End::Failed,
        })
    }
}
