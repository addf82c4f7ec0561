//! Node-RED: `http in` → `switch` → `change` → `http response`.

use std::path::Path;

use anyhow::Result;

use super::group::Group;
use super::{Mode, Peer, PeerCase, free_port, node, there, version};

pub(super) const NAME: &str = "Node-RED";

const SETTINGS: &str = include_str!("../../peers/node-red/settings.js");
const FLOWS: &str = include_str!("../../peers/node-red/flows.json");

pub(super) async fn start(installed: &Path, data: &Path) -> Result<Peer> {
    let package = installed.join("node-red/node_modules/node-red");
    let program = there(&package.join("red.js"))?;
    std::fs::write(data.join("settings.js"), SETTINGS)?;
    std::fs::write(data.join("flows.json"), FLOWS)?;
    let address = free_port()?;
    let args = [program.as_os_str(), "--userDir".as_ref(), data.as_os_str(), "--port".as_ref()];
    let port = address.port().to_string();
    let settings = [("NODE_ENV", "production".to_owned())];
    let processes = Group::spawn(&node(installed)?, args.into_iter().chain([port.as_ref()]), &settings, data)?;
    let sync = PeerCase {
        what: "switch → response",
        target: "/sync".to_owned(),
        mode: Mode::Sync,
        persists: "nothing, then or later",
    };
    Ok(Peer { name: NAME, version: version(&package)?, address, cases: vec![sync], processes })
}
