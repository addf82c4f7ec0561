//! What holds after every step, told from the outside: by who was handed what, what touched the world, and
//! what stands in the store. Nothing here asks the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::answer::Answer;
use domain::execution::journal::{Failure, INTERRUPTED, NodeError, NodeRun};
use domain::execution::status::{NodeStatus, Status};
use domain::flow::document::Mode;
use domain::flow::plan::{Interrupted, Operation, Plan};
use domain::id::{ExecutionId, ServerId};
use domain::testing::random::Random;
use domain::value::Value;
use serde_json::json;
use store::TAKEOVERS_MAX;
use store::conformance::model::Row;

/// What the world knows of an execution beside what is stored.
#[derive(Debug)]
pub(crate) struct Known {
    /// The one it was accepted for, whatever was published since.
    pub(crate) plan: Arc<Plan>,
    pub(crate) revision: u32,
    /// Its caller was told.
    pub(crate) acknowledged: bool,
    /// It kills every server that performs an effect of it.
    pub(crate) poison: bool,
    /// Servers it killed since it got on, or since it was set aside.
    pub(crate) kills: u32,
    /// Who was handed it, by epoch; nobody, where it was set aside.
    pub(crate) holders: BTreeMap<u32, Option<ServerId>>,
    pub(crate) owner: Option<ServerId>,
    /// Each node and attempt that touched the world.
    pub(crate) performed: BTreeSet<(String, u32)>,
    /// The epochs at which a person said to run a node again.
    pub(crate) run_again_at: BTreeSet<u32>,
    pub(crate) ended: Option<(Status, Option<Answer>)>,
}

/// The outcome of an effect depends on its key and its attempt alone.
#[allow(clippy::result_large_err, reason = "it is what the machine is fed")]
pub(crate) fn outcome(seed: u64, key: &str, attempt: u32) -> Result<Value, Failure> {
    let hash = key.bytes().fold(seed ^ u64::from(attempt), |hash, byte| Random(hash ^ u64::from(byte)).next());
    let error = NodeError::new("effect.refused", "no");
    match hash % 20 {
        0..=10 => Ok(json!({ "luck": hash % 10 })),
        11..=14 => Err(Failure::passing(error)),
        15..=17 => Err(Failure { retry_after: Some(Duration::from_millis(hash % 97)), ..Failure::passing(error) }),
        _ => Err(Failure::lasting(error)),
    }
}

/// How far one node has come, read from the journal front to back.
struct Node<'r> {
    last: &'r NodeRun,
    /// When the tries began that count, and how many of them failed: a crash is no failure, and a person's word
    /// to run it again gives it all its tries.
    since: domain::time::Timestamp,
    failed: u32,
    finished: bool,
}

impl Known {
    pub(crate) fn check(&mut self, id: ExecutionId, row: &Row, seed: u64) {
        self.row_stands(id, row);
        self.journal_is_one_life(id, row, seed);
    }

    fn row_stands(&mut self, id: ExecutionId, row: &Row) {
        let answer = row.answer.as_ref().map(|sent| sent.answer.clone());
        if let Some(ended) = &self.ended {
            assert_eq!(*ended, (row.head.status, answer), "{id}: a final status was left");
            return;
        }
        assert!(self.kills <= TAKEOVERS_MAX, "R11, {id}: it killed {} servers", self.kills);
        assert_eq!(row.head.revision, Some(self.revision), "R21, {id}");
        if !row.head.status.is_open() {
            assert!(row.head.mode == Mode::Async || answer.is_some(), "{id}: it ended without an answer");
            self.ended = Some((row.head.status, answer));
        }
    }

    fn journal_is_one_life(&self, id: ExecutionId, row: &Row, seed: u64) {
        let mut nodes: BTreeMap<&str, Node<'_>> = BTreeMap::new();
        let mut before: Option<&(u32, Vec<NodeRun>)> = None;
        for part in &row.journal {
            assert!(before.is_none_or(|before| before.0 <= part.0), "R7, {id}: a row of an older epoch");
            // The same write twice: its first answer was lost.
            if before == Some(part) {
                continue;
            }
            before = Some(part);
            for run in &part.1 {
                self.follows(id, nodes.get(run.node.as_str()), run, part.0);
                self.is_of_its_plan(id, run);
                let node = self.with(nodes.get(run.node.as_str()), run);
                self.keeps_its_policy(id, &node, seed);
                nodes.insert(run.node.as_str(), node);
            }
        }
        for (node, attempt) in &self.performed {
            let begun = row
                .records()
                .any(|run| run.node.as_str() == node && run.attempt == *attempt && run.status == NodeStatus::Running);
            assert!(begun, "{id}: {node} touched the world, and nothing says that it began");
        }
    }

    /// A node as it is with this record.
    fn with<'r>(&self, before: Option<&Node<'_>>, run: &'r NodeRun) -> Node<'r> {
        let asks = self.policy_of(run).is_some_and(|policy| policy.interrupted == Interrupted::Ask);
        let (mut since, mut failed) = before.map_or((run.started_at, 0), |node| (node.since, node.failed));
        if before.is_some_and(|node| asks && node.last.attempt < run.attempt && is_cut_off(node.last)) {
            (since, failed) = (run.started_at, 0);
        }
        failed += u32::from(run.status == NodeStatus::Error && !is_cut_off(run));
        let finished = run.gets_on() && (run.wake_at.is_none() || run.status != NodeStatus::Error);
        Node { last: run, since, failed, finished }
    }

    /// A record and what stood there of its node before.
    fn follows(&self, id: ExecutionId, before: Option<&Node<'_>>, run: &NodeRun, epoch: u32) {
        let Some(Node { last, finished, .. }) = before else {
            return assert_eq!(run.attempt, 1, "{id}: {} begins with another attempt", run.node);
        };
        assert!(!finished, "R5, {id}: {} had finished, and goes on: {run:?}", run.node);
        if run.attempt == last.attempt {
            return;
        }
        assert_eq!(run.attempt, last.attempt + 1, "{id}: {} leaps over an attempt", run.node);
        match last.wake_at {
            Some(at) => assert!(run.started_at >= at, "R22, {id}: {} tries again too soon", run.node),
            None => {
                assert!(
                    is_cut_off(last) && last.status == NodeStatus::Error,
                    "{id}: {} tries again for no reason",
                    run.node
                );
                assert!(
                    self.policy_of(run).is_none_or(|policy| policy.interrupted == Interrupted::RunAgain)
                        || self.run_again_at.contains(&epoch),
                    "R6, {id}: {} runs again and nobody said so",
                    run.node
                );
            }
        }
    }

    fn is_of_its_plan(&self, id: ExecutionId, run: &NodeRun) {
        let step = self.plan.find(&run.node).map(|index| self.plan.step(index));
        assert!(step.is_some_and(|step| step.kind == run.kind), "R21, {id}: {} is of another revision", run.node);
    }

    fn keeps_its_policy(&self, id: ExecutionId, node: &Node<'_>, seed: u64) {
        let Node { last: run, since, failed, .. } = *node;
        let Some(policy) = self.policy_of(run) else { return };
        let key = format!("{id}.{}.", run.node);
        let came = outcome(seed, &key, run.attempt);
        if run.status == NodeStatus::Succeeded {
            assert!(self.performed.contains(&(run.node.to_string(), run.attempt)), "{id}: {} never ran", run.node);
            assert_eq!(Ok(run.result.clone().unwrap_or_default()), came, "{id}: {} has another's result", run.node);
        }
        let (Some(at), NodeStatus::Error) = (run.wake_at, run.status) else { return };
        let failure = came.expect_err("it failed");
        assert!(failure.may_pass && failed < policy.retry.attempts_max, "R22, {id}: {} is tried too often", run.node);
        assert!(at <= since.plus(policy.retry.total_max), "R22, {id}: {} is tried too late", run.node);
        let asked = failure.retry_after.unwrap_or_default().min(policy.retry.pause_max);
        let pause = at.since(run.finished_at.expect("it failed"));
        assert!(pause >= asked, "R22, {id}: {} does not leave the far side alone", run.node);
    }

    fn policy_of(&self, run: &NodeRun) -> Option<domain::flow::plan::Policy> {
        match &self.plan.step(self.plan.find(&run.node)?).operation {
            Operation::Effect { policy, .. } => Some(*policy),
            _ => None,
        }
    }
}

fn is_cut_off(run: &NodeRun) -> bool {
    run.error.as_ref().is_some_and(|error| error.code == INTERRUPTED)
}
