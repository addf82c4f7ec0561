//! What the trait promises about servers and executions, in memory and without a flush: the store of the
//! simulator, which needs a world it can step through.
//!
//! It stands in for no store in a test of anything else. `tests/model.rs` holds it against SQLite: the same
//! calls, the same answers. What SQLite cannot show is that several servers live at once, each until its
//! lease ends ([`Model::shared`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::execution::journal::NodeRun;
use domain::execution::status::{Reason, Status};
use domain::id::{ExecutionId, ServerId, WorkflowId};
use domain::time::Timestamp;

use crate::TAKEOVERS_MAX;
use crate::error::{Error, Result};
use crate::row::{Claim, Claimed, ExecutionHead, NewExecution, Progress, SentAnswer};

#[derive(Debug, Default)]
pub struct Model {
    /// Until when each server lives, by the store's own clock.
    servers: BTreeMap<ServerId, Timestamp>,
    executions: BTreeMap<ExecutionId, Row>,
    /// Several servers live at the same time.
    shared: bool,
    round: Option<WorkflowId>,
}

/// An execution as it is kept.
#[derive(Debug)]
pub struct Row {
    pub head: ExecutionHead,
    /// Each write that brought records, with its epoch.
    pub journal: Vec<(u32, Vec<NodeRun>)>,
    pub answer: Option<SentAnswer>,
    pub notes: Vec<String>,
    pub owner: Option<ServerId>,
    pub epoch: u32,
    /// Owners that died since it got on last.
    pub takeovers: u32,
    due_at: Timestamp,
    born: Arc<NewExecution>,
}

const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

impl Row {
    pub fn records(&self) -> impl Iterator<Item = &NodeRun> {
        self.journal.iter().flat_map(|(_, records)| records)
    }

    fn is_open(&self) -> bool {
        self.head.status.is_open()
    }

    fn write(&mut self, progress: Progress) {
        self.head = progress.applied_to(&self.head);
        if progress.owner.is_none() || progress.records.iter().any(NodeRun::gets_on) {
            self.takeovers = 0;
        }
        self.owner = progress.owner;
        self.due_at = progress.due_at;
        if progress.answer.is_some() {
            self.answer = progress.answer;
        }
        self.notes.extend(progress.notes);
        if !progress.records.is_empty() {
            self.journal.push((self.epoch, progress.records));
        }
    }

    /// Owners it has outlived without getting on.
    fn deaths(&self) -> u32 {
        self.takeovers + u32::from(self.owner.is_some())
    }

    fn take(&mut self, server: ServerId) -> Option<Claimed> {
        if self.owner.is_some() && self.deaths() >= TAKEOVERS_MAX {
            self.notes.push(format!(
                "quarantined: the server came down {} times while this was running, and none of its nodes got done; it \
                 may be the cause. Resolve it: run it again, skip the node it stands in, or let it fail.",
                self.deaths()
            ));
            self.owner = None;
            self.epoch += 1;
            self.due_at = NEVER;
            self.head.status = Status::Waiting;
            self.head.reason = Some(Reason::Quarantined);
            return None;
        }
        self.takeovers = self.deaths();
        self.owner = Some(server);
        self.due_at = self.due_at.min(self.head.accepted_at);
        self.epoch += 1;
        self.head.status = Status::Running;
        let waited_for = self.head.reason.take();
        Some(Claimed {
            waited_for,
            head: self.head.clone(),
            pinned: self.born.pinned.clone(),
            event: (*self.born.event).clone(),
            timeout_at: self.born.timeout_at,
            epoch: self.epoch,
            records: self.records().cloned().collect(),
        })
    }
}

impl Model {
    /// One process at a time, as on SQLite: whoever starts, the others are dead, and a lease lasts as long as its server.
    pub fn of_one_process() -> Self {
        Self::default()
    }

    /// Several servers, each until its lease ends.
    pub fn shared() -> Self {
        Self { shared: true, ..Self::default() }
    }

    pub fn server_start(&mut self, server: ServerId, lease: Duration, now: Timestamp) {
        if !self.shared {
            self.servers.clear();
        }
        self.servers.insert(server, self.until(lease, now));
    }

    pub fn server_beat(&mut self, server: ServerId, lease: Duration, now: Timestamp) -> Result<()> {
        if !self.lives(server, now) {
            return Err(Error::ServerLeaseLost);
        }
        self.servers.insert(server, self.until(lease, now));
        Ok(())
    }

    pub fn server_stop(&mut self, server: ServerId) {
        self.servers.remove(&server);
    }

    fn until(&self, lease: Duration, now: Timestamp) -> Timestamp {
        if self.shared { now.plus(lease) } else { NEVER }
    }

    pub fn lives(&self, server: ServerId, now: Timestamp) -> bool {
        self.servers.get(&server).is_some_and(|until| now < *until)
    }

    /// `false`: there is one of that id.
    pub fn execution_create(&mut self, new: NewExecution) -> bool {
        if self.executions.contains_key(&new.id) {
            return false;
        }
        let head = ExecutionHead {
            id: new.id,
            workflow: new.workflow,
            workflow_key: new.workflow_key.clone(),
            revision: new.pinned.revision(),
            replay_of: new.replay_of,
            status: Status::Queued,
            mode: new.mode,
            reason: None,
            answer_status: None,
            accepted_at: new.accepted_at,
            finished_at: None,
            method: new.event.method.clone(),
        };
        let progress = new.progress.clone();
        let mut row = Row {
            head,
            journal: Vec::new(),
            answer: None,
            notes: Vec::new(),
            owner: None,
            epoch: 1,
            takeovers: 0,
            due_at: new.accepted_at,
            born: Arc::new(new),
        };
        row.write(progress);
        self.executions.insert(row.head.id, row);
        true
    }

    pub fn execution_progress(&mut self, execution: ExecutionId, epoch: u32, progress: Progress) -> Result<()> {
        let row = self.executions.get_mut(&execution).filter(|row| row.is_open() && row.epoch == epoch);
        row.ok_or(Error::LeaseLost { execution })?.write(progress);
        Ok(())
    }

    pub fn execution_claim(&mut self, claim: &Claim, now: Timestamp) -> Vec<Claimed> {
        let workflows: BTreeSet<_> = self.gone(Some(claim.server), now).map(|row| row.head.workflow).collect();
        let behind = workflows.iter().filter(|workflow| self.round.is_none_or(|round| **workflow > round));
        let wrapped = workflows.iter().filter(|workflow| self.round.is_some_and(|round| **workflow <= round));
        let mut order = behind.copied().map(|workflow| (workflow, false)).collect::<Vec<_>>();
        order.extend(wrapped.copied().map(|workflow| (workflow, true)));
        let mut claimed = Vec::new();
        let mut stopped_at = None;
        for (workflow, wrapped) in order {
            let left = (claim.limit as usize).saturating_sub(claimed.len());
            if left == 0 {
                break;
            }
            stopped_at = Some((workflow, wrapped));
            if claim.skip.contains(&workflow) {
                continue;
            }
            for id in self.due(claim, workflow, left.min(claim.per_workflow as usize), now) {
                if self.is_held_back(id, claim.server) {
                    continue;
                }
                claimed.extend(self.executions.get_mut(&id).and_then(|row| row.take(claim.server)));
            }
        }
        let full = claimed.len() >= claim.limit as usize;
        if claim.limit > 0 {
            self.round = stopped_at.filter(|(_, wrapped)| full || *wrapped).map(|(workflow, _)| workflow);
        }
        claimed
    }

    pub fn execution_claim_one(&mut self, execution: ExecutionId, server: ServerId, now: Timestamp) -> Option<Claimed> {
        let owner = self.executions.get(&execution).filter(|row| row.is_open())?.owner;
        if owner.is_some_and(|owner| self.lives(owner, now)) {
            return None;
        }
        self.executions.get_mut(&execution)?.take(server)
    }

    pub fn execution_next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.gone(None, now).map(|row| row.due_at).min()
    }

    pub fn execution_fail_quarantined(
        &mut self,
        execution: ExecutionId,
        answer: Option<SentAnswer>,
        at: Timestamp,
    ) -> bool {
        let quarantined = |row: &&mut Row| row.is_open() && row.head.reason == Some(Reason::Quarantined);
        let Some(row) = self.executions.get_mut(&execution).filter(quarantined) else { return false };
        row.head.status = Status::Error;
        row.head.reason = None;
        row.head.finished_at = Some(at);
        if row.answer.is_none() {
            row.head.answer_status = answer.as_ref().map(|sent| sent.answer.status);
            row.answer = answer;
        }
        true
    }

    pub fn row(&self, execution: ExecutionId) -> Option<&Row> {
        self.executions.get(&execution)
    }

    /// Open ones that no living server has; who asks does live, and has its own.
    fn gone(&self, asks: Option<ServerId>, now: Timestamp) -> impl Iterator<Item = &Row> {
        self.executions.values().filter(move |row| {
            row.is_open() && row.owner.is_none_or(|owner| Some(owner) != asks && !self.lives(owner, now))
        })
    }

    fn due(&self, claim: &Claim, workflow: WorkflowId, limit: usize, now: Timestamp) -> Vec<ExecutionId> {
        let gone = self.gone(Some(claim.server), now);
        let mut due: Vec<_> = gone
            .filter(|row| row.head.workflow == workflow && row.due_at <= claim.now)
            .map(|row| (row.due_at, row.head.id))
            .collect();
        due.sort_unstable();
        due.into_iter().take(limit).map(|(_, id)| id).collect()
    }

    fn is_held_back(&self, execution: ExecutionId, server: ServerId) -> bool {
        let suspect = |row: &Row| row.is_open() && row.owner == Some(server) && row.takeovers + 1 >= TAKEOVERS_MAX;
        self.executions.get(&execution).is_some_and(|row| row.deaths() + 1 == TAKEOVERS_MAX)
            && self.executions.values().any(suspect)
    }
}
