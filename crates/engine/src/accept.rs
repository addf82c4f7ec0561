//! Taking a request.
//! ```text
//! sync    run ─▶ create (event + execution, one flush) at the first effect, wait, deadline or end ─▶ at the end, answer
//! async   run ─▶ create at the first effect or end, or before anything takes time ─▶ answer, then go on
//! ```
//! What an asynchronous flow computes before it touches the world takes microseconds, and so it stands in the same
//! record as the event. Where there is no room to run it, the event alone is kept and answered.
//!
//! Invariants
//! - Whatever is answered is on disk.
//! - A caller that hangs up stops nothing: the execution runs where its caller waits for it, and from the moment
//!   nobody does, in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use domain::answer::Answer;
use domain::event::{Event, TriggerValues};
use domain::execution::machine::{Facts, Machine};
use domain::execution::status::{End, Status};
use domain::flow::document::Mode;
use domain::flow::plan::{AnswerTemplate, Plan};
use domain::id::{EventId, ExecutionId, WorkflowId};
use domain::template::scope::{Results, Scope, System};
use store::{ExecutionHead, Pinned, SentAnswer, points};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::begin::{Beginning, timeout_at};
use crate::catalog::{Endpoint, Live};
use crate::caught::Panicked;
use crate::clock;
use crate::handle::{Accepted, Incoming, Inner, NotDurable, Reply};
use crate::heavy::LARGE_BODY_BYTES;
use crate::live::Change;
use crate::saving;
use crate::worker::{Caller, Sender, Worker};

impl Inner {
    pub(crate) async fn accept(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        live: &Live,
        incoming: Incoming,
    ) -> Result<Accepted, NotDurable> {
        if let Err(reason) = self.able() {
            return Err(NotDurable::new(reason));
        }
        let now = clock::now();
        let event = Arc::new(Event {
            id: EventId::new(now, clock::random()),
            method: incoming.method,
            headers: incoming.headers,
            query_string: incoming.query_string,
            body: incoming.body,
            remote_addr: incoming.remote_addr,
            received_at: now,
        });
        let id = ExecutionId::new(now, clock::random());
        let timeout_at = timeout_at(&live.plan, now);
        let head = ExecutionHead {
            id,
            workflow: endpoint.workflow,
            workflow_key: endpoint.key.clone(),
            revision: Some(live.revision),
            replay_of: None,
            status: Status::Queued,
            mode: live.plan.mode,
            reason: None,
            answer_status: None,
            accepted_at: now,
            finished_at: None,
            method: event.method.clone(),
        };
        let pinned = Pinned::Revision(live.revision);
        let facts =
            Facts { execution: id, workflow_key: endpoint.key.clone(), revision: Some(live.revision), timeout_at };
        let trigger = TriggerValues::new(Arc::clone(&event));

        let machine = |trigger| Box::new(Machine::new(Arc::clone(&live.plan), facts.clone(), trigger));
        let place = self.turns.place(endpoint.workflow);
        let (reply, replied) = oneshot::channel();
        let (machine, place, caller, sender) = match live.plan.mode {
            Mode::Sync => {
                // A caller that waits cannot be put off to the database.
                let place = place?;
                let deadline = Instant::now() + Duration::from_millis(live.plan.answer_deadline_ms);
                (machine(trigger), place, Some(Caller { reply, deadline }), None)
            }
            Mode::Async => {
                let rendered = self.configured_answer(endpoint.workflow, &live.plan, &facts, trigger).await;
                let (answer, notes, trigger) =
                    rendered.map_err(|_| NotDurable::new("the server panicked over its answer"))?;
                let (machine, answer) = (machine(trigger), SentAnswer { answer, sent_at: now });
                let is_left = self.leaves_to_workers() || self.draining.is_cancelled();
                let place = place.ok().filter(|_| !is_left);
                let Some(place) = place else {
                    let beginning = Beginning {
                        head,
                        pinned,
                        event,
                        timeout_at,
                        machine,
                        taken_over: Vec::new(),
                        answer: Some(answer),
                        notes,
                        tree_bytes: incoming.tree_bytes,
                        share: incoming.share,
                        place: None,
                    };
                    return self.whole(Arc::clone(self).put_off(beginning)).await;
                };
                (machine, place, None, Some(Box::new(Sender { reply, answer, notes })))
            }
        };
        let worker = Box::new(Worker {
            head,
            pinned,
            event,
            timeout_at,
            machine,
            epoch: None,
            began_at: None,
            caller,
            sender,
            cancel: self.cancels.listen(id),
            word: None,
            tree_bytes: incoming.tree_bytes,
            room: None,
            _place: place,
            _share: incoming.share,
        });
        self.answer_of(worker, replied).await
    }

    /// What the caller of `worker` gets, which goes on behind it.
    async fn answer_of(
        self: &Arc<Self>,
        worker: Box<Worker>,
        mut replied: oneshot::Receiver<Result<Accepted, NotDurable>>,
    ) -> Result<Accepted, NotDurable> {
        let run = self.whole(worker.run(Arc::clone(self)));
        let reply = tokio::select! {
            biased;
            // Then it has replied, or never will.
            () = run => replied.await,
            reply = &mut replied => reply,
        };
        reply.unwrap_or_else(|_| Err(lost()))
    }

    /// Until it is on disk, where it waits for a place.
    async fn put_off(self: Arc<Self>, beginning: Beginning) -> Result<Accepted, NotDurable> {
        let (event, answer) = (Arc::clone(&beginning.event), beginning.answer.clone());
        let kept = beginning.keep(&self).await.map_err(|error| NotDurable::because(&error))?;
        let execution = kept.head.id;
        self.count.is_accepted(kept.head.accepted_at);
        let acknowledged = points::reach(points::ACK_BEFORE);
        self.live.tell(|| Change::Request(saving::accepted(&kept.head, &event)));
        kept.run(Arc::clone(&self)).await;
        let answer = answer.filter(|_| acknowledged.is_ok()).ok_or_else(lost)?;
        Ok(Accepted { execution, reply: Reply::Answer(answer.answer) })
    }

    pub(crate) fn spawn(self: &Arc<Self>, worker: Box<Worker>) {
        self.tasks.spawn(worker.run(Arc::clone(self)));
    }

    /// The answer of an asynchronous workflow, with notes, and what has been parsed for it. A template in it that fails
    /// leaves its text empty and a note.
    async fn configured_answer(
        &self,
        workflow: WorkflowId,
        plan: &Arc<Plan>,
        facts: &Facts,
        trigger: TriggerValues,
    ) -> Result<(Answer, Vec<String>, TriggerValues), Panicked> {
        let is_large = trigger.event().body.len() > LARGE_BODY_BYTES;
        let render = {
            let (plan, facts) = (Arc::clone(plan), facts.clone());
            move || {
                let (answer, notes) = match &plan.configured_answer {
                    Some(template) => rendered(template, &facts, &trigger),
                    None => (Answer::for_end(End::Succeeded, facts.execution), Vec::new()),
                };
                (answer, notes, trigger)
            }
        };
        match &plan.configured_answer {
            Some(template) if template.is_heavy() || is_large => Box::pin(self.heavy.run(workflow, render)).await,
            _ => Ok(render()),
        }
    }
}

/// Nobody knows what became of it.
fn lost() -> NotDurable {
    NotDurable::new("the execution was lost before it began")
}

fn rendered(template: &AnswerTemplate, facts: &Facts, trigger: &TriggerValues) -> (Answer, Vec<String>) {
    let nodes = Results::new();
    let scope = Scope {
        trigger,
        nodes: &nodes,
        system: System {
            now: trigger.event().received_at,
            execution_id: facts.execution,
            workflow_key: facts.workflow_key.as_str(),
            revision: facts.revision,
        },
    };
    let mut notes = Vec::new();
    let answer = template.render_leniently(&scope, &mut notes);
    (answer, notes)
}
