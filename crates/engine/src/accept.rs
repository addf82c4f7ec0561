//! Taking a request.
//! ```text
//! async   render the answer ─▶ create (event + execution, one flush) ─▶ answer, then run
//! sync    run ─▶ create at the first effect, wait, deadline or end ─▶ answer
//! ```
//! Invariants
//! - Whatever is answered is on disk.
//! - From here on the execution lives in a task of its own: a caller that hangs up stops nothing.

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
use crate::worker::{Caller, Worker};

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
        let share = self
            .budget
            .share(incoming.body.len(), incoming.body_nodes)
            .ok_or_else(|| NotDurable::new("too many requests are in memory"))?;
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

        let (reply, replied) = oneshot::channel();
        match live.plan.mode {
            Mode::Sync => {
                // A caller that waits cannot be put off to the database.
                let place = self
                    .turns
                    .place(endpoint.workflow)
                    .ok_or_else(|| NotDurable::new("too many executions are waiting"))?;
                let deadline = Instant::now() + Duration::from_millis(live.plan.answer_deadline_ms);
                let worker = Worker {
                    head,
                    pinned,
                    event,
                    timeout_at,
                    machine: Machine::new(Arc::clone(&live.plan), facts, trigger),
                    epoch: None,
                    began_at: None,
                    caller: Some(Caller { reply, deadline }),
                    cancel: self.cancels.listen(id),
                    word: None,
                    _place: place,
                    _share: share,
                };
                self.spawn(worker);
            }
            Mode::Async => {
                let rendered = self.configured_answer(endpoint.workflow, &live.plan, &facts, trigger).await;
                let (answer, notes, trigger) =
                    rendered.map_err(|_| NotDurable::new("the server panicked over its answer"))?;
                let beginning = Beginning {
                    pinned,
                    event: Arc::clone(&event),
                    timeout_at,
                    machine: Machine::new(Arc::clone(&live.plan), facts, trigger),
                    taken_over: Vec::new(),
                    answer: Some(SentAnswer { answer: answer.clone(), sent_at: now }),
                    notes,
                    room: self.turns.place(endpoint.workflow).map(|place| (place, share)),
                    head,
                };
                let request = saving::accepted(&beginning.head, &event);
                let engine = Arc::clone(self);
                let keep_and_run = async move {
                    match beginning.keep(&engine).await {
                        Ok(kept) => {
                            engine.count.is_accepted(now);
                            if points::reach(points::ACK_BEFORE).is_ok() {
                                let _ = reply.send(Ok(Accepted { execution: id, reply: Reply::Answer(answer) }));
                            }
                            engine.live.tell(Change::Request(request));
                            kept.run(engine).await;
                        }
                        Err(error) => drop(reply.send(Err(NotDurable::because(&error)))),
                    }
                };
                let engine = Arc::clone(self);
                self.tasks.spawn(async move { engine.vital("a request", keep_and_run).await });
            }
        }
        replied.await.unwrap_or_else(|_| Err(NotDurable::new("the execution was lost before it began")))
    }

    pub(crate) fn spawn(self: &Arc<Self>, worker: Worker) {
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
            Some(template) if template.is_heavy() || is_large => self.heavy.run(workflow, render).await,
            _ => Ok(render()),
        }
    }
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
