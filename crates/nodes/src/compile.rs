//! From a flow document to a plan: a walk over the tree in reading order.
//!
//! A step's number is its place in that order, so the numbers of what follows are known from the
//! sizes of subtrees before the steps themselves are there. With problems the numbers may be off:
//! there is no plan then.
//!
//! Not here: what a config means (each kind), its shape (`schema`), reading the document (`domain::flow`).

use std::collections::HashSet;

use domain::flow::codes;
use domain::flow::document::{Flow, Mode, Node, NodeKey};
use domain::flow::plan::{Plan, Step, StepIndex};
use domain::flow::suggest::{did_you_mean, quoted};
use domain::problem::{Problem, Problems, below};

use crate::contract::{Compiler, KnownNodes, TriggerPlan};
use crate::registered::KindInfo;
use crate::registry::Registry;

pub(crate) fn flow(registry: &Registry, flow: &Flow) -> Result<Plan, Vec<Problem>> {
    let mut all = HashSet::new();
    find_keys(&flow.nodes, &mut all);
    let mut walk =
        Walk { registry, mode: flow.mode, all, before: Vec::new(), steps: Vec::new(), problems: Problems::new() };
    let trigger = walk.trigger(flow);
    walk.list(&flow.nodes, None);
    let Some(TriggerPlan { configured_answer, declared_headers }) = trigger.filter(|_| walk.problems.is_empty()) else {
        return Err(walk.problems.into_vec());
    };
    Ok(Plan {
        mode: flow.mode,
        timeout_ms: flow.timeout_ms,
        answer_deadline_ms: flow.answer_deadline_ms,
        configured_answer,
        declared_headers,
        first: (!walk.steps.is_empty()).then_some(StepIndex(0)),
        steps: walk.steps,
    })
}

/// One node for itself, as it would stand in `flow`; it may read the result of any node of the flow.
pub(crate) fn node(registry: &Registry, flow: &Flow, node: &Node) -> Result<Step, Vec<Problem>> {
    let mut all = HashSet::new();
    find_keys(&flow.nodes, &mut all);
    let before = all.iter().copied().collect();
    let mut walk = Walk { registry, mode: flow.mode, all, before, steps: Vec::new(), problems: Problems::new() };
    walk.node(node, None);
    match walk.steps.into_iter().next() {
        Some(step) if walk.problems.is_empty() => Ok(step),
        _ => Err(walk.problems.into_vec()),
    }
}

fn find_keys<'f>(nodes: &'f [Node], keys: &mut HashSet<&'f NodeKey>) {
    for node in nodes {
        keys.insert(&node.key);
        node.branches.values().for_each(|branch| find_keys(branch, keys));
    }
}

/// Steps that a list of nodes becomes.
fn size(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + node.branches.values().map(|branch| size(branch)).sum::<usize>()).sum()
}

struct Walk<'r, 'f> {
    registry: &'r Registry,
    mode: Mode,
    all: HashSet<&'f NodeKey>,
    /// Nodes that can have run when the walk's place is reached.
    before: Vec<&'f NodeKey>,
    steps: Vec<Step>,
    problems: Problems,
}

impl<'f> Walk<'_, 'f> {
    /// `None` only if problems were added.
    fn trigger(&mut self, flow: &'f Flow) -> Option<TriggerPlan> {
        let trigger = &flow.trigger;
        let Some(kind) = self.registry.trigger(&trigger.kind) else {
            let known = self.registry.trigger_kinds().map(|info| info.kind);
            let message =
                format!("there is no trigger kind {}{}", quoted(&trigger.kind), did_you_mean(&trigger.kind, known));
            self.unknown(&trigger.kind, &trigger.pointer, codes::TRIGGER_UNKNOWN_KIND, message);
            return None;
        };
        kind.compile(&trigger.config, &mut self.compiler(trigger.pointer.clone(), Vec::new()))
    }

    fn compiler(&mut self, pointer: String, branches: Vec<String>) -> Compiler<'_> {
        Compiler {
            pointer,
            mode: self.mode,
            branches,
            nodes: KnownNodes { all: &self.all, before: &self.before },
            evaluator: self.registry.evaluator(),
            schema: None,
            problems: &mut self.problems,
        }
    }

    /// `after` follows the last node. Returns whether the flow can get past the list.
    fn list(&mut self, nodes: &'f [Node], after: Option<StepIndex>) -> bool {
        let mut goes_on = true;
        let mut ended_by: Option<&Node> = None;
        for (index, node) in nodes.iter().enumerate() {
            if let Some(end) = ended_by.take() {
                let what = if end.branches.is_empty() { "" } else { "every branch of " };
                let message = format!("the flow never gets here: {what}`{}` before it ends the execution", end.key);
                self.problems.add(node.pointer.clone(), codes::UNREACHABLE, message);
            }
            let is_last = index + 1 == nodes.len();
            let behind = StepIndex(self.steps.len() + size(std::slice::from_ref(node)));
            let next = if is_last { after } else { Some(behind) };
            if !self.node(node, next) {
                goes_on = false;
                ended_by = Some(node);
            }
        }
        goes_on
    }

    /// Returns whether the flow can get past the node.
    fn node(&mut self, node: &'f Node, next: Option<StepIndex>) -> bool {
        let Some(kind) = self.registry.node(&node.kind) else {
            let known = self.registry.kinds().map(|info| info.kind);
            let message = format!("there is no node kind {}{}", quoted(&node.kind), did_you_mean(&node.kind, known));
            self.unknown(&node.kind, &node.pointer, codes::NODE_UNKNOWN_KIND, message);
            // What it would have done is unknown; its branches can be checked all the same.
            self.before.push(&node.key);
            node.branches.values().for_each(|branch| _ = self.list(branch, next));
            return true;
        };
        self.check_mode(node, &kind.info);
        self.check_branches(node, &kind.info);
        let with_nodes = node.branches.iter().filter(|(_, branch)| !branch.is_empty());
        let with_nodes = with_nodes.map(|(name, _)| name.clone()).collect();
        let operation = kind.compile(&node.config, &mut self.compiler(below(&node.pointer, "config"), with_nodes));

        let branch_of = |name: &&'static str| (*name, node.branches.get(*name).map_or(&[][..], Vec::as_slice));
        let branches: Vec<_> = kind.info.branches.iter().map(branch_of).collect();
        let mut first = self.steps.len() + 1;
        let firsts = branches.iter().map(|(name, branch)| {
            let entry = (!branch.is_empty()).then_some(StepIndex(first));
            first += size(branch);
            ((*name).to_owned(), entry)
        });
        let firsts = firsts.collect();
        self.steps.extend(operation.map(|operation| Step {
            key: node.key.clone(),
            kind: node.kind.as_str().into(),
            disabled: node.disabled,
            operation,
            branches: firsts,
            next,
        }));
        self.before.push(&node.key);
        let branches_go_on = self.branches(&branches, next);
        node.disabled || (!kind.info.ends && branches_go_on)
    }

    /// Nodes in one branch can't read those in another; what follows can read those of every branch that leads there.
    fn branches(&mut self, branches: &[(&str, &'f [Node])], next: Option<StepIndex>) -> bool {
        let above = self.before.len();
        let mut joined = Vec::new();
        let mut goes_on = branches.is_empty();
        for (_, branch) in branches {
            let branch_goes_on = self.list(branch, next);
            let inside = self.before.split_off(above);
            if branch_goes_on {
                joined.extend(inside);
            }
            goes_on |= branch_goes_on;
        }
        self.before.extend(joined);
        goes_on
    }

    fn unknown(&mut self, kind: &str, pointer: &str, code: &str, message: String) {
        // A kind that could not be read has been told already.
        if !kind.is_empty() {
            self.problems.add(below(pointer, "kind"), code, message);
        }
    }

    fn check_mode(&mut self, node: &Node, info: &KindInfo) {
        if let Some(mode) = info.mode.filter(|mode| *mode != self.mode) {
            let mode = match mode {
                Mode::Sync => "synchronous workflows (`mode: sync`), where the caller waits",
                Mode::Async => "asynchronous workflows (`mode: async`)",
            };
            let message = format!("a {} node works only in {mode}", info.kind);
            self.problems.add(below(&node.pointer, "kind"), codes::NODE_WRONG_MODE, message);
        }
    }

    fn check_branches(&mut self, node: &'f Node, info: &KindInfo) {
        for (name, branch) in node.branches.iter().filter(|(name, _)| !info.branches.contains(&name.as_str())) {
            let message = match info.branches {
                [] => format!("a {} node has no branches", info.kind),
                known => format!(
                    "a {} node has no branch {}, only {}",
                    info.kind,
                    quoted(name),
                    known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(" and ")
                ),
            };
            self.problems.add(below(&below(&node.pointer, "branches"), name), codes::NODE_UNKNOWN_BRANCH, message);
            self.list(branch, None);
        }
    }
}
