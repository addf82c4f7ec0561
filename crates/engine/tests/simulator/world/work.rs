//! What servers do with what they have: a step of one of their workers.

use domain::execution::journal::NodeRun;
use domain::execution::machine::Input;
use domain::execution::status::Reason;
use store::Progress;

use super::{LEASE_MS, World};
use crate::promises::outcome;
use crate::server::{Phase, Then, Worker};

impl World {
    pub(super) fn work(&mut self, at: usize) {
        if self.is_stalled(at) {
            return;
        }
        let server = &mut self.servers[at];
        if server.workers.is_empty() {
            if server.draining {
                let gone = self.servers.remove(at);
                self.store.server_stop(gone.id);
                self.leases.remove(&gone.id);
            } else {
                self.claim(at);
            }
            return;
        }
        let which = self.random.below(server.workers.len() as u64) as usize;
        let mut worker = server.workers.swap_remove(which);
        let (id, draining, now) = (server.id, server.draining, self.now());
        let timed_out = self.timeout(&worker).is_some_and(|at| at <= now);
        match std::mem::replace(&mut worker.phase, Phase::Pausing(now)) {
            Phase::Turn(planned) => {
                let input = worker.next_input(draining, planned);
                worker.turn(id, input, now);
            }
            Phase::Save(progress, then) => return self.save(at, worker, progress, then),
            Phase::Perform(run) => {
                let known = self.known.get_mut(&worker.execution).expect("known");
                let node = run.idempotency_key.split('.').nth(1).unwrap_or_default().to_owned();
                assert_eq!(run.idempotency_key, format!("{}.{node}.", worker.execution), "another key");
                let row = self.store.row(worker.execution).expect("it was saved");
                if row.epoch != worker.epoch {
                    self.seen.note("late effect");
                }
                assert!(
                    known.performed.insert((node, run.attempt)),
                    "R5, {}: attempt {} touches the world twice",
                    run.idempotency_key,
                    run.attempt
                );
                if run.attempt > 1 {
                    self.seen.note("retried");
                }
                self.touched.insert(worker.execution);
                if known.poison && row.epoch == worker.epoch {
                    known.kills += 1;
                    self.seen.note("poison kills");
                    return self.die(at);
                }
                let took = if self.random.below(10) == 0 { LEASE_MS } else { 10 };
                worker.phase = Phase::Performing(run, self.now_ms + self.random.below(took));
            }
            Phase::Performing(run, until) => {
                if worker.cancelled && !worker.cancel_fed {
                    worker.cancel_fed = true;
                    assert_eq!(worker.machine.feed(Input::Cancelled, now), None, "it lets an effect finish");
                }
                if draining {
                    assert_eq!(worker.machine.feed(Input::Park, now), None, "it lets an effect finish");
                }
                if timed_out {
                    self.seen.note("timed out");
                    worker.turn(id, Input::Advance, now);
                } else if self.now_ms >= until {
                    let outcome = outcome(self.seed, &run.idempotency_key, run.attempt);
                    worker.turn(id, Input::EffectDone(outcome), now);
                } else {
                    worker.phase = Phase::Performing(run, until);
                }
            }
            Phase::Pausing(_) if worker.cancelled => worker.phase = Phase::Turn(Input::Cancelled),
            Phase::Pausing(until) if now >= until || timed_out => worker.phase = Phase::Turn(Input::Advance),
            Phase::Pausing(until) if draining => worker.sleep_on_disk(until),
            Phase::Pausing(until) => worker.phase = Phase::Pausing(until),
        }
        self.servers[at].workers.push(worker);
    }

    fn save(&mut self, at: usize, mut worker: Worker, progress: Progress, then: Then) {
        let id = worker.execution;
        self.touched.insert(id);
        if let Some(mut new) = worker.new.take() {
            new.progress = progress;
            self.known.get_mut(&id).expect("known").owner = new.progress.owner;
            if !self.create(at, new) {
                return;
            }
        } else {
            if self.trouble(25) {
                // No room: nothing was kept, and it is tried again.
                worker.phase = Phase::Save(progress, then);
                return self.servers[at].workers.push(worker);
            }
            let asks = progress.reason == Some(Reason::NeedsAttention);
            let wrote = self.write(at, &worker, progress.clone());
            if wrote && asks {
                self.seen.note("asked");
            }
            if self.lost(at) || !wrote {
                return;
            }
            if self.trouble(25) {
                // The answer came late, and meanwhile it was written once more.
                self.seen.note("written twice");
                if !self.write(at, &worker, progress) {
                    return;
                }
            }
        }
        match then {
            Then::Perform(run) => worker.phase = Phase::Perform(run),
            Then::Turn => worker.phase = Phase::Turn(Input::Advance),
            Then::Pause(until) => worker.phase = Phase::Pausing(until),
            Then::Leave => {
                // The wish came too late for this task.
                if worker.cancelled && !worker.cancel_fed {
                    self.wish(at, id);
                }
                return;
            }
        }
        self.servers[at].workers.push(worker);
    }

    /// Whether it was let through.
    fn write(&mut self, at: usize, worker: &Worker, progress: Progress) -> bool {
        let (id, server) = (worker.execution, self.servers[at].id);
        let known = self.known.get_mut(&id).expect("known");
        let newest = known.holders.last_key_value().map(|(epoch, holder)| (*epoch, *holder));
        let (owner, gets_on) = (progress.owner, progress.records.iter().any(NodeRun::gets_on));
        match self.store.execution_progress(id, worker.epoch, progress) {
            Ok(()) => {
                assert_eq!(newest, Some((worker.epoch, Some(server))), "R7, {id}: it was another's by then");
                known.owner = owner;
                if gets_on || owner.is_none() {
                    known.kills = 0;
                }
                true
            }
            Err(_) => {
                self.seen.note("refused by epoch");
                false
            }
        }
    }
}
