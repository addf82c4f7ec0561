//! What waits for the writers: one queue for all of them. Whoever is free takes what is there.
//!
//! What is written of one execution is written in the order in which it was handed in: what comes behind something of
//! the same execution that is being written stands aside until that is done.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::ExecutionId;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};

use super::batch::Command;
use super::options::Options;
use crate::error::Result;
use crate::queues::Queues;

/// Fewer than so many do not begin a batch beside another: what a batch costs the database by itself is shared by more
/// once that one has ended.
const BESIDE_MIN: usize = 16;
/// But they wait for it no longer than this.
const BESIDE_WAIT_MAX: Duration = Duration::from_millis(5);

/// A command and who waits for it.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) command: Command,
    pub(super) bytes: usize,
    pub(super) reply: oneshot::Sender<Result<()>>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    lines: Mutex<Lines>,
    /// There is something for one who has nothing to do.
    changed: Notify,
    bytes_max: usize,
    commands_max: usize,
    beside_wait_max: Duration,
}

#[derive(Debug)]
struct Lines {
    queues: Queues<Handed>,
    /// Behind something of the same execution that is being written, or was until just now.
    aside: VecDeque<Handed>,
    /// Of which something is being written.
    under_way: HashSet<ExecutionId>,
    /// In how many batches.
    batches: usize,
    /// Since when something is in the queues.
    since: Option<Instant>,
    stops: bool,
}

/// What a writer that has nothing to do may do.
enum Turn {
    Write(Vec<Handed>),
    /// There is nothing, or so little that it can wait until then.
    Wait(Option<Instant>),
    End,
}

impl Waiting {
    pub(super) fn new(options: &Options) -> Self {
        let lines = Lines {
            queues: Queues::new(),
            aside: VecDeque::new(),
            under_way: HashSet::new(),
            batches: 0,
            since: None,
            stops: false,
        };
        let (bytes_max, commands_max) = (options.batch_bytes_max, options.batch_commands_max);
        let (lines, changed) = (Mutex::new(lines), Notify::new());
        Self { lines, changed, bytes_max, commands_max, beside_wait_max: BESIDE_WAIT_MAX }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it back once nothing is taken any more.
    pub(super) fn push(&self, one: Handed) -> std::result::Result<(), Handed> {
        let waiting = {
            let mut lines = self.lines();
            if lines.stops {
                return Err(one);
            }
            lines.queues.push(one.command.whose(), one);
            lines.since.get_or_insert_with(Instant::now);
            lines.queues.len()
        };
        // Who was woken by the first looks after those behind it, too.
        if waiting == 1 || waiting == BESIDE_MIN {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// What is to be written next, each of another execution; they are under way until [`done`](Self::done). `None`:
    /// nothing comes any more.
    pub(super) async fn next(&self) -> Option<Vec<Handed>> {
        loop {
            let changed = self.changed.notified();
            match self.turn() {
                Turn::Write(batch) => return Some(batch),
                Turn::End => return None,
                Turn::Wait(None) => changed.await,
                Turn::Wait(Some(until)) => {
                    let _ = timeout_at(until, changed).await;
                }
            }
        }
    }

    fn turn(&self) -> Turn {
        let mut lines = self.lines();
        let ready = lines.queues.len()
            + lines.aside.iter().filter(|one| !lines.under_way.contains(&one.command.execution())).count();
        if ready == 0 {
            return if lines.stops { Turn::End } else { Turn::Wait(None) };
        }
        if lines.batches > 0
            && ready < BESIDE_MIN
            && !lines.stops
            && let Some(until) = lines.since.map(|since| since + self.beside_wait_max)
            && until > Instant::now()
        {
            return Turn::Wait(Some(until));
        }
        let batch = lines.take(self.bytes_max, self.commands_max);
        if batch.is_empty() {
            // All of it is behind what is under way, and for whoever ends that.
            return if lines.stops { Turn::End } else { Turn::Wait(None) };
        }
        lines.batches += 1;
        if !lines.queues.is_empty() {
            self.changed.notify_one();
        }
        Turn::Write(batch)
    }

    /// These are not under way any more. Whoever says so comes back for the [`next`](Self::next).
    pub(super) fn done(&self, batch: &[Handed]) {
        let mut lines = self.lines();
        lines.batches -= 1;
        for one in batch {
            lines.under_way.remove(&one.command.execution());
        }
    }

    /// Takes out what stands behind `batch`, and all else with it when there is nobody who could write it.
    pub(super) fn take_behind(&self, batch: &HashSet<ExecutionId>, all: bool) -> Vec<Handed> {
        let mut lines = self.lines();
        let (mut behind, aside): (Vec<_>, Vec<_>) =
            lines.aside.drain(..).partition(|one| all || batch.contains(&one.command.execution()));
        lines.aside = aside.into();
        if all {
            behind.extend(std::iter::from_fn(|| lines.queues.pop()));
            lines.since = None;
        }
        behind
    }

    /// Takes nothing more. What is there is written.
    pub(super) fn stop(&self) {
        self.lines().stops = true;
        self.changed.notify_waiters();
    }

    /// The same, and drops what is there.
    pub(super) fn abandon(&self) {
        self.stop();
        let _dropped = self.take_behind(&HashSet::new(), true);
    }
}

impl Lines {
    fn take(&mut self, bytes_max: usize, commands_max: usize) -> Vec<Handed> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let mut looked_at = std::mem::take(&mut self.aside);
        while bytes < bytes_max
            && batch.len() < commands_max
            && let Some(one) = looked_at.pop_front().or_else(|| self.queues.pop())
        {
            if self.under_way.insert(one.command.execution()) {
                bytes += one.bytes;
                batch.push(one);
            } else {
                self.aside.push_back(one);
            }
        }
        self.aside.append(&mut looked_at);
        if self.queues.is_empty() {
            self.since = None;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::timeout;

    use super::*;
    use crate::Progress;
    use crate::conformance::numbered::{execution, execution_id, running, server_id};

    fn waiting(commands_max: usize) -> Arc<Waiting> {
        Arc::new(Waiting::new(&Options { batch_commands_max: commands_max, ..Options::new("") }))
    }

    fn begins(n: i64) -> Handed {
        handed(Command::create(execution(n, 1, running(server_id(1)))))
    }

    /// Told apart by its epoch.
    fn gets_on(n: i64, epoch: u32) -> Handed {
        handed(Command::progress(execution_id(n), epoch, Progress { records: Vec::new(), ..running(server_id(1)) }))
    }

    fn handed(command: Command) -> Handed {
        Handed { command, bytes: 1, reply: oneshot::channel().0 }
    }

    /// Which executions, and at which epoch if they get on.
    fn told(batch: &[Handed]) -> Vec<(ExecutionId, Option<u32>)> {
        let told = |one: &Handed| match &one.command {
            Command::Create(_) => (one.command.execution(), None),
            Command::Progress { epoch, .. } => (one.command.execution(), Some(*epoch)),
        };
        batch.iter().map(told).collect()
    }

    #[tokio::test]
    async fn what_follows_something_under_way_waits_for_its_end_in_its_order() {
        let waiting = waiting(256);
        for one in [gets_on(1, 1), gets_on(1, 2), gets_on(2, 1)] {
            waiting.push(one).unwrap();
        }
        let first = waiting.next().await.unwrap();
        assert_eq!(told(&first), [(execution_id(1), Some(1)), (execution_id(2), Some(1))]);
        for one in [gets_on(1, 3), gets_on(3, 1)] {
            waiting.push(one).unwrap();
        }
        let beside = waiting.next().await.unwrap();
        assert_eq!(told(&beside), [(execution_id(3), Some(1))], "1 is under way still");
        waiting.done(&beside);
        waiting.done(&first);
        let second = waiting.next().await.unwrap();
        assert_eq!(told(&second), [(execution_id(1), Some(2))]);
        waiting.done(&second);
        assert_eq!(told(&waiting.next().await.unwrap()), [(execution_id(1), Some(3))]);
    }

    #[tokio::test(start_paused = true)]
    async fn few_wait_for_a_batch_that_is_under_way_and_not_for_long() {
        for (beside_wait_max, more) in [(BESIDE_WAIT_MAX, 1), (Duration::from_secs(3_600), BESIDE_MIN - 1)] {
            let waiting = Arc::new(Waiting { beside_wait_max, ..Waiting::new(&Options::new("")) });
            waiting.push(begins(0)).unwrap();
            let first = waiting.next().await.unwrap();
            assert_eq!(first.len(), 1, "nothing is under way: nobody waits");
            let began = Instant::now();
            waiting.push(begins(1)).unwrap();
            let idle = tokio::spawn({
                let waiting = Arc::clone(&waiting);
                async move { waiting.next().await.unwrap().len() }
            });
            tokio::task::yield_now().await;
            for n in 0..more {
                assert!(!idle.is_finished());
                waiting.push(begins(10 + n as i64)).unwrap();
            }
            assert_eq!(timeout(Duration::from_secs(60), idle).await.unwrap().unwrap(), 1 + more);
            assert!(more > 1 || began.elapsed() >= BESIDE_WAIT_MAX, "{:?}", began.elapsed());
        }
    }

    #[tokio::test]
    async fn a_batch_has_its_limits_and_the_rest_is_for_the_next_who_is_free() {
        let waiting = waiting(2);
        for n in 0..5 {
            waiting.push(begins(n)).unwrap();
        }
        waiting.stop();
        assert!(waiting.push(begins(9)).is_err(), "nothing is taken any more");
        let mut sizes = Vec::new();
        while let Some(batch) = timeout(Duration::from_secs(1), waiting.next()).await.unwrap() {
            sizes.push(batch.len());
        }
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[tokio::test]
    async fn who_has_nothing_to_do_at_a_stop_ends_though_something_stands_behind_another_batch() {
        let waiting = waiting(256);
        waiting.push(gets_on(1, 1)).unwrap();
        let first = waiting.next().await.unwrap();
        let others = Arc::clone(&waiting);
        let other = tokio::spawn(async move { (others.next().await.is_none(), others.next().await.is_none()) });
        // It takes the word that it has by now, and waits for the next.
        tokio::task::yield_now().await;
        waiting.push(gets_on(1, 2)).unwrap();
        waiting.stop();
        let ends = timeout(Duration::from_secs(1), other).await.expect("the other writer ends").unwrap();
        assert_eq!(ends, (true, true));
        waiting.done(&first);
        assert_eq!(told(&waiting.next().await.unwrap()), [(execution_id(1), Some(2))], "by who wrote the first");
        assert!(waiting.next().await.is_none());
    }

    #[tokio::test]
    async fn who_stands_behind_what_nobody_knows_is_taken_out_alone_or_with_all() {
        let waiting = waiting(256);
        for one in [gets_on(1, 1), gets_on(1, 2), gets_on(2, 1), gets_on(2, 2)] {
            waiting.push(one).unwrap();
        }
        let first = waiting.next().await.unwrap();
        waiting.push(gets_on(3, 1)).unwrap();
        let mine = HashSet::from([execution_id(1)]);
        assert_eq!(told(&waiting.take_behind(&mine, false)), [(execution_id(1), Some(2))]);
        let all = waiting.take_behind(&mine, true);
        assert_eq!(told(&all), [(execution_id(2), Some(2)), (execution_id(3), Some(1))]);
        waiting.done(&first);
        waiting.stop();
        assert!(waiting.next().await.is_none());
    }
}
