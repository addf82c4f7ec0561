//! An execution that nobody's answer hangs on, from nothing to its first turn.
//! ```text
//! keep (event + execution, one flush) ─▶ whoever began it is told ─▶ run, or wait in the database for a place
//! ```
//!
//! Not here: synchronous requests, which run before they are kept (`accept`).

use std::sync::Arc;
use std::time::Duration;

use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::machine::Machine;
use domain::flow::plan::Plan;
use domain::time::Timestamp;
use store::{ExecutionHead, NewExecution, Pinned, Progress, SentAnswer};

use crate::budget::Share;
use crate::handle::Inner;
use crate::live::Change;
use crate::saving::given_back;
use crate::turns::Place;
use crate::worker::Worker;

/// An execution that is not on disk yet.
pub(crate) struct Beginning {
    /// Queued, accepted now.
    pub(crate) head: ExecutionHead,
    pub(crate) pinned: Pinned,
    pub(crate) event: Arc<Event>,
    pub(crate) timeout_at: Option<Timestamp>,
    pub(crate) machine: Box<Machine>,
    /// What it has of another's journal, which its machine knows.
    pub(crate) taken_over: Vec<NodeRun>,
    /// One that is given already.
    pub(crate) answer: Option<SentAnswer>,
    pub(crate) notes: Vec<String>,
    pub(crate) tree_bytes: usize,
    /// Of its body: held until it is kept, and then by who runs it.
    pub(crate) share: Share,
    /// Without it, it waits in the database until there is room.
    pub(crate) place: Option<Place>,
}

/// An execution that is on disk and that nobody runs yet.
pub(crate) struct Kept {
    pub(crate) head: ExecutionHead,
    worker: Option<Box<Worker>>,
}

impl Beginning {
    pub(crate) async fn keep(self, engine: &Arc<Inner>) -> Result<Kept, store::Error> {
        let Self { head, pinned, event, timeout_at, machine, taken_over, answer, notes, tree_bytes, share, place } =
            self;
        let progress = Progress {
            owner: place.as_ref().map(|_| engine.server()),
            records: taken_over,
            answer,
            notes,
            ..given_back(head.accepted_at)
        };
        let head = progress.applied_to(&head);
        let new = NewExecution {
            id: head.id,
            workflow: head.workflow,
            workflow_key: head.workflow_key.clone(),
            pinned: pinned.clone(),
            replay_of: head.replay_of,
            mode: head.mode,
            event: Arc::clone(&event),
            accepted_at: head.accepted_at,
            timeout_at,
            progress,
        };
        let (worker, _until_kept) = match place {
            None => (None, Some(share)),
            Some(place) => (
                Some(Box::new(Worker {
                    head: head.clone(),
                    pinned,
                    event,
                    timeout_at,
                    machine,
                    epoch: Some(1),
                    began_at: None,
                    caller: None,
                    sender: None,
                    cancel: engine.cancels.listen(head.id),
                    word: None,
                    tree_bytes,
                    room: None,
                    _place: place,
                    _share: share,
                })),
                None,
            ),
        };
        match engine.store.execution_create(new).await {
            Ok(()) => {
                engine.has_room();
                Ok(Kept { head, worker })
            }
            Err(error) => {
                engine.store_failed(&error);
                Err(error)
            }
        }
    }
}

impl Kept {
    /// Until it has left memory, for whatever reason.
    pub(crate) async fn run(self, engine: Arc<Inner>) {
        engine.live.tell(|| Change::Execution(self.head));
        match self.worker {
            Some(worker) => worker.run(engine).await,
            None => engine.has_work(),
        }
    }
}

/// When the workflow's timeout ends an execution that begins now.
pub(crate) fn timeout_at(plan: &Plan, now: Timestamp) -> Option<Timestamp> {
    (plan.timeout_ms > 0).then(|| now.plus(Duration::from_millis(plan.timeout_ms)))
}
