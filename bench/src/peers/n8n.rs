//! n8n: `Webhook` → `If` → `Respond to Webhook`, and the same without an answer of its own.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::group::{Group, own_environment};
use super::{Mode, Peer, PeerCase, free_port, node, there, version};

pub(super) const NAME: &str = "n8n";
pub(super) const NAME_LEGACY: &str = "n8n with legacy expressions";

/// What evaluates `{{ … }}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expressions {
    /// In a V8 isolate that is made for each execution. It costs most of what an execution costs.
    AsInstalled,
    /// In the process itself, as n8n did until lately and does if it is told to.
    Legacy,
}

/// Id, and the file that is imported.
const WORKFLOWS: [(&str, &str); 3] = [
    ("benchSync0000001", include_str!("../../peers/n8n/workflows/sync.json")),
    ("benchSync0000002", include_str!("../../peers/n8n/workflows/sync-unsaved.json")),
    ("benchAsync000001", include_str!("../../peers/n8n/workflows/async.json")),
];

/// What is not as a new n8n has it: loopback only, and nothing is told or asked elsewhere.
const SETTINGS: [(&str, &str); 14] = [
    ("NODE_ENV", "production"),
    ("N8N_LISTEN_ADDRESS", "127.0.0.1"),
    ("N8N_DIAGNOSTICS_ENABLED", "false"),
    ("N8N_DIAGNOSTICS_CONFIG_FRONTEND", ""),
    ("N8N_DIAGNOSTICS_CONFIG_BACKEND", ""),
    ("EXTERNAL_FRONTEND_HOOKS_URLS", ""),
    ("N8N_VERSION_NOTIFICATIONS_ENABLED", "false"),
    ("N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED", "false"),
    ("N8N_DYNAMIC_BANNERS_ENABLED", "false"),
    ("N8N_TEMPLATES_ENABLED", "false"),
    ("N8N_PERSONALIZATION_ENABLED", "false"),
    ("N8N_LICENSE_AUTO_RENEW_ENABLED", "false"),
    ("N8N_COMMUNITY_PACKAGES_ENABLED", "false"),
    // Asks for a list of servers that language models may use.
    ("N8N_DISABLED_MODULES", "mcp-registry"),
];

/// As strace shows it; bench/peers/README.md has the commands.
const SYNC: &str = "the request in a row of SQLite and that it runs, flushed twice; \
                    the outcome follows after the answer, with two more flushes";
const UNSAVED: &str = "the same: the row is made, then struck out";
const ASYNC: &str = "the request in a row of SQLite and that it runs, flushed twice; two more flushes at the end";

pub(super) async fn start(installed: &Path, data: &Path, expressions: Expressions) -> Result<Peer> {
    let package = installed.join("n8n/node_modules/n8n");
    let program = there(&package.join("bin/n8n"))?;
    let node = node(installed)?;
    let (address, broker) = (free_port()?, free_port()?);
    let mut settings = SETTINGS.map(|(name, value)| (name, value.to_owned())).to_vec();
    settings.push(("N8N_USER_FOLDER", data.to_str().context("the folder's name is no text")?.to_owned()));
    if expressions == Expressions::Legacy {
        settings.push(("N8N_EXPRESSION_ENGINE", "legacy".to_owned()));
    }
    settings.push(("N8N_PORT", address.port().to_string()));
    settings.push(("N8N_RUNNERS_BROKER_PORT", broker.port().to_string()));

    let run = async |args: &[&str]| {
        let mut command = Command::new(&node);
        command.arg(&program).args(args).kill_on_drop(true);
        own_environment(&mut command, &settings, data);
        let done = command.output().await?;
        let said = [&done.stdout[..], &done.stderr[..]].map(String::from_utf8_lossy).concat();
        ensure!(done.status.success(), "n8n {}: {}", args.join(" "), said.lines().last().unwrap_or_default());
        Ok(())
    };
    let files = data.join("workflows");
    std::fs::create_dir(&files)?;
    for (id, file) in WORKFLOWS {
        std::fs::write(files.join(id).with_extension("json"), file)?;
    }
    run(&["import:workflow", "--separate", &format!("--input={}", files.display())]).await?;
    for (id, _) in WORKFLOWS {
        run(&["publish:workflow", &format!("--id={id}")]).await?;
    }

    let processes = Group::spawn(&node, [program.as_os_str(), "start".as_ref()], &settings, data)?;
    let case = |what, mode, target: &str, persists| PeerCase { what, target: target.to_owned(), mode, persists };
    Ok(Peer {
        name: if expressions == Expressions::Legacy { NAME_LEGACY } else { NAME },
        version: version(&package)?,
        address,
        cases: vec![
            case("if → respond", Mode::Sync, "/webhook/sync", SYNC),
            case("if → respond, executions not saved", Mode::Sync, "/webhook/sync-unsaved", UNSAVED),
            case("responds immediately, then if", Mode::Async, "/webhook/async", ASYNC),
        ],
        processes,
    })
}
