//! Latency at half of what the closed loop got, when requests come whether or not earlier ones have been answered.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::case::{Case, Program, Server};
use super::{Line, Options, USUAL};
use crate::body::Body;
use crate::figures::{self, median};
use crate::open_load::{self, OpenPlan, Shape};

const CONNECTIONS_MAX: usize = 256;
const PROGRAMS: [Program; 4] = [Program::LimitSync, Program::Sync, Program::LimitAsync, Program::Async];

/// Over all rounds.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) program: Program,
    pub(super) per_second: f64,
    /// p50, p95, p99, p99.9 of each round, in milliseconds.
    pub(super) latencies: [Vec<f64>; 4],
}

pub(super) async fn measure(options: &Options, lines: &[Line]) -> Result<Vec<Open>> {
    let half = |program| {
        let usual = Case::new(program, USUAL, Body::Order);
        let line = lines.iter().find(|line| line.case == usual);
        line.map_or(0.0, |line| median(&line.turns.iter().map(|turn| turn.per_second).collect::<Vec<_>>()) / 2.0)
    };
    let mut opens = PROGRAMS.map(|program| Open { program, per_second: half(program), latencies: Default::default() });
    for _ in 0..options.rounds {
        for open in &mut opens {
            let server = Server::start(options, open.program, Body::Order).await?;
            let plan = |time| OpenPlan {
                address: server.address,
                shapes: vec![Shape::json(server.target.clone(), Body::Order.bytes())],
                per_second: open.per_second,
                time,
                connections_max: CONNECTIONS_MAX,
            };
            open_load::run(plan(options.time() / 4)).await?;
            let report = open_load::run(plan(options.time())).await?;
            let answers = report.statuses.get(&200).copied().unwrap_or(0);
            ensure!(answers == report.answers(), "not every answer is a 200: {:?}", report.statuses);
            for (times, percent) in open.latencies.iter_mut().zip([50.0, 95.0, 99.0, 99.9]) {
                times.push(figures::millis(report.percentile(percent).unwrap_or(Duration::MAX)));
            }
        }
    }
    Ok(opens.into())
}
