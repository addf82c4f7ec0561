//! Random flows, and the randomness they are made of.

use std::sync::Arc;
use std::time::Duration;

use crate::condition::Rule;
use crate::execution::status::End;
use crate::flow::document::Mode;
use crate::flow::plan::{
    AnswerTemplate, Branch, Case, Goto, Interrupted, Operation, Outcome, Plan, Policy, Retry, Step, StepIndex,
};
use crate::problem::Problems;
use crate::template::{Evaluator, Expression, ExpressionError, Templated};
use crate::testing::evaluator::NoExpressions;
use crate::time::Timestamp;
use crate::value::Value;
use serde_json::json;

/// SplitMix64: enough for tests, the same on every machine.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A node of a random flow, before it is laid out as steps.
#[derive(Debug)]
struct Stop {
    key: String,
    operation: Operation,
    disabled: bool,
    branches: Vec<Vec<Stop>>,
}

#[derive(Debug)]
pub struct FlowMaker {
    random: Random,
    /// Of every node.
    kind: &'static str,
    /// Whether effects are tried again, ask, are ignored.
    policies: bool,
    stops: usize,
    /// Keys of effects so far, in reading order, which later rules read.
    effects: Vec<String>,
}

impl FlowMaker {
    /// One whose effects have one attempt, and run again when a crash cuts them off.
    pub fn plan(seed: u64) -> Plan {
        Self { random: Random(seed), kind: "simulated", policies: false, stops: 0, effects: Vec::new() }.make()
    }

    /// One whose effects have policies of all kinds. Every node is of this kind.
    pub fn plan_with_policies(seed: u64, kind: &'static str) -> Plan {
        Self { random: Random(seed), kind, policies: true, stops: 0, effects: Vec::new() }.make()
    }

    fn make(self) -> Plan {
        let mut maker = self;
        let mode = if maker.random.below(2) == 0 { Mode::Sync } else { Mode::Async };
        let timeout_ms = if maker.random.below(4) == 0 { 1 + maker.random.below(400) } else { 0 };
        let length = 1 + maker.random.below(7);
        let sequence = maker.sequence(length, 0);
        let mut steps = Vec::new();
        let first = lay(sequence, maker.kind, None, &mut steps);
        Plan {
            mode,
            timeout_ms,
            answer_deadline_ms: 30_000,
            configured_answer: None,
            declared_headers: Vec::new(),
            steps,
            first,
        }
    }

    fn sequence(&mut self, length: u64, depth: u32) -> Vec<Stop> {
        (0..length).map(|_| self.stop(depth)).collect()
    }

    fn stop(&mut self, depth: u32) -> Stop {
        let key = format!("n{}", self.stops);
        self.stops += 1;
        let mut branches = Vec::new();
        let operation = match self.random.below(13) {
            0..=3 => {
                self.effects.push(key.clone());
                Operation::Effect {
                    input: templated(&json!({ "of": key, "from": "{{ trigger.body.id }}" })),
                    policy: if self.policies { self.policy() } else { Policy::default() },
                }
            }
            4..=6 if depth < 3 => {
                let operation = self.branch();
                for _ in ["true", "false"] {
                    let length = self.random.below(3);
                    branches.push(self.sequence(length, depth + 1));
                }
                operation
            }
            7 => Operation::Wait { amount: templated(&json!(self.random.below(300))), unit_ms: 1 },
            8 if self.random.below(3) == 0 => Operation::Answer(AnswerTemplate {
                status: 201,
                headers: Vec::new(),
                body: templated(&json!({ "id": "{{ trigger.body.id }}" })),
            }),
            9 if self.random.below(3) == 0 => {
                Operation::End(if self.random.below(2) == 0 { End::Failed } else { End::Succeeded })
            }
            10 => Operation::Compute(templated(&json!("{{ system.now }}"))),
            11 => Operation::Compute(templated(&json!("{{ $slow() }}"))),
            _ => Operation::Compute(templated(&json!({ "n": self.random.below(100) }))),
        };
        let disabled = self.random.below(12) == 0;
        Stop { key, operation, disabled, branches }
    }

    fn policy(&mut self) -> Policy {
        let ms = |ms| Duration::from_millis(ms);
        let retry = Retry {
            attempts_max: 1 + self.random.below(4) as u32,
            pause: ms(1 + self.random.below(30)),
            pause_max: ms(20 + self.random.below(60)),
            total_max: ms(self.random.below(400)),
        };
        let interrupted = if self.random.below(3) == 0 { Interrupted::Ask } else { Interrupted::RunAgain };
        Policy { retry, interrupted, ignore_failure: self.random.below(3) == 0 }
    }

    fn branch(&mut self) -> Operation {
        let rule = match self.effects.last() {
            Some(effect) if self.random.below(2) == 0 => {
                json!({ "left": format!("{{{{ nodes.{effect}.luck }}}}"), "operator": "greater", "right": 4 })
            }
            _ => json!({ "left": "{{ trigger.body.id }}", "operator": "greater", "right": self.random.below(10) }),
        };
        let mut problems = Problems::new();
        let rule = Rule::parse(&rule, "", &NoExpressions, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let otherwise = match self.random.below(6) {
            0 => Goto::End(End::Failed),
            1 => Goto::Next,
            _ => Goto::Branch(1),
        };
        Operation::Branch(Branch {
            cases: vec![Case {
                rule,
                at: "/rule".to_owned(),
                outcome: Outcome { result: json!(true), goto: Goto::Branch(0) },
            }],
            otherwise: Outcome { result: json!(false), goto: otherwise },
        })
    }
}

/// Lays a sequence back to front, so that each step knows what follows it; returns its first step.
fn lay(sequence: Vec<Stop>, kind: &str, after: Option<StepIndex>, steps: &mut Vec<Step>) -> Option<StepIndex> {
    let mut next = after;
    for stop in sequence.into_iter().rev() {
        let branches = ["true", "false"]
            .into_iter()
            .zip(stop.branches)
            .map(|(name, branch)| {
                let first = if branch.is_empty() { None } else { lay(branch, kind, next, steps) };
                (name.to_owned(), first)
            })
            .collect();
        steps.push(Step {
            key: stop.key.parse().expect("written as it has to be"),
            kind: kind.into(),
            disabled: stop.disabled,
            operation: stop.operation,
            branches,
            next,
        });
        next = Some(StepIndex(steps.len() - 1));
    }
    next
}

/// An expression as the machine sees it: it may take long, so others get a turn before it.
#[derive(Debug)]
struct Slow;

impl Evaluator for Slow {
    fn compile(&self, _: &str, _: &[String]) -> Result<Arc<dyn Expression>, ExpressionError> {
        Ok(Arc::new(Self))
    }
}

impl Expression for Slow {
    fn evaluate(&self, _: &[Option<&Value>], now: Timestamp) -> Result<Option<Value>, ExpressionError> {
        Ok(Some(json!(now)))
    }
}

/// The template of `value`, whose expressions are all [`Slow`].
fn templated(value: &Value) -> Templated {
    let mut problems = Problems::new();
    let templated = Templated::parse(value, "", &Slow, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    templated
}
