//! What a server has in memory, and what its worker does next: `engine::worker`, a step at a time.

use std::sync::Arc;

use domain::execution::journal::NodeRun;
use domain::execution::machine::{Action, Input, Machine, Resolution, Run, Turn};
use domain::execution::status::{Reason, Status};
use domain::flow::plan::Plan;
use domain::id::{ExecutionId, ServerId};
use domain::time::Timestamp;
use store::{NewExecution, Progress, SentAnswer};

pub(crate) const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);
/// A longer pause is spent outside memory.
const PAUSE_IN_MEMORY_MAX_MS: u128 = 30;

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) workers: Vec<Worker>,
    /// It does nothing until then, and does not know.
    pub(crate) stalled_until_ms: u64,
    pub(crate) next_beat_ms: u64,
    pub(crate) draining: bool,
}

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) execution: ExecutionId,
    /// What its first save creates.
    pub(crate) new: Option<NewExecution>,
    pub(crate) epoch: u32,
    pub(crate) machine: Machine,
    pub(crate) plan: Arc<Plan>,
    pub(crate) accepted_at: Timestamp,
    pub(crate) phase: Phase,
    /// Somebody wants it to end.
    pub(crate) cancelled: bool,
    /// The machine knows.
    pub(crate) cancel_fed: bool,
    /// Taken up as one of many, and not by a person's wish.
    pub(crate) by_claim: bool,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Turn(Input),
    Save(Progress, Then),
    Perform(Run),
    /// The world has been touched; the outcome comes then.
    Performing(Run, u64),
    Pausing(Timestamp),
}

/// What follows a save.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    Perform(Run),
    Turn,
    Pause(Timestamp),
    Leave,
}

impl Worker {
    /// One turn of the machine, and what has to be on disk before its action.
    pub(crate) fn turn(&mut self, server: ServerId, input: Input, now: Timestamp) {
        self.cancel_fed |= matches!(input, Input::Cancelled);
        let duplicate = if let Input::EffectDone(outcome) = &input { Some(outcome.clone()) } else { None };
        let Some(Turn { records, action }) = self.machine.feed(input, now) else {
            panic!("{}: the machine stands still", self.execution);
        };
        assert!(
            !(self.cancel_fed && matches!(action, Action::Run(_))),
            "{}: an effect begins after the cancel",
            self.execution
        );
        let in_flight = matches!(action, Action::Run(_));
        self.phase = self.perform(server, action, records, now);
        // Where no effect is under way, an outcome that comes once more finds nobody.
        if let Some(outcome) = duplicate
            && !in_flight
        {
            assert_eq!(self.machine.feed(Input::EffectDone(outcome), now), None, "{}: counted twice", self.execution);
        }
    }

    fn perform(&self, server: ServerId, action: Action, records: Vec<NodeRun>, now: Timestamp) -> Phase {
        if matches!(action, Action::Yield) && records.is_empty() {
            return Phase::Turn(Input::Advance);
        }
        let open = |status, owner, due_at, reason| Progress {
            status,
            reason,
            owner,
            due_at,
            records,
            answer: None,
            notes: Vec::new(),
            finished_at: None,
        };
        let accepted = self.accepted_at;
        match action {
            Action::Run(run) => Phase::Save(open(Status::Running, Some(server), accepted, None), Then::Perform(run)),
            Action::Yield => Phase::Save(open(Status::Running, Some(server), accepted, None), Then::Turn),
            Action::Sleep { until } => {
                Phase::Save(open(Status::Waiting, None, until, Some(Reason::Timer)), Then::Leave)
            }
            Action::Pause { until } if until.since(now).as_millis() > PAUSE_IN_MEMORY_MAX_MS => {
                Phase::Save(open(Status::Waiting, None, until, Some(Reason::Timer)), Then::Leave)
            }
            Action::Pause { until } => {
                let paused = open(Status::Waiting, Some(server), until, Some(Reason::Timer));
                Phase::Save(paused, Then::Pause(until))
            }
            Action::Ask { until } => {
                let asks = open(Status::Waiting, None, until.unwrap_or(NEVER), Some(Reason::NeedsAttention));
                Phase::Save(asks, Then::Leave)
            }
            Action::Parked => Phase::Save(open(Status::Queued, None, accepted, None), Then::Leave),
            Action::Finish(finish) => {
                let ended = Progress {
                    answer: finish.answer.map(|answer| SentAnswer { answer, sent_at: now }),
                    finished_at: Some(now),
                    ..open(finish.end.into(), None, accepted, None)
                };
                Phase::Save(ended, Then::Leave)
            }
        }
    }

    /// Asleep on disk, nothing new: how a pause in memory ends when the server drains.
    pub(crate) fn sleep_on_disk(&mut self, until: Timestamp) {
        let progress = Progress {
            status: Status::Waiting,
            reason: Some(Reason::Timer),
            owner: None,
            due_at: until,
            records: Vec::new(),
            answer: None,
            notes: Vec::new(),
            finished_at: None,
        };
        self.phase = Phase::Save(progress, Then::Leave);
    }

    /// The next input, where nothing else interrupts.
    pub(crate) fn next_input(&self, draining: bool, planned: Input) -> Input {
        match planned {
            Input::Advance if self.cancelled => Input::Cancelled,
            Input::Advance if draining => Input::Park,
            planned => planned,
        }
    }
}

/// How an execution that waits for a person goes back to waiting.
pub(crate) fn waits_on(reason: Reason) -> Progress {
    Progress {
        status: Status::Waiting,
        reason: Some(reason),
        owner: None,
        due_at: NEVER,
        records: Vec::new(),
        answer: None,
        notes: Vec::new(),
        finished_at: None,
    }
}

/// A person's word, drawn.
pub(crate) fn resolution(drawn: u64) -> Resolution {
    match drawn % 4 {
        0 | 1 => Resolution::RunAgain,
        2 => Resolution::Skip((drawn % 8 < 4).then(|| serde_json::json!({ "luck": 3 }))),
        _ => Resolution::Fail,
    }
}
