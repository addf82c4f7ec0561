//! The peers, under the usual load: all of them started anew for a round, then loaded one after the other.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::case::{Case, Program, Turn, WARM_UP, folder, load};
use super::{Options, USUAL};
use crate::body::Body;
use crate::peers::{self, Peer, PeerCase};
use crate::{figures, process};

/// The slowest answers some dozens a second.
const TIME_MIN: Duration = Duration::from_secs(5);

/// One case of one peer over all rounds.
#[derive(Debug)]
pub(super) struct PeerLine {
    pub(super) name: String,
    pub(super) persists: &'static str,
    pub(super) turns: Vec<Turn>,
}

#[derive(Debug, Default)]
pub(super) struct Peers {
    pub(super) lines: Vec<PeerLine>,
    /// Why one is not there, in words.
    pub(super) missing: Vec<String>,
}

impl Peers {
    /// One turn of each.
    pub(super) async fn round(&mut self, options: &Options) -> Result<()> {
        let folder = folder(&options.data_in)?;
        self.missing.clear();
        for started in peers::start(&options.peers, folder.path()).await {
            let peer = match started {
                Ok(peer) => peer,
                Err(missing) => {
                    self.missing.push(missing.to_string());
                    continue;
                }
            };
            for case in &peer.cases {
                let turn = turn(&peer, case, options.time().max(TIME_MIN)).await;
                let name = format!("{} {}: {}", peer.name, peer.version, case.what);
                let turn = turn.with_context(|| name.clone())?;
                eprintln!("{name}: {:.0} a second", turn.per_second);
                match self.lines.iter_mut().find(|line| line.name == name) {
                    Some(line) => line.turns.push(turn),
                    None => self.lines.push(PeerLine { name, persists: case.persists, turns: vec![turn] }),
                }
            }
        }
        Ok(())
    }
}

async fn turn(peer: &Peer, case: &PeerCase, time: Duration) -> Result<Turn> {
    // The program is said for the number of connections and the body alone.
    let usual = Case::new(Program::Sync, USUAL, Body::Order);
    load(peer.address, &case.target, usual, time.mul_f64(WARM_UP)).await.context("while warming up")?;
    let used = [peer.cpu_time()?, process::cpu_time(std::process::id())?];
    let report = load(peer.address, &case.target, usual, time).await?;
    let answers = report.answers();
    ensure!(answers > 0, "nothing was answered in that time");
    let a_thousand = |time: Duration| figures::millis(time) / (answers as f64 / 1e3);
    Ok(Turn {
        per_second: report.answers_per_second(),
        latencies: [50.0, 95.0, 99.0].map(|percent| figures::millis(report.percentile(percent))),
        cpu: a_thousand(peer.cpu_time()? - used[0]),
        loader_cpu: a_thousand(process::cpu_time(std::process::id())? - used[1]),
        beside_writing: 0.0,
        peak: peer.peak()?,
        rows_a_batch: 0.0,
    })
}
