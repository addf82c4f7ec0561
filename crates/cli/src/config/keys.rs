//! Every key with what it holds.

use std::net::SocketAddr;

use nodes::outbound;
use server::BasePath;
use store::ServerRole;
use toml::Value;

use super::DatabaseUrl;

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
}

/// What the value of a key is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holds {
    /// `127.0.0.1:13000`
    Address,
    /// `https://hooks.example.com`, or empty.
    Origin,
    /// `/hookflow/`, or `/`.
    Path,
    Folder,
    /// A path, or empty.
    File,
    /// `postgres://hookflow@db.example.com/hookflow`, or empty.
    Database,
    /// `all`, `hooks`, `worker` or `admin`.
    Role,
    Flag,
    /// `["10.0.0.0/8", "127.0.0.1"]`, or the same as text with commas.
    Networks,
    /// As `tracing_subscriber::EnvFilter` reads them.
    LogDirectives,
    Count {
        min: u64,
        max: u64,
    },
}

use Holds::{Address, Database, File, Flag, Folder, LogDirectives, Networks, Origin, Path, Role};

const fn key(name: &'static str, holds: Holds) -> Key {
    Key { name, holds }
}

const fn count(name: &'static str, min: u64, max: u64) -> Key {
    Key { name, holds: Holds::Count { min, max } }
}

/// In the order of the default file.
pub(crate) const KEYS: &[Key] = &[
    key("hooks", Address),
    key("admin", Address),
    key("admin_insecure", Flag),
    key("admin_base_path", Path),
    key("admin_https", Flag),
    key("public_url", Origin),
    key("trusted_proxies", Networks),
    key("data", Folder),
    key("database", Database),
    key("role", Role),
    key("key_file", File),
    count("body_bytes_max", 1 << 10, 1 << 30),
    count("body_depth_max", 1, 64),
    count("connections_max", 1, 1_000_000),
    count("head_bytes_max", 1 << 13, 1 << 20),
    count("head_timeout_ms", 100, 600_000),
    count("body_timeout_ms", 100, 3_600_000),
    count("body_rate_min", 1, 1 << 30),
    count("inflating_max", 1, 1_000),
    count("hops_max", 0, 1_000_000),
    count("write_timeout_ms", 100, 3_600_000),
    count("idle_timeout_ms", 100, 3_600_000),
    count("executions_running_max", 1, 100_000),
    count("executions_running_per_workflow_max", 1, 100_000),
    count("heavy_threads", 0, 256),
    count("executions_in_memory_max", 1, 1_000_000),
    count("executions_in_memory_per_workflow_max", 1, 1_000_000),
    count("turn_wait_max_ms", 0, 10_000),
    count("refusals_held_max", 0, 1_000_000),
    count("body_bytes_in_memory_max", 1 << 20, 64 << 30),
    count("body_bytes_in_memory_per_workflow_max", 1 << 20, 64 << 30),
    count("parsed_bytes_max", 1 << 20, 64 << 30),
    key("outbound_allow", Networks),
    count("store_readers", 1, 64),
    count("store_batch_bytes_max", 1 << 16, 1 << 30),
    count("store_queue_bytes_max", 1 << 20, 64 << 30),
    count("store_database_bytes_max", 0, 1 << 48),
    count("retention_days", 1, 36_500),
    count("retention_executions_max", 1, 1_000_000_000),
    count("request_log_per_workflow_max", 0, 1_000_000),
    count("request_log_max", 0, 10_000_000),
    count("refused_body_bytes_max", 0, 1 << 20),
    count("request_log_queue_max", 1, 1_000_000),
    count("live_changes_max", 1, 10_000_000),
    count("live_changes_per_second_max", 1, 100_000_000),
    count("live_listeners_max", 0, 448),
    count("session_idle_hours", 1, 8_760),
    count("session_max_hours", 1, 8_760),
    count("lease_ms", 1_000, 600_000),
    count("stop_grace_ms", 0, 600_000),
    count("drain_ms", 0, 600_000),
    key("log", LogDirectives),
];

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

impl Key {
    /// The value as the key holds it; numbers and flags may come as text, as they do from the
    /// environment. `Err` says what the key wants.
    pub(crate) fn read(&self, value: &Value) -> Result<Value, String> {
        let text = value.as_str();
        match self.holds {
            Holds::Count { min, max } => {
                let number = value.as_integer().or_else(|| text?.trim().parse().ok());
                number
                    .filter(|number| u64::try_from(*number).is_ok_and(|number| (min..=max).contains(&number)))
                    .map(Value::Integer)
                    .ok_or_else(|| format!("a number from {min} to {max}"))
            }
            Flag => {
                let flag = value.as_bool().or_else(|| text?.trim().parse().ok());
                flag.map(Value::Boolean).ok_or_else(|| "true or false".to_owned())
            }
            Address => text
                .filter(|text| text.parse::<SocketAddr>().is_ok())
                .map(Value::from)
                .ok_or_else(|| "an address and a port, such as 127.0.0.1:13000".to_owned()),
            Origin => text.and_then(origin).map(Value::String).ok_or_else(|| {
                "scheme and host without a path, such as https://hooks.example.com, or empty".to_owned()
            }),
            Path => text.filter(|text| text.parse::<BasePath>().is_ok()).map(Value::from).ok_or_else(|| {
                "a path with a slash at both ends, such as /hookflow/, that begins with none of ours".to_owned()
            }),
            Networks => networks(value)
                .ok_or_else(|| "addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or none".to_owned()),
            Folder => {
                text.filter(|text| !text.is_empty()).map(Value::from).ok_or_else(|| "the path of a folder".to_owned())
            }
            File => text.map(Value::from).ok_or_else(|| "the path of a file, or empty".to_owned()),
            Database => text
                .filter(|text| DatabaseUrl::read(text).is_some())
                .map(Value::from)
                .ok_or_else(|| "a URL such as postgres://hookflow@db.example.com/hookflow, or empty".to_owned()),
            Role => text
                .filter(|text| text.parse::<ServerRole>().is_ok())
                .map(Value::from)
                .ok_or_else(|| "all, hooks, worker or admin".to_owned()),
            LogDirectives => text
                .filter(|text| !text.trim().is_empty() && tracing_subscriber::EnvFilter::try_new(text).is_ok())
                .map(Value::from)
                .ok_or_else(|| "error, warn, info, debug or trace, or directives such as info,store=debug".to_owned()),
        }
    }
}

/// As a list. `None` unless each is an address or a network.
fn networks(value: &Value) -> Option<Value> {
    let list: Option<Vec<&str>> = match value {
        Value::String(text) => Some(text.split(',').map(str::trim).filter(|network| !network.is_empty()).collect()),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    };
    list.filter(|list| outbound::Networks::parse(list.iter().copied()).is_ok()).map(Value::from)
}

/// Without the slash at its end; empty for none.
fn origin(text: &str) -> Option<String> {
    if text.is_empty() { Some(String::new()) } else { outbound::origin(text) }
}
