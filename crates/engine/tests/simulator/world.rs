//! The world: one store, a few servers, a clock, people, and bad luck.

mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use domain::event::{Event, TriggerValues};
use domain::execution::machine::{Facts, Input, Machine, Resolution};
use domain::execution::status::{Reason, Status};
use domain::flow::document::Mode;
use domain::flow::plan::Plan;
use domain::id::{EndpointKey, EventId, ExecutionId, ServerId, WorkflowId};
use domain::testing::random::{FlowMaker, Random};
use domain::time::Timestamp;
use store::conformance::model::Model;
use store::{Claim, Claimed, NewExecution, Pinned, Progress};

use crate::promises::Known;
use crate::server::{NEVER, Phase, Server, Then, Worker, resolution, waits_on};

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const LEASE_MS: u64 = 90;
const SERVERS_MAX: usize = 3;
const WORKFLOWS: u64 = 2;
/// Steps in which everything may go wrong, and steps after which all must have ended.
const TROUBLED: u64 = 900;
const CALM_MAX: u64 = 40_000;
/// Node kinds of the revisions, so that each record says which revision it is of.
const KINDS: [&str; 4] = ["first", "second", "third", "fourth"];

/// How often what is meant to happen happened: a simulator that sees none of it proves nothing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen(BTreeMap<&'static str, u64>);

impl Seen {
    fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    pub(crate) fn everything_happened(&self) {
        for what in [
            "acknowledged",
            "answer lost",
            "asked",
            "cancelled",
            "crash",
            "drain",
            "fail",
            "late effect",
            "lease lost",
            "poison kills",
            "published",
            "quarantined",
            "refused by epoch",
            "retried",
            "run again",
            "skip",
            "stall",
            "takeover",
            "timed out",
            "written twice",
        ] {
            let times = self.0.get(what).copied().unwrap_or(0);
            assert!(times > 100, "{what} only {times} times: the world is too tame");
        }
    }
}

pub(crate) struct World {
    seed: u64,
    random: Random,
    now_ms: u64,
    store: Model,
    servers: Vec<Server>,
    /// Until when each server that ever was may think that it lives.
    leases: BTreeMap<ServerId, u64>,
    revisions: Vec<Vec<Arc<Plan>>>,
    known: BTreeMap<ExecutionId, Known>,
    touched: BTreeSet<ExecutionId>,
    made: u64,
    /// Nothing goes wrong any more.
    calm: bool,
    seen: Seen,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let revisions = (0..WORKFLOWS).map(|_| vec![Arc::new(FlowMaker::plan_with_policies(random.next(), KINDS[0]))]);
        let revisions = revisions.collect();
        Self {
            seed,
            random,
            now_ms: 0,
            store: Model::shared(),
            servers: Vec::new(),
            leases: BTreeMap::new(),
            revisions,
            known: BTreeMap::new(),
            touched: BTreeSet::new(),
            made: 0,
            calm: false,
            seen: Seen::default(),
        }
    }

    pub(crate) fn live(mut self) -> (u64, Seen) {
        for _ in 0..TROUBLED {
            self.step();
        }
        self.calm = true;
        let mut steps = TROUBLED;
        while self.known.keys().any(|id| self.store.row(*id).is_some_and(|row| row.head.status.is_open())) {
            assert!(steps < TROUBLED + CALM_MAX, "these never end: {:?}", self.open());
            self.step();
            steps += 1;
        }
        self.touched = self.known.keys().copied().collect();
        self.check();
        (steps, self.seen)
    }

    fn open(&self) -> Vec<String> {
        let rows = self.known.keys().filter_map(|id| self.store.row(*id));
        rows.filter(|row| row.head.status.is_open()).map(|row| format!("{row:?}")).collect()
    }

    fn now(&self) -> Timestamp {
        START.plus(Duration::from_millis(self.now_ms))
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.random.below(one_in) == 0
    }

    /// As [`Self::chance`], of what goes wrong.
    fn trouble(&mut self, one_in: u64) -> bool {
        !self.calm && self.chance(one_in)
    }

    fn step(&mut self) {
        self.now_ms += self.random.below(if self.calm { 20 } else { 3 });
        if self.servers.is_empty() || (self.servers.len() < SERVERS_MAX && self.chance(25)) {
            self.start_server();
        }
        let at = self.random.below(self.servers.len() as u64) as usize;
        match self.random.below(if self.calm { 60 } else { 100 }) {
            0..=47 => self.work(at),
            48..=51 => self.beat(at),
            52..=56 => self.claim(at),
            57..=59 => self.resolve(at),
            60..=66 => self.arrive(at),
            67..=68 => self.cancel(at),
            69 => self.publish(),
            70 => self.drain(at),
            71 => self.die(at),
            72 => {
                self.seen.note("stall");
                self.servers[at].stalled_until_ms = self.now_ms + self.random.below(3 * LEASE_MS);
            }
            _ => self.work(at),
        }
        self.check();
    }

    fn check(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            let known = self.known.get_mut(&id).expect("it was made here");
            match self.store.row(id) {
                Some(row) => known.check(id, row, self.seed),
                None => assert!(!known.acknowledged, "R1, {id}: it was acknowledged and is lost"),
            }
        }
    }

    fn is_stalled(&self, at: usize) -> bool {
        !self.calm && self.servers[at].stalled_until_ms > self.now_ms
    }

    // -- servers ---------------------------------------------------------------------------------------

    fn start_server(&mut self) {
        self.made += 1;
        let id = ServerId::new(self.now(), self.made);
        self.store.server_start(id, Duration::from_millis(LEASE_MS), self.now());
        self.leases.insert(id, self.now_ms + LEASE_MS);
        let next_beat_ms = self.now_ms + LEASE_MS / 3;
        self.servers.push(Server { id, workers: Vec::new(), stalled_until_ms: 0, next_beat_ms, draining: false });
    }

    /// Without a word: its lease stands until it ends.
    fn die(&mut self, at: usize) {
        self.seen.note("crash");
        self.servers.remove(at);
    }

    fn beat(&mut self, at: usize) {
        if self.is_stalled(at) || (!self.calm && self.servers[at].next_beat_ms > self.now_ms) {
            return;
        }
        let id = self.servers[at].id;
        match self.store.server_beat(id, Duration::from_millis(LEASE_MS), self.now()) {
            Ok(()) => {
                self.leases.insert(id, self.now_ms + LEASE_MS);
                self.servers[at].next_beat_ms = self.now_ms + LEASE_MS / 3;
            }
            Err(_) => {
                self.seen.note("lease lost");
                self.servers.remove(at);
            }
        }
    }

    fn drain(&mut self, at: usize) {
        if !self.is_stalled(at) {
            self.seen.note("drain");
            self.servers[at].draining = true;
        }
    }

    // -- what comes from outside -----------------------------------------------------------------------

    fn publish(&mut self) {
        let of = self.random.below(WORKFLOWS) as usize;
        let seed = self.random.next();
        if let Some(kind) = KINDS.get(self.revisions[of].len()) {
            self.seen.note("published");
            self.revisions[of].push(Arc::new(FlowMaker::plan_with_policies(seed, kind)));
        }
    }

    fn arrive(&mut self, at: usize) {
        if self.is_stalled(at) || self.servers[at].draining {
            return;
        }
        self.made += 1;
        let of = self.random.below(WORKFLOWS);
        let revision = self.revisions[of as usize].len() as u32;
        let plan = Arc::clone(self.revisions[of as usize].last().expect("there is one"));
        let (now, server) = (self.now(), self.servers[at].id);
        let id = ExecutionId::new(now, self.made);
        // Without a place in memory it waits in the store.
        let in_memory = plan.mode == Mode::Sync || !self.chance(4);
        let progress = Progress { owner: in_memory.then_some(server), due_at: now, ..waits_on(Reason::Timer) };
        let new = NewExecution {
            id,
            workflow: WorkflowId::new(START, of),
            workflow_key: key(),
            pinned: Pinned::Revision(revision),
            replay_of: None,
            mode: plan.mode,
            event: Arc::new(Event {
                id: EventId::new(now, self.made),
                method: "POST".to_owned(),
                headers: Vec::new(),
                query_string: String::new(),
                body: format!("{{\"id\":{}}}", self.made % 10).into(),
                remote_addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
                received_at: now,
            }),
            accepted_at: now,
            timeout_at: (plan.timeout_ms > 0).then(|| now.plus(Duration::from_millis(plan.timeout_ms))),
            progress: Progress { status: Status::Queued, reason: None, ..progress },
        };
        let poison = self.chance(12);
        self.known.insert(
            id,
            Known {
                plan: Arc::clone(&plan),
                revision,
                acknowledged: false,
                poison,
                kills: 0,
                holders: BTreeMap::from([(1, Some(server))]),
                owner: new.progress.owner,
                performed: BTreeSet::new(),
                run_again_at: BTreeSet::new(),
                ended: None,
            },
        );
        self.touched.insert(id);
        let machine = Machine::new(Arc::clone(&plan), facts(&new), TriggerValues::new(Arc::clone(&new.event)));
        let phase = Phase::Turn(Input::Advance);
        let mut worker = Worker {
            execution: id,
            accepted_at: now,
            new: Some(new),
            epoch: 1,
            machine,
            plan,
            phase,
            cancelled: false,
            cancel_fed: false,
            by_claim: false,
        };
        if worker.plan.mode == Mode::Async {
            let new = worker.new.take().expect("just made");
            if !self.create(at, new) || !in_memory {
                return;
            }
        }
        self.servers[at].workers.push(worker);
    }

    /// Whether the server goes on with it.
    fn create(&mut self, at: usize, new: NewExecution) -> bool {
        let id = new.id;
        self.touched.insert(id);
        if self.trouble(40) {
            // Nothing was kept, and the caller is told so.
            return false;
        }
        assert!(self.store.execution_create(new), "{id}: it was there already");
        if self.lost(at) {
            return false;
        }
        self.known.get_mut(&id).expect("it was made here").acknowledged = true;
        self.seen.note("acknowledged");
        true
    }

    /// The write happened and the answer did not come: whoever cannot know what is on disk has to go.
    fn lost(&mut self, at: usize) -> bool {
        let lost = self.trouble(60);
        if lost {
            self.seen.note("answer lost");
            self.servers.remove(at);
        }
        lost
    }

    fn any_execution(&mut self, which: impl Fn(&store::conformance::model::Row) -> bool) -> Option<ExecutionId> {
        let open = self.known.keys().filter(|id| self.store.row(**id).is_some_and(&which));
        let open: Vec<_> = open.copied().collect();
        (!open.is_empty()).then(|| open[self.random.below(open.len() as u64) as usize])
    }

    fn cancel(&mut self, at: usize) {
        let Some(id) = self.any_execution(|row| row.head.status.is_open()) else { return };
        if self.is_stalled(at) || self.servers[at].draining {
            return;
        }
        self.seen.note("cancelled");
        self.wish(at, id);
    }

    fn wish(&mut self, at: usize, id: ExecutionId) {
        if let Some(worker) = self.servers[at].workers.iter_mut().find(|worker| worker.execution == id) {
            worker.cancelled = true;
        } else if let Some(mut worker) = self.claim_one(at, id) {
            worker.cancelled = true;
            self.servers[at].workers.push(worker);
        }
    }

    fn resolve(&mut self, at: usize) {
        let asks = |reason| matches!(reason, Some(Reason::NeedsAttention | Reason::Quarantined));
        let Some(id) = self.any_execution(|row| row.head.status.is_open() && asks(row.head.reason)) else { return };
        if self.is_stalled(at) || self.servers[at].draining {
            return;
        }
        let reason = self.store.row(id).and_then(|row| row.head.reason).expect("just seen");
        let Some(mut worker) = self.claim_one(at, id) else { return };
        let poison = self.known[&id].poison;
        let word = if self.calm && poison { Resolution::Fail } else { resolution(self.random.next()) };
        if matches!(word, Resolution::Skip(_)) && !worker.machine.can_skip() {
            let due_at = self.timeout(&worker).unwrap_or(NEVER);
            let back = Progress { due_at, ..waits_on(reason) };
            worker.phase = Phase::Save(back, Then::Leave);
        } else {
            match word {
                Resolution::RunAgain => {
                    self.known.get_mut(&id).expect("known").run_again_at.insert(worker.epoch);
                    self.seen.note("run again");
                }
                Resolution::Skip(_) => self.seen.note("skip"),
                Resolution::Fail => self.seen.note("fail"),
            }
            worker.phase = Phase::Turn(Input::Resolve(word));
        }
        self.servers[at].workers.push(worker);
    }

    fn timeout(&self, worker: &Worker) -> Option<Timestamp> {
        let ms = worker.plan.timeout_ms;
        (ms > 0).then(|| worker.accepted_at.plus(Duration::from_millis(ms)))
    }

    // -- claims ----------------------------------------------------------------------------------------

    fn claim(&mut self, at: usize) {
        if self.is_stalled(at) || self.servers[at].draining {
            return;
        }
        let claim = Claim {
            server: self.servers[at].id,
            now: self.now(),
            per_workflow: 1 + self.random.below(4) as u32,
            limit: 1 + self.random.below(6) as u32,
            skip: Vec::new(),
        };
        let claimed = self.store.execution_claim(&claim, self.now());
        self.notice_quarantine();
        let workers: Vec<_> = claimed.into_iter().map(|one| self.take_up(at, one, true)).collect();
        if self.lost(at) {
            return;
        }
        self.servers[at].workers.extend(workers);
        let suspects = self.servers[at].workers.iter().filter(|worker| {
            let row = self.store.row(worker.execution);
            worker.by_claim && row.is_some_and(|row| row.epoch == worker.epoch && row.takeovers >= 2)
        });
        assert!(suspects.count() <= 1, "R11: two that may kill the server are with it at once");
    }

    fn claim_one(&mut self, at: usize, id: ExecutionId) -> Option<Worker> {
        let claimed = self.store.execution_claim_one(id, self.servers[at].id, self.now());
        self.notice_quarantine();
        let worker = self.take_up(at, claimed?, false);
        (!self.lost(at)).then_some(worker)
    }

    fn notice_quarantine(&mut self) {
        for (id, known) in &mut self.known {
            let Some(row) = self.store.row(*id) else { continue };
            if row.head.reason == Some(Reason::Quarantined) && known.owner.is_some() {
                (known.owner, known.kills) = (None, 0);
                assert!(known.holders.insert(row.epoch, None).is_none(), "R7, {id}: set aside, and its owner goes on");
                self.seen.note("quarantined");
                self.touched.insert(*id);
            }
        }
    }

    fn take_up(&mut self, at: usize, claimed: Claimed, by_claim: bool) -> Worker {
        let (id, server) = (claimed.head.id, self.servers[at].id);
        let known = self.known.get_mut(&id).expect("it was made here");
        if let Some(owner) = known.owner {
            assert!(
                self.leases.get(&owner).is_none_or(|until| *until <= self.now_ms),
                "R7, {id}: {owner} has it and lives"
            );
            self.seen.note("takeover");
        }
        assert!(known.holders.insert(claimed.epoch, Some(server)).is_none(), "R7, {id}: two have the same epoch");
        assert_eq!(known.holders.last_key_value(), Some((&claimed.epoch, &Some(server))), "R7, {id}: an old epoch");
        known.owner = Some(server);
        self.touched.insert(id);
        assert_eq!(claimed.pinned, Pinned::Revision(known.revision), "R21, {id}");
        let plan = Arc::clone(&known.plan);
        let facts = Facts {
            execution: id,
            workflow_key: key(),
            revision: claimed.head.revision,
            timeout_at: claimed.timeout_at,
        };
        let trigger = TriggerValues::new(Arc::new(claimed.event));
        let machine = Machine::rebuild(Arc::clone(&plan), facts, trigger, claimed.records);
        Worker {
            execution: id,
            new: None,
            epoch: claimed.epoch,
            machine: machine.unwrap_or_else(|mismatch| panic!("{id}: {mismatch}")),
            plan,
            accepted_at: claimed.head.accepted_at,
            phase: Phase::Turn(Input::Advance),
            cancelled: false,
            cancel_fed: false,
            by_claim,
        }
    }
}

fn key() -> EndpointKey {
    "simulated0000".parse().expect("written as it has to be")
}

fn facts(new: &NewExecution) -> Facts {
    Facts {
        execution: new.id,
        workflow_key: new.workflow_key.clone(),
        revision: new.pinned.revision(),
        timeout_at: new.timeout_at,
    }
}
