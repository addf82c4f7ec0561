//! The shape of plans: which step follows which.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::collections::HashMap;

use domain::flow::document::{Mode, Node};
use domain::flow::plan::{Goto, Operation, Plan, StepIndex};
use domain::testing::flows;
use domain::value::Value;
use nodes::Registry;
use proptest::prelude::*;
use serde_json::json;

fn compile(nodes: Value) -> Plan {
    Registry::standard().compile(&flows::flow(Mode::Sync, nodes)).unwrap()
}

fn pass(key: &str) -> Value {
    flows::node(key, "condition", json!({"mode": "continue", "rule": {"all": []}}))
}

fn fork(key: &str, yes: Value, no: Value) -> Value {
    flows::condition(key, json!({"all": []}), yes, no)
}

/// `key → next [branch → first, …]` of every step.
fn picture(plan: &Plan) -> Vec<String> {
    let name = |index: &Option<StepIndex>| index.map_or("end".to_owned(), |index| plan.steps[index.0].key.to_string());
    let line = |step: &domain::flow::plan::Step| {
        let branches: Vec<_> =
            step.branches.iter().map(|(branch, first)| format!("{branch} → {}", name(first))).collect();
        format!("{} → {} [{}]", step.key, name(&step.next), branches.join(", "))
    };
    plan.steps.iter().map(line).collect()
}

#[test]
fn the_last_node_of_a_branch_leads_to_what_follows_the_branching_node() {
    let inner = fork("c", json!([]), json!([pass("d"), pass("e")]));
    // The branches stand in another order than the kind's.
    let mut outer = fork("a", json!([pass("b"), inner]), json!([pass("f")]));
    outer["branches"].as_object_mut().unwrap().sort_keys();
    let plan = compile(json!([outer, pass("g")]));
    assert_eq!(plan.first, Some(StepIndex(0)));
    assert_eq!(
        picture(&plan),
        [
            "a → g [true → b, false → f]",
            "b → c [true → end, false → end]",
            "c → g [true → end, false → d]",
            "d → e [true → end, false → end]",
            "e → g [true → end, false → end]",
            "f → g [true → end, false → end]",
            "g → end [true → end, false → end]",
        ]
    );
}

#[test]
fn an_empty_flow_has_no_first_step() {
    let plan = compile(json!([]));
    assert_eq!((plan.first, plan.steps.len()), (None, 0));
}

#[test]
fn a_condition_compiles_into_a_decision_of_its_mode() {
    let plan = compile(json!([pass("a"), fork("b", json!([]), json!([]))]));
    let gotos: Vec<_> = plan
        .steps
        .iter()
        .map(|step| match &step.operation {
            Operation::Branch(branch) => (&branch.cases[0].outcome, &branch.otherwise),
            other => panic!("{other:?}"),
        })
        .map(|(yes, no)| (yes.result.clone(), yes.goto, no.result.clone(), no.goto))
        .collect();
    let end = Goto::End(domain::execution::status::End::Failed);
    assert_eq!(
        gotos,
        [(json!(true), Goto::Next, json!(false), end), (json!(true), Goto::Branch(0), json!(false), Goto::Branch(1)),]
    );
}

#[test]
fn an_async_flow_answers_ok_unless_the_trigger_says_otherwise() {
    let plan = Registry::standard().compile(&flows::flow(Mode::Async, json!([]))).unwrap();
    let answer = plan.configured_answer.unwrap();
    assert_eq!(
        (answer.status, answer.headers.len(), format!("{:?}", answer.body)),
        (200, 0, r#"Constant(String("ok"))"#.to_owned())
    );
    assert!(compile(json!([])).configured_answer.is_none());
}

#[test]
fn declared_headers_are_in_lower_case() {
    let mut flow = flows::flow(Mode::Sync, json!([]));
    flow.trigger.config = json!({"headers": [{"name": "X-Request-Id", "alias": "Request"}, {"name": "Authorization"}]});
    assert_eq!(Registry::standard().compile(&flow).unwrap().declared_headers, ["x-request-id", "authorization"]);
}

fn trees() -> impl Strategy<Value = Vec<Value>> {
    let leaf = Just(pass("x"));
    let node = leaf.prop_recursive(4, 24, 3, |inner| {
        let branch = prop::collection::vec(inner, 0..3);
        (branch.clone(), branch).prop_map(|(yes, no)| fork("x", json!(yes), json!(no)))
    });
    prop::collection::vec(node, 0..4).prop_map(|mut nodes| {
        nodes.iter_mut().for_each(forget_keys);
        nodes
    })
}

/// Keys are generated then, and so unique.
fn forget_keys(node: &mut Value) {
    node.as_object_mut().unwrap().remove("key");
    for branch in node.get_mut("branches").and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut()) {
        branch.as_array_mut().unwrap().iter_mut().for_each(forget_keys);
    }
}

/// What follows each node, found the slow way: along the tree.
fn followers(nodes: &[Node], after: Option<&str>, found: &mut HashMap<String, (Option<String>, Vec<Option<String>>)>) {
    for (index, node) in nodes.iter().enumerate() {
        let next = nodes.get(index + 1).map(|node| node.key.as_str()).or(after);
        let firsts = ["true", "false"].map(|name| {
            let branch = node.branches.get(name).map_or(&[][..], Vec::as_slice);
            followers(branch, next, found);
            branch.first().map(|node| node.key.to_string())
        });
        found.insert(node.key.to_string(), (next.map(str::to_owned), firsts.to_vec()));
    }
}

proptest! {
    #[test]
    fn links_follow_the_tree(nodes in trees()) {
        let flow = flows::flow(Mode::Sync, json!(nodes));
        let plan = Registry::standard().compile(&flow).unwrap();
        let mut expected = HashMap::new();
        followers(&flow.nodes, None, &mut expected);
        prop_assert_eq!(plan.steps.len(), expected.len());
        let key = |index: &Option<StepIndex>| index.map(|index| plan.steps[index.0].key.to_string());
        for (at, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.next.is_none_or(|next| next.0 > at), "a flow only goes forward");
            let links = (key(&step.next), step.branches.iter().map(|(_, first)| key(first)).collect());
            prop_assert_eq!(&links, &expected[step.key.as_str()]);
        }
    }
}
