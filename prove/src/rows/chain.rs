//! R5 and R6: a chain of ten calls, killed at random.
//!
//! While the server is dead its journal is compared with the sink's log, so that what is recorded as finished is
//! known to have had its effect by then, and is held to that number for ever.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::id::ExecutionId;
use tokio::time::sleep;

use super::{Bench, async_flow, effect_node};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::{Account, Ledger};
use crate::load::{Load, Plan};
use crate::server::{Home, Server};
use crate::sink::{Effects, Sink};
use crate::stored::{Stored, all_ended};

const KEY: &str = "provechain000";
const NODES: usize = 10;
/// How long the sink takes to answer once the effect is on its disk: time in which to be killed.
const SINK_PAUSE: Duration = Duration::from_millis(10);
const ENDS_MAX: Duration = Duration::from_secs(300);

/// As the store has it: set aside when so many owners died over it.
const TAKEOVERS: u32 = 3;

/// What a crash does to a node whose outcome it leaves unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// R5
    RunAgain,
    /// R6
    Ask,
}

pub async fn run(bench: &Bench, policy: Policy) -> Result<Outcome> {
    let mut outcome = Outcome::new(if policy == Policy::Ask { "R6" } else { "R5" });
    let home = bench.home()?;
    let sink = Sink::start(&bench.folder.join("sink"), SINK_PAUSE).await?;
    let more = if policy == Policy::Ask { ", when_interrupted: ask" } else { "" };
    let nodes: Vec<String> = (0..NODES).map(|n| effect_node(&format!("n{n}"), sink.address, more)).collect();
    let server = home.start().await?;
    home.apply(&[("chain", async_flow(KEY, &nodes))]).await?;
    server.kill().await?;

    let mut dice = Dice::new(bench.seed);
    let mut record = Record::default();
    let mut account = Account::default();
    for _ in 0..bench.rounds {
        let server = home.start().await?;
        let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
        // A few each round: all of the chain is to be under way at a kill, not a queue before it.
        let plan = Plan { connections: 4, pause: Duration::from_millis(40), ..Plan::new(server.hooks, &[KEY]) };
        let load = Load::start(plan, &ledger);
        sleep(dice.moment(bench.load)).await;
        server.kill().await?;
        load.finish().await;
        // What was on the wire at the kill arrives all the same.
        sleep(SINK_PAUSE * 3).await;
        account.acknowledged.extend(Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged);
        record.look(&home, &sink.effects()?, &mut outcome)?;
    }

    let server = home.start().await?;
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    let waiting = Stored::open(&home.database())?.waiting_for("needs_attention")?;
    // A program of before that route leaves them waiting, which is what is promised without a word.
    let can_resolve = policy == Policy::Ask && server.admin("GET", "/api/openapi.json", "").await?.1.contains(RESOLVE);
    let asked = if can_resolve { resolve(&home, &server, &waiting, &mut outcome).await? } else { Vec::new() };
    server.terminate().await?;
    let effects = sink.effects()?;
    record.look(&home, &effects, &mut outcome)?;
    record.settle(policy, &asked, &effects, &mut outcome);
    // Random kills can hit one execution three times in a row; setting that one aside is the promise, not others.
    let quarantined = Stored::open(&home.database())?.waiting_for("quarantined")?;
    let innocent: Vec<_> =
        quarantined.iter().filter(|id| record.stalled.get(*id).is_none_or(|(_, looks)| *looks <= TAKEOVERS)).collect();
    outcome.none("are quarantined although they got on", &innocent);
    match policy {
        Policy::RunAgain => outcome.none("ask although they should run again", &waiting),
        Policy::Ask => {
            let enough = waiting.len() >= WORDS.len();
            outcome.check(enough, || format!("only {} executions asked: this proved little", waiting.len()));
        }
    }
    let left = if can_resolve { quarantined.clone() } else { [waiting.clone(), quarantined.clone()].concat() };
    ends(&home, &account, &asked, &left, &mut outcome)?;
    outcome.figures += &format!(", {} set aside after {TAKEOVERS} kills without getting on", quarantined.len());
    if policy == Policy::Ask {
        let resolved = if can_resolve {
            "were resolved in the three ways in turn"
        } else {
            "wait on: this program has no `resolve`"
        };
        outcome.figures += &format!(", {} asked a person and {resolved}", waiting.len());
    }
    outcome.did = format!(
        "{} SIGKILLs, each after {:.1} to {:.1} s, of chains of {NODES} `http_request` nodes{}",
        bench.rounds,
        bench.load.as_secs_f64() / 3.0,
        bench.load.as_secs_f64(),
        if policy == Policy::Ask { " that `ask`" } else { "" }
    );
    outcome.figures = format!(
        "{} executions acknowledged, {} node runs cut off by a kill, {} effects, {} of them a second time, {}",
        account.acknowledged.len(),
        record.cut_off.values().map(HashSet::len).sum::<usize>(),
        effects.times.values().sum::<u32>(),
        effects.repeated(),
        outcome.figures
    );
    Ok(outcome)
}

/// What the journal and the sink said at each kill.
#[derive(Debug, Default)]
struct Record {
    newest: Option<ExecutionId>,
    open: Vec<ExecutionId>,
    /// Nodes of an open execution that were finished at the last look, and the looks since it finished one: one for
    /// each kill, and the last.
    stalled: HashMap<ExecutionId, (usize, u32)>,
    /// Effects of each finished node when it was first seen as finished.
    finished: HashMap<(ExecutionId, String), u32>,
    /// Attempts that a kill found in flight. Several kills may find the same one, if no start got as far as it.
    cut_off: HashMap<(ExecutionId, String), HashSet<u32>>,
}

impl Record {
    /// While the server is down.
    fn look(&mut self, home: &Home, effects: &Effects, outcome: &mut Outcome) -> Result<()> {
        let stored = Stored::open(&home.database())?;
        let fresh = stored.ids_after(self.newest)?;
        self.newest = fresh.last().copied().or(self.newest);
        let looked_at = std::mem::take(&mut self.open).into_iter().chain(fresh);
        let mut without_effect = Vec::new();
        for id in looked_at {
            let mut finished = 0;
            let is_open = stored.execution(id)?.is_some_and(|row| !row.has_ended());
            for node in stored.journal(id)? {
                let times = effects.of_node(id, &node.node);
                let key = (id, node.node);
                match node.status.as_str() {
                    "succeeded" => {
                        finished += 1;
                        if times == 0 {
                            without_effect.push(key.clone());
                        }
                        self.finished.entry(key).or_insert(times);
                    }
                    "running" => {
                        self.cut_off.entry(key).or_default().insert(node.attempt);
                    }
                    _ => {}
                }
            }
            if is_open {
                self.open.push(id);
                let stalled = self.stalled.entry(id).or_default();
                *stalled =
                    if stalled.0 == finished && stalled.1 > 0 { (finished, stalled.1 + 1) } else { (finished, 1) };
            }
        }
        outcome.none("nodes recorded as succeeded without an effect", &without_effect);
        Ok(())
    }

    fn settle(&self, policy: Policy, asked: &[Asked], effects: &Effects, outcome: &mut Outcome) {
        let mut later = Vec::new();
        for ((id, node), at_record) in &self.finished {
            let times = effects.of_node(*id, node);
            if times != *at_record {
                later.push((*id, node.clone(), *at_record, times));
            }
        }
        outcome.none("nodes ran again after they were recorded as finished", &later);
        let told_again = |id: &ExecutionId, node: &str| {
            u32::from(asked.iter().any(|asked| asked.id == *id && asked.node == node && asked.word == "run_again"))
        };
        let mut too_often = Vec::new();
        for ((id, node), times) in &effects.times {
            let crashes = self.cut_off.get(&(*id, node.clone())).map_or(0, HashSet::len);
            let allowed = match policy {
                Policy::RunAgain => 1 + u32::try_from(crashes).unwrap_or(u32::MAX),
                Policy::Ask => 1 + told_again(id, node),
            };
            if *times > allowed {
                too_often.push((*id, node.clone(), *times, allowed));
            }
        }
        outcome.none("effects too often (id, node, effects, allowed)", &too_often);
        outcome.none("effects with a wrong key", &effects.wrong_keys);
        outcome.check(!self.cut_off.is_empty(), || "no kill met a node in flight: this proved nothing".to_owned());
    }
}

/// An execution that waited for a person, and what the person said.
#[derive(Debug)]
struct Asked {
    id: ExecutionId,
    node: String,
    word: &'static str,
}

/// As the API's description has it.
const RESOLVE: &str = "/executions/{id}/resolve";
const WORDS: [&str; 3] = ["run_again", "skip", "fail"];

/// Every execution that waits for a person gets one of the three words in turn, until none waits.
async fn resolve(home: &Home, server: &Server, waiting: &[ExecutionId], outcome: &mut Outcome) -> Result<Vec<Asked>> {
    let (mut asked, mut refused) = (Vec::new(), Vec::new());
    for (&id, word) in waiting.iter().zip(WORDS.into_iter().cycle()) {
        let stored = Stored::open(&home.database())?;
        let node = stored.journal(id)?.pop().map_or_else(String::new, |last| last.node);
        let body = format!(r#"{{"action":"{word}"}}"#);
        let (status, said) = server.admin("POST", &format!("/api/v1/executions/{id}/resolve"), &body).await?;
        if !(200..300).contains(&status) {
            refused.push((id, word, status, said));
        }
        asked.push(Asked { id, node, word });
    }
    outcome.none("could not be resolved", &refused);
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(format!("after resolving: {open}"));
    }
    Ok(asked)
}

/// Each execution that was acknowledged has the end it must have; those `left` have none yet.
fn ends(home: &Home, account: &Account, asked: &[Asked], left: &[ExecutionId], outcome: &mut Outcome) -> Result<()> {
    let stored = Stored::open(&home.database())?;
    let lost = stored.missing(&account.acknowledged)?;
    outcome.none("acknowledged and lost", &lost);
    let mut wrong = Vec::new();
    for id in &account.acknowledged {
        let Some(row) = stored.execution(*id)? else { continue };
        let failed = asked.iter().any(|asked| asked.id == *id && asked.word == "fail");
        let expected = match failed {
            _ if left.contains(id) => "waiting",
            true => "error",
            false => "succeeded",
        };
        if row.status != expected {
            wrong.push((*id, row.status, row.reason));
        }
    }
    outcome.none("did not end as they should", &wrong);
    outcome.figures = format!("{} lost, {} ended otherwise than they should", lost.len(), wrong.len());
    Ok(())
}
