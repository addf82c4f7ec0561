//! One execution, from its first turn to its end: performs what the machine asks for.
//! ```text
//! turn ─▶ feed ─▶ Run ──▶ save, perform ─┐
//!          ▲  ├─▶ Yield ─────────────────┤
//!          └──┴──────────────────────────┘
//!             ├─▶ Sleep ──▶ save without owner, leave memory; claimed again when due
//!             └─▶ Finish ─▶ save with the answer, then the caller gets it
//! ```
//! Invariants
//! - What a caller is told is on disk before it is told.
//! - An effect begins after its `running` record is on disk, and its outcome is written before the next one begins.
//! - A save that finds the lease lost ends the task without a word: another server goes on.
//!
//! Not here: what comes next (`domain::execution::machine`), whose turn it is (`turns`).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::{NodeError, NodeRun};
use domain::execution::machine::{Action, Finish, Input, Machine, Run, Turn as Step};
use domain::execution::status::{Reason, Status};
use domain::flow::document::Mode;
use domain::id::{EndpointKey, ExecutionId, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use nodes::contract::RunContext;
use store::{NewExecution, Progress, SentAnswer};
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tokio::time::Instant;

use crate::budget::Share;
use crate::clock;
use crate::handle::{Accepted, Inner, NotDurable, Reply};
use crate::turns::{Place, Turn};

/// First pause before a save that found no room is tried again; doubled up to [`SAVE_PAUSE_MAX`].
const SAVE_PAUSE: Duration = Duration::from_millis(50);
const SAVE_PAUSE_MAX: Duration = Duration::from_secs(2);

/// An execution in memory.
pub(crate) struct Worker {
    pub(crate) id: ExecutionId,
    pub(crate) workflow: WorkflowId,
    pub(crate) workflow_key: EndpointKey,
    pub(crate) revision: u32,
    pub(crate) mode: Mode,
    pub(crate) event: Arc<Event>,
    pub(crate) accepted_at: Timestamp,
    pub(crate) timeout_at: Option<Timestamp>,
    pub(crate) machine: Machine,
    /// The store's epoch once it is durable.
    pub(crate) epoch: Option<u32>,
    pub(crate) caller: Option<Caller>,
    pub(crate) cancel: Arc<Cancel>,
    pub(crate) _place: Place,
    pub(crate) _share: Share,
}

/// Someone who waits for the answer.
pub(crate) struct Caller {
    pub(crate) reply: oneshot::Sender<Result<Accepted, NotDurable>>,
    pub(crate) deadline: Instant,
}

/// A person's wish to end an execution.
#[derive(Debug, Default)]
pub(crate) struct Cancel {
    wish: tokio::sync::Notify,
}

impl Cancel {
    pub(crate) fn wish(&self) {
        self.wish.notify_one();
    }

    async fn wished(&self) {
        self.wish.notified().await;
    }
}

/// Why a task ends without having ended its execution.
enum Stopped {
    /// Another server owns it, it is parked, or nothing was kept and the caller knows.
    Gone,
}

/// What interrupts waiting.
enum Woken<T> {
    Done(T),
    CallerDeadline,
    Draining,
    Cancelled,
    Timeout,
}

impl Worker {
    pub(crate) async fn run(mut self, engine: Arc<Inner>) {
        engine.track(self.id, &self.cancel);
        let outcome = self.drive(&engine).await;
        engine.untrack(self.id);
        if let (Err(Stopped::Gone), Some(caller)) = (outcome, self.caller.take()) {
            let _ = caller.reply.send(Err(NotDurable::new("the server is stopping")));
        }
    }

    async fn drive(&mut self, engine: &Arc<Inner>) -> Result<(), Stopped> {
        let (mut turn, mut input) = self.next_turn(engine, Status::Queued).await?;
        loop {
            let Some(Step { records, action }) = self.feed(input) else {
                tracing::error!(execution = %self.id, "the machine stands still");
                return Err(Stopped::Gone);
            };
            match action {
                Action::Run(run) => {
                    self.save(engine, self.open(engine, Status::Running, records)).await?;
                    input = self.perform(engine, run).await?;
                }
                Action::Yield => {
                    if !records.is_empty() {
                        self.save(engine, self.open(engine, Status::Running, records)).await?;
                    }
                    drop(turn.take());
                    (turn, input) = self.next_turn(engine, Status::Running).await?;
                }
                // What follows needs no worker, only a flush.
                Action::Sleep { until } => {
                    drop(turn.take());
                    return self.fall_asleep(engine, until, records).await;
                }
                Action::Parked => {
                    drop(turn.take());
                    return self.park(engine, records).await;
                }
                Action::Finish(finish) => {
                    drop(turn.take());
                    return self.finish(engine, finish, records).await;
                }
            }
        }
    }

    /// JSONata may take its time: it must not hold up the thread that others' requests run on.
    fn feed(&mut self, input: Input) -> Option<Step> {
        let now = clock::now();
        if self.machine.is_heavy() {
            tokio::task::block_in_place(|| self.machine.feed(input, now))
        } else {
            self.machine.feed(input, now)
        }
    }

    /// Waits for a turn, and for what cannot wait for one. `status` is what the execution is meanwhile.
    async fn next_turn(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(Option<Turn>, Input), Stopped> {
        let mut turn = Box::pin(engine.turns.turn(self.workflow));
        loop {
            match self.wait(engine, &mut turn).await {
                Woken::Done(turn) => return Ok((Some(turn), Input::Advance)),
                Woken::CallerDeadline => self.let_caller_go(engine, status).await?,
                Woken::Draining => return Ok((None, Input::Park)),
                Woken::Cancelled => return Ok((None, Input::Cancelled)),
                Woken::Timeout => return Ok((None, Input::Advance)),
            }
        }
    }

    async fn perform(&mut self, engine: &Arc<Inner>, run: Run) -> Result<Input, Stopped> {
        let context = RunContext { idempotency_key: run.idempotency_key, attempt: run.attempt };
        let registry = Arc::clone(&engine.registry);
        // A task of its own, so that a panicking node ends as an error and not with this task.
        let mut effect = tokio::spawn(async move { registry.perform(&run.kind, &context, run.input).await });
        loop {
            match self.wait(engine, &mut effect).await {
                Woken::Done(outcome) => return Ok(self.effect_done(outcome)),
                Woken::CallerDeadline => self.let_caller_go(engine, Status::Running).await?,
                // The machine remembers both wishes; they take hold behind the outcome.
                Woken::Cancelled => drop(self.machine.feed(Input::Cancelled, clock::now())),
                Woken::Draining => {
                    drop(self.machine.feed(Input::Park, clock::now()));
                    self.let_caller_go(engine, Status::Running).await?;
                    return match tokio::time::timeout_at(engine.drain_ends(), &mut effect).await {
                        Ok(outcome) => Ok(self.effect_done(outcome)),
                        // Its outcome will never be known; the next server runs it again with the same key.
                        Err(_) => {
                            effect.abort();
                            Err(Stopped::Gone)
                        }
                    };
                }
                Woken::Timeout => {
                    effect.abort();
                    return Ok(Input::Advance);
                }
            }
        }
    }

    fn effect_done(&self, outcome: Result<Result<Value, NodeError>, JoinError>) -> Input {
        Input::EffectDone(outcome.unwrap_or_else(|panicked| {
            tracing::error!(execution = %self.id, error = %panicked, "a node panicked");
            Err(NodeError::new("node.panicked", "the node panicked"))
        }))
    }

    /// Waits for `what`, and for whatever may interrupt it.
    async fn wait<F: Future + Unpin>(&self, engine: &Inner, what: F) -> Woken<F::Output> {
        let caller_deadline = async {
            match &self.caller {
                Some(caller) => tokio::time::sleep_until(caller.deadline).await,
                None => std::future::pending().await,
            }
        };
        let timeout = async {
            match self.timeout_at {
                Some(at) => tokio::time::sleep(at.since(clock::now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = engine.draining.cancelled() => Woken::Draining,
            () = self.cancel.wished() => Woken::Cancelled,
            done = what => Woken::Done(done),
            () = caller_deadline => Woken::CallerDeadline,
            () = timeout => Woken::Timeout,
        }
    }

    /// Makes the execution durable as far as it has come, and gives the caller a ticket to the answer.
    async fn let_caller_go(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(), Stopped> {
        if self.epoch.is_none() {
            let records = self.machine.take_unsaved();
            self.save(engine, self.open(engine, status, records)).await?;
        }
        if let Some(caller) = self.caller.take() {
            let reply = Reply::Later { ticket: engine.ticket(self.id) };
            let _ = caller.reply.send(Ok(Accepted { execution: self.id, reply }));
        }
        Ok(())
    }

    async fn fall_asleep(
        &mut self,
        engine: &Arc<Inner>,
        until: Timestamp,
        records: Vec<NodeRun>,
    ) -> Result<(), Stopped> {
        let progress = Progress {
            reason: Some(Reason::Timer),
            owner: None,
            due_at: until,
            ..self.open(engine, Status::Waiting, records)
        };
        self.save(engine, progress).await?;
        self.let_caller_go(engine, Status::Waiting).await?;
        engine.due.at(until);
        Ok(())
    }

    async fn park(&mut self, engine: &Arc<Inner>, records: Vec<NodeRun>) -> Result<(), Stopped> {
        let progress = Progress { owner: None, ..self.open(engine, Status::Queued, records) };
        self.save(engine, progress).await?;
        self.let_caller_go(engine, Status::Queued).await
    }

    async fn finish(&mut self, engine: &Arc<Inner>, finish: Finish, records: Vec<NodeRun>) -> Result<(), Stopped> {
        let now = clock::now();
        let answer = finish.answer;
        let progress = Progress {
            status: finish.end.into(),
            owner: None,
            answer: answer.clone().map(|answer| SentAnswer { answer, sent_at: now }),
            finished_at: Some(now),
            ..self.open(engine, Status::Running, records)
        };
        self.save(engine, progress).await?;
        engine.count.finished.fetch_add(1, Ordering::Relaxed);
        if let (Some(caller), Some(answer)) = (self.caller.take(), answer) {
            let _ = caller.reply.send(Ok(Accepted { execution: self.id, reply: Reply::Answer(answer) }));
        }
        Ok(())
    }

    /// The progress of an execution that stays with this server.
    fn open(&self, engine: &Inner, status: Status, records: Vec<NodeRun>) -> Progress {
        Progress {
            status,
            reason: None,
            owner: Some(engine.server),
            due_at: self.accepted_at,
            records,
            answer: None,
            notes: Vec::new(),
            finished_at: None,
        }
    }

    /// The first save creates the execution with its event. A caller that still waits learns at once
    /// when nothing can be kept; what is durable already is tried again until there is room.
    async fn save(&mut self, engine: &Arc<Inner>, progress: Progress) -> Result<(), Stopped> {
        let Some(epoch) = self.epoch else {
            return self.create(engine, progress).await;
        };
        let mut pause = SAVE_PAUSE;
        loop {
            match engine.store.execution_progress(self.id, epoch, progress.clone()).await {
                Ok(()) => {
                    engine.has_room();
                    return Ok(());
                }
                Err(error @ (store::Error::Overloaded | store::Error::Full)) => {
                    engine.store_failed(&error);
                    if engine.drain_is_over() {
                        return Err(Stopped::Gone);
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(SAVE_PAUSE_MAX);
                }
                Err(error) => {
                    engine.store_failed(&error);
                    return Err(Stopped::Gone);
                }
            }
        }
    }

    async fn create(&mut self, engine: &Arc<Inner>, progress: Progress) -> Result<(), Stopped> {
        let new = NewExecution {
            id: self.id,
            workflow: self.workflow,
            workflow_key: self.workflow_key.clone(),
            revision: self.revision,
            mode: self.mode,
            event: Arc::clone(&self.event),
            accepted_at: self.accepted_at,
            timeout_at: self.timeout_at,
            progress,
        };
        match engine.store.execution_create(new).await {
            Ok(()) => {
                self.epoch = Some(1);
                engine.has_room();
                engine.count.accepted.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                engine.store_failed(&error);
                if let Some(caller) = self.caller.take() {
                    let _ = caller.reply.send(Err(NotDurable::because(&error)));
                }
                Err(Stopped::Gone)
            }
        }
    }

    /// For an execution that cannot go on at all: its revision is gone or does not fit its journal.
    pub(crate) async fn give_up(engine: &Arc<Inner>, claimed: &store::Claimed, note: String) {
        tracing::error!(execution = %claimed.id, note, "an execution cannot go on");
        let now = clock::now();
        let answer = matches!(claimed.mode, Mode::Sync).then(|| SentAnswer {
            answer: Answer::for_end(domain::execution::status::End::Error, claimed.id),
            sent_at: now,
        });
        let progress = Progress {
            status: Status::Error,
            reason: None,
            owner: None,
            due_at: now,
            records: Vec::new(),
            answer,
            notes: vec![note],
            finished_at: Some(now),
        };
        if let Err(error) = engine.store.execution_progress(claimed.id, claimed.epoch, progress).await {
            engine.store_failed(&error);
        }
    }
}
