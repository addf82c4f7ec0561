//! One file a fault; each names the rows of promises it is about.

pub mod backlog;
pub mod chain;
pub mod clock;
pub mod crash;
pub mod eio;
pub mod full;
pub mod isolation;
pub mod leak;
pub mod overload;
pub mod power;
pub mod retries;
pub mod rolling;
pub mod several;
pub mod slow;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::server::Home;

/// What every row is told.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The real program.
    pub program: PathBuf,
    /// An empty folder for data, ledgers and logs.
    pub folder: PathBuf,
    pub seed: u64,
    /// How often: kills, cuts, failures.
    pub rounds: u32,
    /// The longest load of a round; the shortest is a third of it.
    pub load: Duration,
    /// Cores of the server alone, as `taskset -c` wants them. `None`: it shares all with its senders.
    pub server_cores: Option<String>,
}

impl Bench {
    fn home(&self) -> Result<Home> {
        self.home_in(&self.folder)
    }

    /// One of several.
    pub(crate) fn home_in(&self, folder: &Path) -> Result<Home> {
        let home = Home::new(&self.program, folder)?;
        Ok(match &self.server_cores {
            Some(cores) => home.through(&["taskset", "-c", cores]),
            None => home,
        })
    }
}

/// Answers by what a flow of pure nodes says.
fn sync_flow(key: &str) -> String {
    format!(
        r#"hookflow: 1
title: {key}
key: {key}
enabled: true
mode: sync
trigger: {{ kind: webhook }}
nodes:
  - kind: condition
    config: {{ mode: branch, rule: {{ all: [{{ left: "{{{{ trigger.body.order.status }}}}", operator: equal, right: paid }}] }} }}
    branches:
      "true": [{{ kind: response, config: {{ body: {{ received: "{{{{ trigger.body.order.id }}}}" }} }} }}]
"#
    )
}

/// Answers at once, then `nodes`, given as YAML lists of flow style.
fn async_flow(key: &str, nodes: &[String]) -> String {
    let nodes: String = nodes.iter().map(|node| format!("\n  - {node}")).collect();
    let nodes = if nodes.is_empty() { " []".to_owned() } else { nodes };
    format!(
        "hookflow: 1\ntitle: {key}\nkey: {key}\nenabled: true\nmode: async\ntrigger: {{ kind: webhook }}\nnodes:{nodes}\n"
    )
}

/// A condition that is true.
fn pure_node() -> String {
    r#"{ kind: condition, config: { mode: continue, rule: { all: [{ left: "{{ trigger.body.order.status }}", operator: equal, right: paid }] } } }"#.to_owned()
}

/// Calls the sink.
fn effect_node(key: &str, sink: SocketAddr, more: &str) -> String {
    format!(
        r#"{{ key: {key}, kind: http_request, config: {{ method: POST, url: "http://{sink}/{{{{ system.execution_id }}}}/{key}"{more} }} }}"#
    )
}

pub(crate) fn is_root() -> bool {
    // The owner of what this process made a moment ago in /proc: itself.
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The first of these programs that is not installed.
fn lacks(programs: &[&'static str]) -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Tools for file systems stand where only root looks.
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).collect();
    programs.iter().copied().find(|program| !folders.iter().any(|folder| folder.join(program).is_file()))
}

/// Runs a tool to its end; what it said if it failed.
pub(crate) async fn tool(program: &str, args: &[&str]) -> Result<()> {
    let ran = tokio::process::Command::new(program).args(args).output().await.with_context(|| program.to_owned())?;
    let said = String::from_utf8_lossy(&ran.stderr);
    anyhow::ensure!(ran.status.success(), "{program} {args:?}: {}", said.trim());
    Ok(())
}
