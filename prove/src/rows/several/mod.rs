//! The same promises with several servers on one PostgreSQL.

pub mod clocks;
pub mod database;
pub mod each;
pub mod frozen;
pub mod killed;
pub mod partition;
pub mod rolled;
pub mod takeover;
pub mod upgrade;

use std::time::Duration;

use anyhow::Result;

use super::{async_flow, effect_node, pure_node, sync_flow};
use crate::server::Home;
use crate::sink::Sink;

const SYNC: &str = "provesync0000";
const ASYNC: &str = "proveasync000";
const EFFECT: &str = "proveeffect00";
/// Effects are a part of what comes, not most of it: each costs the sink a flush of its own.
const MIXTURE: [&str; 8] = [SYNC, ASYNC, SYNC, ASYNC, SYNC, ASYNC, SYNC, EFFECT];
const CONNECTIONS: usize = 64;
/// A lease, a heartbeat and what is to be done by then, on a busy machine.
const ENDS_MAX: Duration = Duration::from_secs(300);

/// What is published at one server has reached all.
const HEARD: Duration = Duration::from_secs(1);

async fn apply_mixture(home: &Home, sink: &Sink) -> Result<()> {
    home.apply(&[
        ("sync", sync_flow(SYNC)),
        ("async", async_flow(ASYNC, &[pure_node()])),
        ("effect", async_flow(EFFECT, &[effect_node("call", sink.address, ""), effect_node("then", sink.address, "")])),
    ])
    .await
}
