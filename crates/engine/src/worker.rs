//! One execution, from its first turn to its end: performs what the machine asks for.
//! ```text
//! turn ─▶ feed ─▶ Run ──▶ save, perform ─┐
//!          ▲  ├─▶ Yield ─────────────────┤
//!          └──┴──────────────────────────┘
//!             ├─▶ Sleep ──▶ save without owner, leave memory; claimed again when due
//!             ├─▶ Pause ──▶ as Sleep, but a short one in memory, and so one that a caller waits through
//!             ├─▶ Ask ────▶ save without owner, leave memory; a person's word leads on (`resolve`)
//!             └─▶ Finish ─▶ save with the answer, then the caller gets it
//! ```
//! Invariants
//! - What a caller is told is on disk before it is told.
//! - An effect begins after its `running` record is on disk, and its outcome is written before the next one begins.
//! - A save that finds the lease lost ends the task without a word: another server goes on.
//!
//! Not here: what comes next (`domain::execution::machine`), whose turn it is (`turns`), how it becomes
//! durable and when a caller is let go (`saving`).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::event::{Event, headers};
use domain::execution::journal::{Failure, NodeError, NodeRun};
use domain::execution::machine::{Action, Finish, Input, Machine, Resolution, Run, Turn as Step};
use domain::execution::status::{Reason, Status};
use domain::time::Timestamp;
use domain::value::{self, Value};
use nodes::contract::RunContext;
use store::points::{self, MadeToFail};
use store::{Change, ExecutionHead, Pinned, Progress, SentAnswer};
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tokio::time::{Instant, sleep_until};

use crate::budget::Share;
use crate::cancel::Listener;
use crate::caught::caught;
use crate::clock;
use crate::handle::{Accepted, Inner, NotDurable};
use crate::heavy::LARGE_BODY_BYTES;
use crate::parsed::{Room, SMALL_TREE_BYTES};
use crate::saving::{caller_deadline, given_back, waiting_for_a_person};
use crate::secrets::redacted;
use crate::turns::{Place, Turn};

/// A longer pause before the next attempt of an effect is spent outside memory.
const PAUSE_IN_MEMORY_MAX: Duration = Duration::from_secs(5);

/// An execution in memory. Handed on in a box: it is large, and what awaits its run would hold it twice.
///
/// What most executions never do (a turn to wait for, an effect, a pause) is awaited in boxes, so that this and
/// [`drive`](Worker::drive) stay among what the allocator hands out at once.
pub(crate) struct Worker {
    /// As last saved.
    pub(crate) head: ExecutionHead,
    pub(crate) pinned: Pinned,
    pub(crate) event: Arc<Event>,
    pub(crate) timeout_at: Option<Timestamp>,
    pub(crate) machine: Box<Machine>,
    /// The store's epoch once it is durable.
    pub(crate) epoch: Option<u32>,
    /// Its first turn, once it has had one.
    pub(crate) began_at: Option<Timestamp>,
    pub(crate) caller: Option<Caller>,
    /// Until it is durable, of one that is answered then.
    pub(crate) sender: Option<Box<Sender>>,
    pub(crate) cancel: Listener,
    pub(crate) word: Option<Word>,
    /// What its body takes when it is parsed.
    pub(crate) tree_bytes: usize,
    /// For what it holds of that, and of what came of it.
    pub(crate) room: Option<Room>,
    pub(crate) _place: Place,
    pub(crate) _share: Share,
}

/// A person's word on how to go on, and how that person hears of it.
pub(crate) enum Word {
    /// Not taken in yet. With it, what the execution waits for.
    Given(Resolution, Reason, oneshot::Sender<()>),
    /// Told once what came of it is on disk.
    TakenIn(oneshot::Sender<()>),
}

/// Someone who waits for the answer.
pub(crate) struct Caller {
    pub(crate) reply: oneshot::Sender<Result<Accepted, NotDurable>>,
    pub(crate) deadline: Instant,
}

/// Someone who hears the answer that is configured, as soon as the event is on disk.
pub(crate) struct Sender {
    pub(crate) reply: oneshot::Sender<Result<Accepted, NotDurable>>,
    pub(crate) answer: SentAnswer,
    pub(crate) notes: Vec<String>,
}

/// Why a task ends without having ended its execution.
pub(crate) enum Stopped {
    /// Another server owns it, the server is going away, or nothing was kept and the caller knows.
    Gone,
    /// It cannot go on; the note says why.
    Broke(String),
}

impl Stopped {
    /// Its task still has to say so: nobody else knows that the execution goes on no more.
    fn panicked() -> Self {
        Self::Broke("the server panicked over it".to_owned())
    }
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
    pub(crate) async fn run(mut self: Box<Self>, engine: Arc<Inner>) {
        let driven = caught(self.drive(&engine)).await;
        if let Err(Stopped::Broke(note)) = driven.unwrap_or_else(|_| Err(Stopped::panicked())) {
            Box::pin(self.break_off(&engine, note)).await;
        }
        self.leave_caller(&engine);
        let (id, wished) = (self.head.id, self.cancel.close());
        drop(self);
        // The wish may have come too late for this task and be still unfulfilled.
        if wished && let Err(error) = Box::pin(engine.cancel(id)).await {
            engine.store_failed(&error);
        }
    }

    async fn drive(&mut self, engine: &Arc<Inner>) -> Result<(), Stopped> {
        // Who takes one up from the store takes it up late.
        let ready_at = if self.epoch.is_some_and(|epoch| epoch > 1) { self.head.accepted_at } else { clock::now() };
        let (mut turn, mut input) = self.next_turn(engine, Status::Queued).await?;
        if self.began_at.is_none() && !matches!(input, Input::Park) {
            let now = clock::now();
            self.began_at = Some(now);
            engine.count.has_begun(ready_at, now);
        }
        if let Some(Word::Given(resolution, reason, tell)) = self.word.take() {
            match input {
                Input::Advance => {
                    input = Input::Resolve(resolution);
                    self.word = Some(Word::TakenIn(tell));
                }
                // It waits on; `tell` is dropped, and so the person hears that nothing came of it.
                Input::Park => return Box::pin(self.wait_on(engine, reason)).await,
                _ => {}
            }
        }
        loop {
            let Step { records, action } = self.feed(engine, input).await?;
            match action {
                Action::Run(run) => {
                    self.save(engine, self.open(engine, Status::Running, records)).await?;
                    input = Box::pin(self.perform(engine, run)).await?;
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
                    return Box::pin(self.fall_asleep(engine, until, records)).await;
                }
                Action::Pause { until } => {
                    drop(turn.take());
                    match Box::pin(self.pause(engine, until, records)).await? {
                        Some(Input::Advance) => (turn, input) = self.next_turn(engine, Status::Waiting).await?,
                        Some(other) => input = other,
                        None => return Ok(()),
                    }
                }
                Action::Ask { until } => {
                    drop(turn.take());
                    return Box::pin(self.ask(engine, until, records)).await;
                }
                Action::Parked => {
                    drop(turn.take());
                    return Box::pin(self.park(engine, records)).await;
                }
                Action::Finish(finish) => {
                    drop(turn.take());
                    return self.finish(engine, finish, records).await;
                }
            }
        }
    }

    /// What may take long is fed where it holds up nobody else, and what may take much memory when there is some.
    async fn feed(&mut self, engine: &Arc<Inner>, input: Input) -> Result<Step, Stopped> {
        let takes_memory = self.tree_bytes > SMALL_TREE_BYTES;
        let takes_long = self.machine.is_heavy() || self.event.body.len() > LARGE_BODY_BYTES;
        let fed = if takes_memory || takes_long {
            Box::pin(self.feed_beside(engine, input, takes_memory, takes_long)).await?
        } else {
            self.machine.feed(input, clock::now())
        };
        fed.ok_or_else(|| Stopped::Broke("nothing follows, and it has not ended".to_owned()))
    }

    async fn feed_beside(
        &mut self,
        engine: &Arc<Inner>,
        input: Input,
        takes_memory: bool,
        takes_long: bool,
    ) -> Result<Option<Step>, Stopped> {
        self.keep_first(engine, Status::Running).await?;
        let (workflow, bytes, holds_some) = (self.head.workflow, self.tree_bytes, self.room.is_some());
        let mut turns = Box::pin(async move {
            // In this order: threads are few, and nobody waits for memory on one.
            let room = if takes_memory { Some(engine.parsed.turn(workflow, bytes, holds_some).await) } else { None };
            let turn = if takes_long { Some(engine.heavy.turn(workflow).await) } else { None };
            (room, turn)
        });
        let (room, turn) = loop {
            // A person's word must not be lost to a wish that comes meanwhile.
            if matches!(input, Input::Resolve(_)) {
                break turns.await;
            }
            let wish = match self.wait(engine, &mut turns).await {
                Woken::Done(turns) => break turns,
                Woken::CallerDeadline => {
                    self.let_caller_go(engine, Status::Running).await?;
                    continue;
                }
                Woken::Timeout => None,
                Woken::Cancelled => Some(Input::Cancelled),
                Woken::Draining => Some(Input::Park),
            };
            // A wish takes hold at once or behind the input; then, and after the timeout, nothing is evaluated any more.
            let ended = wish.and_then(|wish| self.machine.feed(wish, clock::now()));
            return Ok(ended.or_else(|| self.machine.feed(input, clock::now())));
        };
        let unbegun = Box::new(self.machine.unbegun());
        let mut machine = std::mem::replace(&mut self.machine, unbegun);
        let work = move || {
            let fed = machine.feed(input, clock::now());
            let held = if takes_memory { machine.rest() + fed.as_ref().map_or(0, recorded) } else { 0 };
            (fed, held, machine)
        };
        let done = match turn {
            Some(turn) => engine.heavy.work(turn, work).await.map_err(|_| Stopped::panicked())?,
            None => work(),
        };
        let (fed, held) = (done.0, done.1);
        self.machine = done.2;
        if let Some(mut room) = room {
            room.keep(held);
            self.room = (held > SMALL_TREE_BYTES).then_some(room);
        }
        Ok(fed)
    }

    /// Waits for a turn, and for what cannot wait for one. `status` is what the execution is meanwhile.
    async fn next_turn(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(Option<Turn>, Input), Stopped> {
        // Nearly always there is one at once, and nothing that has to be looked at before.
        if !self.cancel.is_wished()
            && !engine.draining.is_cancelled()
            && let Some(turn) = engine.turns.at_once(self.head.workflow)
        {
            return Ok((Some(turn), Input::Advance));
        }
        Box::pin(self.wait_for_turn(engine, status)).await
    }

    async fn wait_for_turn(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(Option<Turn>, Input), Stopped> {
        self.keep_first(engine, status).await?;
        let mut turn = Box::pin(engine.turns.turn(self.head.workflow));
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

    async fn perform(&mut self, engine: &Arc<Inner>, mut run: Run) -> Result<Input, Stopped> {
        // What is recorded has marks where secrets go; from here on the input is in nobody's sight.
        let redaction = match engine.put_secrets_in(&mut run, self.machine.plan()).await {
            Ok(redaction) => redaction,
            Err(failure) => return Ok(Input::EffectDone(Err(failure))),
        };
        let came = headers::hops(self.event.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let (idempotency_key, hops) = (run.idempotency_key, came.saturating_add(1));
        let context = RunContext { idempotency_key, attempt: run.attempt, hops, slots: run.slots };
        let registry = Arc::clone(&engine.registry);
        // A task of its own, so that a panicking node ends as an error and not with this task.
        let mut effect = tokio::spawn(async move {
            points::reach(points::EFFECT_BEFORE).map_err(made_to_fail)?;
            let outcome = redacted(redaction, registry.perform(&run.kind, &context, &run.input).await).await;
            points::reach(points::EFFECT_AFTER).map_err(made_to_fail)?;
            outcome
        });
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
                        // Its outcome will never be known. Given back on purpose: it brought nothing down.
                        Err(_) => {
                            effect.abort();
                            self.park(engine, Vec::new()).await?;
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

    fn effect_done(&self, outcome: Result<Result<Value, Failure>, JoinError>) -> Input {
        Input::EffectDone(match outcome {
            Ok(outcome) => outcome,
            Err(panicked) => {
                tracing::error!(execution = %self.head.id, error = %panicked, "a node panicked");
                Err(Failure::lasting(NodeError::new("node.panicked", "the node panicked")))
            }
        })
    }

    /// Waits for `what`, and for whatever may interrupt it.
    async fn wait<F: Future + Unpin>(&self, engine: &Inner, what: F) -> Woken<F::Output> {
        tokio::select! {
            biased;
            // Before the drain, so that a wish is fulfilled rather than parked.
            () = self.cancel.wished() => Woken::Cancelled,
            () = engine.draining.cancelled() => Woken::Draining,
            done = what => Woken::Done(done),
            () = caller_deadline(self.caller.as_ref()) => Woken::CallerDeadline,
            () = reached(self.timeout_at) => Woken::Timeout,
        }
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
        engine.sleeps_until(until);
        Ok(())
    }

    /// Until the next attempt of an effect: a short while, or one that a caller waits through, in memory.
    /// `None`: it has left memory.
    async fn pause(
        &mut self,
        engine: &Arc<Inner>,
        until: Timestamp,
        records: Vec<NodeRun>,
    ) -> Result<Option<Input>, Stopped> {
        let pause = until.since(clock::now());
        if self.caller.is_none() && pause > PAUSE_IN_MEMORY_MAX {
            self.fall_asleep(engine, until, records).await?;
            return Ok(None);
        }
        // Should the clock be set meanwhile, the machine asks for another pause, or for none.
        let over = Instant::now() + pause;
        let progress =
            Progress { reason: Some(Reason::Timer), due_at: until, ..self.open(engine, Status::Waiting, records) };
        self.save(engine, progress).await?;
        loop {
            match self.wait(engine, Box::pin(sleep_until(over))).await {
                Woken::Done(()) | Woken::Timeout => return Ok(Some(Input::Advance)),
                Woken::Cancelled => return Ok(Some(Input::Cancelled)),
                Woken::CallerDeadline => {
                    self.let_caller_go(engine, Status::Waiting).await?;
                    if over.saturating_duration_since(Instant::now()) <= PAUSE_IN_MEMORY_MAX {
                        continue;
                    }
                }
                Woken::Draining => {}
            }
            self.fall_asleep(engine, until, Vec::new()).await?;
            return Ok(None);
        }
    }

    /// A person has to say how to go on.
    async fn ask(
        &mut self,
        engine: &Arc<Inner>,
        until: Option<Timestamp>,
        records: Vec<NodeRun>,
    ) -> Result<(), Stopped> {
        let progress = Progress { records, ..waiting_for_a_person(Reason::NeedsAttention, until) };
        self.save(engine, progress).await?;
        self.let_caller_go(engine, Status::Waiting).await?;
        if let Some(until) = until {
            engine.sleeps_until(until);
        }
        Ok(())
    }

    /// As before it was taken up: no word came through.
    pub(crate) async fn wait_on(&mut self, engine: &Arc<Inner>, reason: Reason) -> Result<(), Stopped> {
        self.save(engine, waiting_for_a_person(reason, self.timeout_at)).await
    }

    async fn park(&mut self, engine: &Arc<Inner>, records: Vec<NodeRun>) -> Result<(), Stopped> {
        let progress = Progress { owner: None, ..self.open(engine, Status::Queued, records) };
        self.save(engine, progress).await?;
        engine.store.tell(Change::Work);
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
        self.answer(answer);
        Ok(())
    }

    /// The progress of an execution that stays with this server.
    pub(crate) fn open(&self, engine: &Inner, status: Status, records: Vec<NodeRun>) -> Progress {
        Progress { status, owner: Some(engine.server()), records, ..given_back(self.head.accepted_at) }
    }
}

/// What the records of a turn take until they are saved, beside what its machine holds: an effect that begins shares
/// its input with its record.
fn recorded(step: &Step) -> usize {
    if matches!(step.action, Action::Run(_)) {
        return 0;
    }
    let inputs = step.records.iter().filter_map(|run| run.input.as_deref());
    let results = step.records.iter().filter_map(|run| run.result.as_ref());
    inputs.chain(results).map(value::memory).sum()
}

/// The clock on the wall says when, and it may be set back meanwhile: then it is not yet time.
async fn reached(at: Option<Timestamp>) {
    let Some(at) = at else { return std::future::pending().await };
    while clock::now() < at {
        tokio::time::sleep(at.since(clock::now())).await;
    }
}

fn made_to_fail(error: MadeToFail) -> Failure {
    Failure::lasting(NodeError::new("node.made_to_fail", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Smaller ones are what allocators are made for: with mimalloc larger ones were a twentieth of what a request costs.
    const SMALL_BYTES_MAX: usize = 1_024;

    fn size<'a, F>(_: impl FnOnce(&'a mut Worker, &'a Arc<Inner>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_every_request_allocates_is_small() {
        assert!(size_of::<Worker>() <= SMALL_BYTES_MAX, "{}", size_of::<Worker>());
        assert!(size_of::<Machine>() <= SMALL_BYTES_MAX, "{}", size_of::<Machine>());
        assert!(size(Worker::drive) <= SMALL_BYTES_MAX, "{}", size(Worker::drive));
    }
}
