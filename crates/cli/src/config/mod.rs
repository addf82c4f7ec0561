//! Settings: flags over environment over file over `config.default.toml`.
//!
//! ```text
//! flags ─┐
//! env ───┼─▶ the topmost value of each key, with its source ─▶ Settings
//! file ──┤          every wrong value of every layer is reported at once
//! default┘
//! ```
//! Not here: what a setting means (the default file says it), who uses it (`wire`).

mod database_url;
mod described;
mod keys;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::flow::suggest::did_you_mean;
use nodes::outbound::Networks;
use serde::{Deserialize, Serialize};
use store::ServerRole;
use toml::{Table, Value};

use crate::args;
use crate::failure::Complaint;
pub(crate) use database_url::DatabaseUrl;
pub(crate) use described::described;
use keys::{KEYS, Key};

/// Every setting with its default, compiled in.
pub(crate) const DEFAULTS: &str = include_str!("../../config.default.toml");

/// Variables that are not settings: they say where settings, or a running server, are found.
const NOT_SETTINGS: &[&str] =
    &["HOOKFLOW_CONFIG", "HOOKFLOW_URL", "HOOKFLOW_TOKEN", "HOOKFLOW_MOVE_FROM", "HOOKFLOW_MOVE_TO"];

/// What is in force. Meaning, unit and range of each field: `config.default.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) hooks: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) admin_insecure: bool,
    /// Begins and ends with a slash.
    pub(crate) admin_base_path: String,
    pub(crate) admin_https: bool,
    /// Without a slash at its end; empty for the address of `hooks`.
    pub(crate) public_url: String,
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Networks,
    pub(crate) data: PathBuf,
    /// Empty: SQLite in the data folder.
    pub(crate) database: DatabaseUrl,
    pub(crate) role: ServerRole,
    /// Empty: in the data folder.
    pub(crate) key_file: PathBuf,
    pub(crate) body_bytes_max: usize,
    pub(crate) body_depth_max: usize,
    pub(crate) connections_max: usize,
    pub(crate) head_bytes_max: usize,
    pub(crate) head_timeout_ms: u64,
    pub(crate) body_timeout_ms: u64,
    pub(crate) body_rate_min: u32,
    pub(crate) inflating_max: usize,
    pub(crate) hops_max: u32,
    pub(crate) write_timeout_ms: u64,
    pub(crate) idle_timeout_ms: u64,
    pub(crate) executions_running_max: usize,
    pub(crate) executions_running_per_workflow_max: usize,
    pub(crate) heavy_threads: usize,
    pub(crate) executions_in_memory_max: usize,
    pub(crate) executions_in_memory_per_workflow_max: usize,
    pub(crate) turn_wait_max_ms: u64,
    pub(crate) refusals_held_max: usize,
    pub(crate) body_bytes_in_memory_max: usize,
    pub(crate) body_bytes_in_memory_per_workflow_max: usize,
    pub(crate) parsed_bytes_max: usize,
    pub(crate) outbound_allow: Networks,
    pub(crate) store_readers: usize,
    pub(crate) store_batch_bytes_max: usize,
    pub(crate) store_queue_bytes_max: usize,
    /// 0 for no limit.
    pub(crate) store_database_bytes_max: u64,
    pub(crate) retention_days: u32,
    pub(crate) retention_executions_max: u32,
    pub(crate) request_log_per_workflow_max: u32,
    pub(crate) request_log_max: u32,
    pub(crate) refused_body_bytes_max: usize,
    pub(crate) request_log_queue_max: usize,
    pub(crate) live_changes_max: usize,
    pub(crate) live_changes_per_second_max: u32,
    pub(crate) live_listeners_max: usize,
    pub(crate) session_idle_hours: u32,
    pub(crate) session_max_hours: u32,
    pub(crate) lease_ms: u64,
    pub(crate) stop_grace_ms: u64,
    pub(crate) drain_ms: u64,
    pub(crate) log: String,
}

/// Which layer a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File(PathBuf),
    /// The variable's name.
    Environment(String),
    /// The flag as it is written.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// Settings, and where each comes from.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) settings: Settings,
    /// Key, value, source, in the order of the default file.
    pub(crate) values: Vec<(&'static str, Value, Source)>,
}

/// What is laid over the defaults, as it was found.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    pub(crate) file: Option<(PathBuf, String)>,
    /// All variables, those of others too.
    pub(crate) environment: Vec<(String, String)>,
    /// Key, flag, text.
    pub(crate) flags: Vec<(&'static str, &'static str, String)>,
}

impl Layers {
    /// Reads the file if one is named.
    pub(crate) fn gather(flags: &args::Settings, data: Option<&Path>) -> Result<Self, Complaint> {
        // Only ours, and only if they are text: other variables are none of our business.
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("HOOKFLOW_"))
            .collect();
        let named = environment.iter().find(|(name, _)| name == "HOOKFLOW_CONFIG").map(|(_, path)| PathBuf::from(path));
        let file = flags.config.clone().or(named).map(|path| match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(Complaint::new(
                "config.unreadable",
                format!("cannot read the settings in {}: {error}", path.display()),
            )),
        });
        let data = data.map(|path| path.to_string_lossy().into_owned());
        let flags = [
            ("hooks", "--hooks", flags.hooks.clone()),
            ("admin", "--admin", flags.admin.clone()),
            ("public_url", "--public-url", flags.public_url.clone()),
            ("data", "--data", data),
            ("database", "--database", flags.database.clone()),
            ("role", "--role", flags.role.clone()),
            ("key_file", "--key-file", flags.key_file.as_ref().map(|path| path.to_string_lossy().into_owned())),
        ];
        let flags = flags.into_iter().filter_map(|(key, flag, text)| Some((key, flag, text?))).collect();
        Ok(Self { file: file.transpose()?, environment, flags })
    }
}

/// Lays the layers over each other. Every mistake of every layer is reported, those in values that
/// a higher layer covers too.
pub(crate) fn load(layers: &Layers) -> Result<InForce, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let mut found: Vec<(&'static Key, Value, Source)> = Vec::new();
    let mut lay = |name: &str, value: Value, source: Source| match keys::find(name) {
        None => complaints.push(unknown(name, &source)),
        Some(key) => match key.read(&value) {
            Ok(value) => {
                found.retain(|(earlier, ..)| earlier.name != key.name);
                found.push((key, value, source));
            }
            Err(wants) => complaints.push(wrong(key, &value, &wants, &source)),
        },
    };

    for (name, value) in defaults() {
        lay(&name, value, Source::Default);
    }
    let file = layers.file.as_ref().map(|(path, text)| (path, text.parse::<Table>()));
    let syntax = match file {
        Some((path, Ok(table))) => {
            for (name, value) in table {
                lay(&name, value, Source::File(path.clone()));
            }
            None
        }
        Some((path, Err(error))) => Some(not_toml(path, &layers.file, &error)),
        None => None,
    };
    for (variable, text) in &layers.environment {
        if let Some(name) = setting_named_by(variable) {
            lay(&name, Value::String(text.clone()), Source::Environment(variable.clone()));
        }
    }
    for (name, flag, text) in &layers.flags {
        lay(name, Value::String(text.clone()), Source::Flag(flag));
    }

    complaints.extend(syntax);
    if !complaints.is_empty() {
        return Err(complaints);
    }
    found.sort_by_key(|(key, ..)| KEYS.iter().position(|other| other.name == key.name));
    let table: Table = found.iter().map(|(key, value, _)| (key.name.to_owned(), value.clone())).collect();
    let settings: Settings = table.try_into().expect("every key of the default file was read as what its field holds");
    let complaints: Vec<_> = [exposed(&settings), alone(&settings)].into_iter().flatten().collect();
    if !complaints.is_empty() {
        return Err(complaints);
    }
    Ok(InForce { settings, values: found.into_iter().map(|(key, value, source)| (key.name, value, source)).collect() })
}

fn defaults() -> Table {
    DEFAULTS.parse().expect("the default file is TOML: a test reads it")
}

/// Where a server's data are when nothing else is said.
pub(crate) fn default_data() -> PathBuf {
    defaults().get("data").and_then(Value::as_str).map(PathBuf::from).expect("the default file names a data folder")
}

/// `HOOKFLOW_HOOKS` → `hooks`. `None` for variables of others, and for those that container
/// platforms make up for a service of our name.
fn setting_named_by(variable: &str) -> Option<String> {
    let name = variable.strip_prefix("HOOKFLOW_")?;
    let made_up = name == "PORT" || name.starts_with("PORT_") || name.starts_with("SERVICE_");
    (!made_up && !NOT_SETTINGS.contains(&variable)).then(|| name.to_ascii_lowercase())
}

fn unknown(name: &str, source: &Source) -> Complaint {
    let near = did_you_mean(name, KEYS.iter().map(|key| key.name));
    Complaint::new("config.unknown_key", format!("{source}: there is no setting `{name}`{near}"))
        .hint("`hookflow config check --defaults` prints every setting with its meaning")
}

fn wrong(key: &Key, value: &Value, wants: &str, source: &Source) -> Complaint {
    // A URL that is not quite right may hold a password all the same.
    let value = if key.name == "database" { "what it is".to_owned() } else { value.to_string() };
    Complaint::new("config.value", format!("{source}: `{}` must be {wants}, not {value}", key.name))
}

fn not_toml(path: &Path, file: &Option<(PathBuf, String)>, error: &toml::de::Error) -> Complaint {
    let before = file.as_ref().zip(error.span()).and_then(|((_, text), span)| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    Complaint::new("config.syntax", format!("{}:{line}: {}", path.display(), error.message()))
}

/// What one role leaves to others, nobody would do.
fn alone(settings: &Settings) -> Option<Complaint> {
    let shares = !settings.database.is_empty();
    (!shares && settings.role != ServerRole::All).then(|| {
        let sentence = format!("`role` is {}, but the database is this server's alone", settings.role.as_str());
        Complaint::new("config.role", sentence).hint("name a database that servers share, --database postgres://…")
    })
}

fn exposed(settings: &Settings) -> Option<Complaint> {
    let is_meant = settings.admin_insecure || settings.admin_https;
    let exposed = !settings.admin.ip().is_loopback() && !is_meant;
    let sentence = format!("the admin listener at {} could be reached from other machines", settings.admin);
    exposed.then(|| {
        Complaint::new("config.admin_insecure", sentence)
            .hint("keep `admin` on 127.0.0.1; or put https in front of it and set HOOKFLOW_ADMIN_HTTPS=true")
    })
}
