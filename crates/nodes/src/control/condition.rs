//! `condition`: go on only if a rule holds, or take one of two branches.

use domain::execution::status::End;
use domain::flow::codes;
use domain::flow::plan::{Branch, Case, Goto, Operation, Outcome};
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::contract::{Compiler, Example, NodeKind};

#[derive(Debug)]
pub struct Condition;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What the rule decides.
    mode: Decides,
    /// A tree of `{all: […]}` and `{any: […]}` over `{left, operator, right}`, both sides values or templates; or
    /// `{expression: "…"}` with a JSONata expression.
    rule: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Decides {
    /// The flow goes on if the rule holds, else the execution ends as failed.
    Continue,
    /// The rule chooses between the branches `true` and `false`; afterwards the flow goes on below.
    Branch,
}

/// Indexes into [`NodeKind::BRANCHES`].
const TRUE: usize = 0;
const FALSE: usize = 1;

impl NodeKind for Condition {
    const KIND: &'static str = "condition";
    const TITLE: &'static str = "Condition";
    const SUMMARY: &'static str = "Goes on only if a rule holds, or takes one of two branches.";
    const BRANCHES: &'static [&'static str] = &["true", "false"];
    type Params = Params;

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Go on only for paid orders.",
                config: json!({
                    "mode": "continue",
                    "rule": {"left": "{{ trigger.body.order.status }}", "operator": "equal", "right": "paid"},
                }),
            },
            Example {
                title: "Two branches: a large order from a known country, or anything else.",
                config: json!({"mode": "branch", "rule": {"all": [
                    {"left": "{{ trigger.body.total }}", "operator": "greater_or_equal", "right": 1000},
                    {"any": [
                        {"left": "{{ trigger.body.country }}", "operator": "equal", "right": "DE"},
                        {"left": "{{ trigger.body.country }}", "operator": "equal", "right": "FR"},
                    ]},
                ]}}),
            },
        ]
    }

    fn compile(params: Params, compiler: &mut Compiler<'_>) -> Operation {
        let rule = compiler.rule("rule", &params.rule);
        let (yes, no) = match params.mode {
            Decides::Continue => (Goto::Next, Goto::End(End::Failed)),
            Decides::Branch => (Goto::Branch(TRUE), Goto::Branch(FALSE)),
        };
        if params.mode == Decides::Continue && !compiler.branches.is_empty() {
            let message =
                "with `mode: continue` nothing in a branch ever runs: move it below the node, or say `mode: branch`";
            compiler.problem("mode", codes::NODE_UNKNOWN_BRANCH, message);
        }
        Operation::Branch(Branch {
            cases: vec![Case { rule, at: "/rule".to_owned(), outcome: Outcome { result: json!(true), goto: yes } }],
            otherwise: Outcome { result: json!(false), goto: no },
        })
    }
}
