//! Making progress durable, and whom that concerns: the caller who waits, and the server that has no room.
//! ```text
//! not yet stored   create: kept, or refused and the caller knows it
//! stored           progress: tried again while there is no room; a caller is let go at its deadline
//! ```
//! Invariants
//! - Who was told that nothing is kept was told so because nothing is.
//! - What is stored is moved on, given back or ended. It is left as it is only when it belongs to another
//!   server, or when this one can write no more; the next start takes it then.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::status::{End, NodeStatus, Reason, Status};
use domain::flow::document::Mode;
use domain::id::ExecutionId;
use domain::time::Timestamp;
use store::{ExecutionHead, NewExecution, Outcome, Progress, RequestHead, SentAnswer, points};
use tokio::time::sleep_until;

use crate::clock;
use crate::handle::{Accepted, Inner, NotDurable, Reply};
use crate::live::Change;
use crate::worker::{Caller, Sender, Stopped, Word, Worker};

/// First pause before a save that found no room is tried again; doubled up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

impl Inner {
    /// Writes how far an execution has come that no task runs, and tells it.
    pub(crate) async fn progress_of(
        &self,
        head: &ExecutionHead,
        epoch: u32,
        progress: Progress,
    ) -> Result<(), store::Error> {
        let head = progress.applied_to(head);
        self.progress(head.id, epoch, progress).await?;
        self.has_become(head);
        Ok(())
    }

    /// Claims set some aside, and hand out nothing that says so.
    pub(crate) async fn tell_set_aside(&self) -> Result<(), store::Error> {
        for head in self.store.execution_set_aside().await? {
            self.has_become(head);
        }
        Ok(())
    }

    /// For those who look on, and those who count.
    pub(crate) fn has_become(&self, head: ExecutionHead) {
        if !head.status.is_open() {
            self.count.has_ended(head.status, None);
        }
        self.live.tell(|| Change::Execution(head));
    }

    /// Writes how far an execution has come, for as long as it takes while there is no room.
    pub(crate) async fn progress(&self, id: ExecutionId, epoch: u32, progress: Progress) -> Result<(), store::Error> {
        let mut pause = PAUSE;
        loop {
            match self.store.execution_progress(id, epoch, progress.clone()).await {
                Ok(()) => {
                    self.has_room();
                    return Ok(());
                }
                Err(error) => {
                    self.store_failed(&error);
                    let passes = matches!(
                        error,
                        store::Error::Overloaded
                            | store::Error::Full
                            | store::Error::Away { .. }
                            | store::Error::Unwilling { .. }
                    );
                    if !passes || self.drain_is_over() {
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

impl Worker {
    /// The first save creates the execution with its event.
    pub(crate) fn save(
        &mut self,
        engine: &Arc<Inner>,
        progress: Progress,
    ) -> impl Future<Output = Result<(), Stopped>> + Send {
        // Each of the futures that await it would hold it twice.
        let progress = Box::new(progress);
        let is_effect = |run: &&NodeRun| points::ON && run.input.is_some() && run.status != NodeStatus::Waiting;
        let begins = progress.records.iter().filter(is_effect).any(|run| run.status == NodeStatus::Running);
        let ends = progress.records.iter().filter(is_effect).any(|run| run.status != NodeStatus::Running);
        async move {
            reach(begins, points::NODE_START_BEFORE)?;
            reach(ends, points::NODE_FINISH_BEFORE)?;
            match self.epoch {
                None => self.create(engine, progress).await?,
                Some(epoch) => Box::pin(self.write(engine, epoch, *progress)).await?,
            }
            reach(begins, points::NODE_START_AFTER)?;
            reach(ends, points::NODE_FINISH_AFTER)
        }
    }

    async fn write(&mut self, engine: &Arc<Inner>, epoch: u32, progress: Progress) -> Result<(), Stopped> {
        let (head, records) = (progress.applied_to(&self.head), engine.live.wants(&self.head, &progress.records));
        let mut saved = pin!(engine.progress(self.head.id, epoch, progress));
        let saved = tokio::select! {
            biased;
            saved = &mut saved => saved,
            () = caller_deadline(self.caller.as_ref()) => {
                self.answer_later(engine);
                saved.await
            }
        };
        saved.map_err(|error| match error {
            // Another try would meet the same: it ends here rather than be stuck with what it tried to write.
            store::Error::Database { .. } => Stopped::Broke(format!("its record could not be written: {error}")),
            _ => Stopped::Gone,
        })?;
        self.is_saved(engine, head, records);
        Ok(())
    }

    async fn create(&mut self, engine: &Arc<Inner>, mut progress: Box<Progress>) -> Result<(), Stopped> {
        let sender = self.sender.take();
        if let Some(Sender { answer, notes, .. }) = sender.as_deref() {
            progress.answer = Some(answer.clone());
            progress.notes.extend_from_slice(notes);
        }
        let (head, records) = (progress.applied_to(&self.head), engine.live.wants(&self.head, &progress.records));
        let new = NewExecution {
            id: head.id,
            workflow: head.workflow,
            workflow_key: head.workflow_key.clone(),
            pinned: self.pinned.clone(),
            replay_of: head.replay_of,
            mode: head.mode,
            event: Arc::clone(&self.event),
            accepted_at: head.accepted_at,
            timeout_at: self.timeout_at,
            progress: *progress,
        };
        match engine.store.execution_create(new).await {
            Ok(()) => {
                self.epoch = Some(1);
                engine.has_room();
                engine.count.is_accepted(head.accepted_at);
                engine.live.tell(|| Change::Request(accepted(&head, &self.event)));
                self.is_saved(engine, head, records);
                if let Some(sender) = sender
                    && points::reach(points::ACK_BEFORE).is_ok()
                {
                    let reply = Reply::Answer(sender.answer.answer);
                    let _ = sender.reply.send(Ok(Accepted { execution: self.head.id, reply }));
                }
                Ok(())
            }
            Err(error) => {
                engine.store_failed(&error);
                let caller = self.caller.take().map(|caller| caller.reply);
                if let Some(reply) = caller.or(sender.map(|sender| sender.reply)) {
                    let _ = reply.send(Err(NotDurable::because(&error)));
                }
                Err(Stopped::Gone)
            }
        }
    }

    /// Whoever looks on may know it now.
    fn is_saved(&mut self, engine: &Inner, head: ExecutionHead, records: Option<Vec<NodeRun>>) {
        engine.live.saved(&head, records);
        self.head = head;
        if !self.head.status.is_open() {
            engine.count.has_ended(self.head.status, self.began_at);
        }
        match self.word.take() {
            Some(Word::TakenIn(tell)) => drop(tell.send(())),
            word => self.word = word,
        }
    }

    /// Before a wait that a sender must not share, who is answered as soon as the event is on disk.
    pub(crate) async fn keep_first(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(), Stopped> {
        if self.sender.is_some() {
            let records = self.machine.take_unsaved();
            self.save(engine, self.open(engine, status, records)).await?;
        }
        Ok(())
    }

    /// Makes the execution durable as far as it has come, and gives the caller a ticket to the answer.
    pub(crate) async fn let_caller_go(&mut self, engine: &Arc<Inner>, status: Status) -> Result<(), Stopped> {
        if self.epoch.is_none() {
            let records = self.machine.take_unsaved();
            self.save(engine, self.open(engine, status, records)).await?;
        }
        self.answer_later(engine);
        Ok(())
    }

    /// Only once it is durable.
    fn answer_later(&mut self, engine: &Inner) {
        if let Some(caller) = self.caller.take() {
            let reply = Reply::Later { ticket: engine.ticket(self.head.id) };
            let _ = caller.reply.send(Ok(Accepted { execution: self.head.id, reply }));
        }
    }

    /// Ends an execution that cannot go on, and says why in its notes.
    pub(crate) async fn break_off(&mut self, engine: &Arc<Inner>, note: String) {
        tracing::error!(execution = %self.head.id, note, "an execution cannot go on");
        let progress = broken_off(self.head.id, self.head.mode, note);
        let answer = progress.answer.clone().map(|sent| sent.answer);
        if self.save(engine, progress).await.is_ok() {
            self.answer(answer);
        }
    }

    /// The final answer, once it is stored.
    pub(crate) fn answer(&mut self, answer: Option<Answer>) {
        if let Some(answer) = answer
            && let Some(caller) = self.caller.take()
            && points::reach(points::ACK_BEFORE).is_ok()
        {
            let _ = caller.reply.send(Ok(Accepted { execution: self.head.id, reply: Reply::Answer(answer) }));
        }
    }

    /// For a caller who still waits when the task is over without an end.
    pub(crate) fn leave_caller(&mut self, engine: &Inner) {
        if self.epoch.is_some() {
            // It is kept, so nobody must send it again.
            self.answer_later(engine);
        } else {
            let caller = self.caller.take().map(|caller| caller.reply);
            if let Some(reply) = caller.or(self.sender.take().map(|sender| sender.reply)) {
                let _ = reply.send(Err(NotDurable::new("the server is stopping")));
            }
        }
    }
}

fn reach(is_there: bool, point: &str) -> Result<(), Stopped> {
    if is_there { points::reach(point).map_err(|error| Stopped::Broke(error.to_string())) } else { Ok(()) }
}

/// An accepted request as the request log shows it.
pub(crate) fn accepted(head: &ExecutionHead, event: &Event) -> RequestHead {
    RequestHead {
        workflow: head.workflow,
        workflow_key: head.workflow_key.clone(),
        received_at: event.received_at,
        method: event.method.clone(),
        remote_addr: event.remote_addr,
        bytes: event.body.len() as u64,
        outcome: Outcome::Accepted { execution: head.id },
    }
}

pub(crate) async fn caller_deadline(caller: Option<&Caller>) {
    match caller {
        Some(caller) => sleep_until(caller.deadline).await,
        None => std::future::pending().await,
    }
}

/// The end of an execution that cannot go on at all.
pub(crate) fn broken_off(execution: ExecutionId, mode: Mode, note: String) -> Progress {
    let now = clock::now();
    let answer = error_answer(execution, mode, now);
    Progress { status: Status::Error, answer, notes: vec![note], finished_at: Some(now), ..given_back(now) }
}

/// What a caller gets, if there is one, when an execution ends as `error`.
pub(crate) fn error_answer(execution: ExecutionId, mode: Mode, now: Timestamp) -> Option<SentAnswer> {
    matches!(mode, Mode::Sync).then(|| SentAnswer { answer: Answer::for_end(End::Error, execution), sent_at: now })
}

/// Due when nothing is ever due.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// Nobody's until a person says how to go on, or the time is over. What is quarantined is not even touched then.
pub(crate) fn waiting_for_a_person(reason: Reason, timeout_at: Option<Timestamp>) -> Progress {
    let due_at = timeout_at.filter(|_| reason == Reason::NeedsAttention).unwrap_or(NEVER);
    Progress { status: Status::Waiting, reason: Some(reason), ..given_back(due_at) }
}

/// Nobody's from now on, to be claimed at `due_at`; its journal says where it stands.
pub(crate) fn given_back(due_at: Timestamp) -> Progress {
    Progress {
        status: Status::Queued,
        reason: None,
        owner: None,
        due_at,
        records: Vec::new(),
        answer: None,
        notes: Vec::new(),
        finished_at: None,
    }
}
