//! `config check`: the settings in force.

use serde_json::json;

use crate::args::{self, Global};
use crate::config::{self, InForce, Layers};
use crate::failure::Failure;
use crate::output::Output;

/// Print every setting in force and which layer it comes from, or everything that is wrong.
///
/// These are the settings that `serve` would start with here and now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Layers, the first that says something wins: flags, HOOKFLOW_<KEY> in the environment, the file of
--config or HOOKFLOW_CONFIG, the defaults.

Examples:
  hookflow config check --config /etc/hookflow.toml
  HOOKFLOW_DRAIN_MS=5000 hookflow config check --json | jq -c 'select(.source != \"default\")'
  hookflow config check --defaults > hookflow.toml      every setting with its meaning and range")]
pub(crate) struct Args {
    #[command(flatten)]
    settings: args::Settings,
    /// Print the commented default file instead.
    #[arg(long)]
    defaults: bool,
}

/// What `serve` would start with.
pub(crate) fn in_force(flags: &args::Settings, global: &Global) -> Result<InForce, Failure> {
    let layers =
        Layers::gather(flags, global.server.data.as_deref()).map_err(|complaint| Failure::misused(vec![complaint]))?;
    config::load(&layers).map_err(Failure::misused)
}

pub(crate) fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    if args.defaults {
        return Ok(out.line(config::DEFAULTS.trim_end())?);
    }
    let InForce { settings, mut values } = in_force(&args.settings, global)?;
    for (_, value, _) in values.iter_mut().filter(|(key, ..)| *key == "database") {
        *value = settings.database.masked().into();
    }
    if out.json {
        for (key, value, source) in values {
            out.document(&json!({"key": key, "value": value, "source": source.to_string()}))?;
        }
    } else {
        let rows: Vec<[String; 3]> = values
            .into_iter()
            .map(|(key, value, source)| [key.to_owned(), value.to_string(), source.to_string()])
            .collect();
        out.table(["SETTING", "VALUE", "FROM"], &rows)?;
    }
    Ok(())
}
