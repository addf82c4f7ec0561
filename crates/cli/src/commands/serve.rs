//! `serve`: the server, from its first file to its last.
//! ```text
//! settings ▶ data folder ▶ key, token ▶ store ▶ engine ▶ listeners ▶ serve.json ▶ … signal ▶ drain ▶ 0
//! ```
//! `serve.json` is there exactly while both listeners take connections.

use std::path::PathBuf;

use domain::token::TokenText;
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::{self, Global};
use crate::commands::config_check::in_force;
use crate::failure::{FAILED, Failure};
use crate::files;
use crate::folder::{Folder, ServeInfo};
use crate::output::{Output, plain};
use crate::wire::Running;
use crate::{curl, descriptors, logs, undumped, wire};

/// Start the server. Ctrl-C or SIGTERM stops it once what is running is safely parked.
///
/// A data folder serves one server at a time. What was accepted before a crash goes on at the next start.
/// A second signal ends it at once, and nothing is lost by that either.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Settings: flags, HOOKFLOW_<KEY> in the environment, a file, the defaults, in this order.
`hookflow config check --defaults` prints them all with their meaning.

Examples:
  hookflow serve
  hookflow serve --data /var/lib/hookflow --public-url https://hooks.example.com
  hookflow serve --config /etc/hookflow.toml
  hookflow serve --database postgres://hookflow@db.example.com/hookflow --key-file /etc/hookflow.key
  hookflow serve --hooks 127.0.0.1:0 --admin 127.0.0.1:0    free ports, see <data>/serve.json")]
pub(crate) struct Args {
    #[command(flatten)]
    settings: args::Settings,
    /// Make this file's workflow live if there is none yet, and print a curl line that calls it.
    #[arg(long, value_name = "FILE")]
    welcome: Option<PathBuf>,
    /// The key that the database was served with is lost: go on with the one there is now. Passwords of endpoints and
    /// secrets have to be set again.
    #[arg(long)]
    new_key: bool,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let in_force = in_force(&args.settings, global)?;
    let settings = &in_force.settings;
    let welcome = args.welcome.map(document).transpose()?;
    logs::start(&settings.log);
    undumped::keep_memory();
    let descriptors = descriptors::take_all();
    // From here on a signal is remembered, so that one during the start is not lost.
    let mut signals = Signals::listen()?;
    let folder = Folder::create(settings.data.clone())?;
    let running = wire::start(&in_force, &folder, descriptors, args.new_key).await?;
    let outcome = async {
        let welcomed = welcome.is_some();
        if let Some(document) = welcome {
            running.welcome(document).await?;
        }
        let info = ServeInfo { pid: std::process::id(), hooks: running.hooks, admin: running.admin };
        folder.announce(&info)?;
        let setup = running.waits_for_setup().await?;
        say_where(out, &info, &folder, &running.origin, setup)?;
        if welcomed {
            show_the_door(out, &running).await?;
        }
        until_told(&running, &mut signals).await?;
        tell(out, "\nStopping. Ctrl-C again ends at once.", || tracing::info!("stopping"))
    }
    .await;
    folder.withdraw();
    tokio::select! {
        () = running.stop() => {}
        // Whoever asks twice does not want to wait. What runs is taken up by the next start.
        () = signals.next() => std::process::exit(FAILED.into()),
    }
    outcome?;
    tell(out, "Stopped. Everything that was accepted is on disk.", || tracing::info!("stopped"))
}

/// A line for people on stdout, and one for programs in the log; on a terminal that shows both, the first alone.
fn tell(out: &mut Output, line: &str, log: impl FnOnce()) -> Result<(), Failure> {
    if out.json || !logs::beside_the_output() {
        log();
    }
    if !out.json {
        out.line(line)?;
    }
    Ok(())
}

/// Waits for a reason to stop. `Err`: not because someone asked for it.
async fn until_told(running: &Running, signals: &mut Signals) -> Result<(), Failure> {
    tokio::select! {
        () = signals.next() => Ok(()),
        reason = running.broken() => {
            tracing::error!(reason, "the server has to end");
            Err(Failure::new("serve.broken", reason).hint("start it again: everything that was accepted is on disk"))
        }
    }
}

fn say_where(
    out: &mut Output,
    info: &ServeInfo,
    folder: &Folder,
    origin: &str,
    setup: Option<Option<TokenText>>,
) -> Result<(), Failure> {
    tell(out, "Hookflow is up. Ctrl-C stops it.", || {
        let hooks = info.hooks.map(|hooks| hooks.to_string()).unwrap_or_default();
        tracing::info!(hooks, admin = %info.admin, data = %folder.path().display(), "started");
    })?;
    if out.json {
        let mut document = json!(info);
        if let Some(Some(token)) = setup {
            document["setup_token"] = json!(token.reveal());
        }
        return Ok(out.document(&document)?);
    }
    let hooks = info.hooks.map(|_| ("  hooks", format!("{origin}/api/webhook:trigger/…")));
    let mut fields = Vec::from_iter(hooks);
    fields.push(("  admin", format!("http://{}", info.admin)));
    fields.push(("  data", folder.path().display().to_string()));
    if let Some(token) = setup {
        fields.push(("  set-up", format!("http://{}/setup, for the first user", info.admin)));
        fields.extend(token.map(|token| ("  token", format!("{} for that, until the next start", token.reveal()))));
    }
    out.fields(&fields)?;
    Ok(())
}

/// A URL, and a line to call it with.
async fn show_the_door(out: &mut Output, running: &Running) -> Result<(), Failure> {
    if let Some((title, url, flow)) = running.oldest_live().await
        && !out.json
    {
        out.line(format!("\n\"{}\" answers at\n  {url}\n\nTry it:\n  {}", plain(&title), curl::line(&url, &flow)))?;
    }
    Ok(())
}

/// The document in the file, or everything that is wrong with its syntax.
fn document(path: PathBuf) -> Result<Value, Failure> {
    let named = files::read(&[path])?.pop().expect("one file in, one out");
    named.content.map(|file| file.value).map_err(|problems| files::failure(&named.path, &problems))
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::new("serve.signals", format!("cannot listen for signals: {error}")))
        };
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
