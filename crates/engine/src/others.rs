//! What other servers do, and what has to be done here because of it.
//! ```text
//! word ──────────┐    endpoints, settings, secrets   read again where others changed them
//!                ├─▶  wishes                         handed to the tasks that run here
//! now and then ──┘    what was accepted or has ended told to those who look on here
//! ```
//! Word makes it happen at once; whether or not word comes, everything but the last is looked up [twice a
//! second](LOOK). Who looks on here hears of a gap where word was lost.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::id::ExecutionId;
use store::{Change, Stale};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::claims;
use crate::handle::Inner;
use crate::live;

/// From one look at what others have changed to the next.
const LOOK: Duration = Duration::from_millis(500);
/// How long word is gathered, so that much of it is one look.
const GATHER: Duration = Duration::from_millis(20);
/// Executions and requests read at a time for those who look on; of more they hear that there were some.
const READ_MAX: usize = 1_000;
/// Executions of which is known how many of their node runs were told.
const FOLLOWED_MAX: usize = 1_024;

/// The service.
#[derive(Debug)]
pub(crate) struct Others {
    engine: Arc<Inner>,
    words: Receiver<Change>,
    /// Up to where changes of others are known.
    number: u64,
    /// Node runs told of executions that run elsewhere.
    followed: HashMap<ExecutionId, usize>,
}

/// Word that was gathered.
#[derive(Debug, Default)]
struct News {
    look: bool,
    work: bool,
    servers: bool,
    missed: bool,
    cancels: Vec<ExecutionId>,
    seen: HashSet<Change>,
}

impl News {
    fn add(&mut self, change: Change) {
        match change {
            Change::Stale => self.look = true,
            Change::Work => self.work = true,
            Change::Servers => self.servers = true,
            Change::Cancel(execution) => self.cancels.push(execution),
            Change::Execution(_) | Change::Accepted(_) | Change::Refused(_) | Change::Workflow(_) => {
                self.seen.insert(change);
            }
            Change::Missed => (self.look, self.work, self.servers, self.missed) = (true, true, true, true),
        }
    }
}

impl Others {
    /// `number`: as it was before anything was read into memory.
    pub(crate) fn new(engine: Arc<Inner>, words: Receiver<Change>, number: u64) -> Self {
        Self { engine, words, number, followed: HashMap::new() }
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        if !self.engine.store.is_shared() {
            return;
        }
        let mut next_look = Instant::now() + LOOK;
        while let Some(news) = stop.run_until_cancelled(self.gathered(next_look)).await {
            let looks = news.look || Instant::now() >= next_look;
            if let Err(error) = self.act(news, looks).await {
                self.engine.store_failed(&error);
                self.engine.live.missed();
            }
            if looks {
                next_look = Instant::now() + LOOK;
            }
        }
    }

    /// What was heard, or nothing by `until`.
    async fn gathered(&mut self, until: Instant) -> News {
        let mut news = News::default();
        let mut over = until;
        loop {
            let word = tokio::select! {
                word = self.words.recv() => word,
                () = sleep_until(over) => return news,
            };
            match word {
                Ok(change) => news.add(change),
                Err(RecvError::Lagged(_)) => news.add(Change::Missed),
                // The store is closed, or nobody will ever say anything.
                Err(RecvError::Closed) => {
                    sleep_until(over).await;
                    return news;
                }
            }
            over = over.min(Instant::now() + GATHER);
        }
    }

    async fn act(&mut self, news: News, looks: bool) -> Result<(), store::Error> {
        let engine = Arc::clone(&self.engine);
        if news.work {
            engine.due.at(crate::clock::now());
        }
        for execution in news.cancels {
            engine.cancels.wish(execution);
        }
        if news.missed {
            engine.live.missed();
        } else {
            self.tell(news.seen).await?;
        }
        if news.servers {
            engine.look_for_others().await?;
        }
        if looks {
            self.look().await?;
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), store::Error> {
        let engine = &self.engine;
        let changed = engine.store.changed_since(Some(self.number)).await?;
        for stale in changed.stale {
            match stale {
                Stale::Workflow(id) => drop(engine.catalog.refresh(id).await?),
                Stale::Settings => engine.read_settings().await?,
                Stale::Secrets => engine.secrets.forget().await,
            }
        }
        // Only now: what failed is looked at again.
        self.number = changed.number;
        // One that cannot be taken up keeps none of the others.
        let mut outcome = Ok(());
        for execution in engine.store.execution_cancels(engine.server()).await? {
            if !engine.cancels.wish(execution) {
                outcome = self.take_up(execution).await.and(outcome);
            }
        }
        outcome
    }

    /// The wish came while it left somebody's memory: it would sleep on.
    async fn take_up(&self, execution: ExecutionId) -> Result<(), store::Error> {
        let engine = &self.engine;
        match engine.store.execution_claim_one(execution, engine.server()).await? {
            Some(claimed) => claims::take_up(engine, claimed, true).await,
            None => Ok(()),
        }
    }

    /// For those who look on here.
    async fn tell(&mut self, seen: HashSet<Change>) -> Result<(), store::Error> {
        let (live, store) = (&self.engine.live, &self.engine.store);
        if seen.is_empty() || !live.is_watched() {
            return Ok(());
        }
        if seen.len() > READ_MAX {
            live.missed();
            return Ok(());
        }
        let (mut executions, mut requests) = (Vec::new(), Vec::new());
        for change in seen {
            match change {
                Change::Execution(id) => executions.push(id),
                Change::Accepted(id) => requests.push(id.to_bytes()),
                Change::Refused(id) => requests.push(id.to_bytes()),
                Change::Workflow(id) => live.hear(live::Change::Workflow(id)),
                _ => {}
            }
        }
        if !requests.is_empty() {
            for head in store.request_heads(requests).await? {
                live.hear(live::Change::Request(head));
            }
        }
        if executions.is_empty() {
            return Ok(());
        }
        for head in store.execution_heads(executions).await? {
            if !live.wants_nodes(&head) {
                live.hear(live::Change::Execution(head));
                continue;
            }
            let Some(execution) = store.execution_get(head.id).await? else { continue };
            if self.followed.len() >= FOLLOWED_MAX {
                self.followed.clear();
            }
            let told = self.followed.insert(head.id, execution.records.len()).unwrap_or(0);
            let new = execution.records.get(told..).unwrap_or_default();
            for run in live.wants(&head, new).unwrap_or_default() {
                let (execution, workflow, run) = (head.id, head.workflow, Box::new(run));
                live.hear(live::Change::NodeRun { execution, workflow, run });
            }
            if !execution.head.status.is_open() {
                self.followed.remove(&head.id);
            }
            live.hear(live::Change::Execution(execution.head));
        }
        Ok(())
    }
}
