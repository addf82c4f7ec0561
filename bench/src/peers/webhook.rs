//! Debian's `webhook`: a rule on the payload, and a command for each request that passes it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::group::Group;
use super::{Mode, Peer, PeerCase, free_port, there};

pub(super) const NAME: &str = "webhook";

const HOOKS: &str = include_str!("../../peers/webhook/hooks.json");

pub(super) async fn start(installed: &Path, data: &Path) -> Result<Peer> {
    let program = there(&installed.join("webhook/usr/bin/webhook"))?;
    let hooks = data.join("hooks.json");
    std::fs::write(&hooks, HOOKS)?;
    let said = Command::new(&program).arg("-version").output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let address = free_port()?;
    let port = address.port().to_string();
    let args = ["-ip".as_ref(), "127.0.0.1".as_ref(), "-port".as_ref(), port.as_ref(), "-hooks".as_ref()];
    let processes = Group::spawn(&program, args.into_iter().chain([hooks.as_os_str()]), &[], data)?;
    let case = |what, mode, target: &str| PeerCase {
        what,
        target: target.to_owned(),
        mode,
        persists: "nothing, then or later",
    };
    Ok(Peer {
        name: NAME,
        version: said.split_whitespace().last().context("it tells no version")?.to_owned(),
        address,
        cases: vec![
            case("rule, then what `printf` says", Mode::Sync, "/hooks/sync"),
            case("rule, then `true` after the answer", Mode::Async, "/hooks/async"),
        ],
        processes,
    })
}
