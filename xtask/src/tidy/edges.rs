//! One direction: which crate may use which, and what a room must never touch.
//!
//! Read from the `[dependencies]` of each crate; what only tests use may come from anywhere.

use toml::Table;

use super::{Finding, TextFile};

/// A room, the rooms below it, and crates it must not know.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const DATABASES: &[&str] = &["rusqlite", "tokio-postgres", "deadpool-postgres", "sqlx"];

const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        may_use: &[],
        never: &[
            "tokio",
            "tokio-util",
            "async-trait",
            "axum",
            "hyper",
            "reqwest",
            "getrandom",
            "rand",
            "uuid",
            "tracing",
            "jsonata-core",
            "tempfile",
        ],
    },
    Room { name: "store", may_use: &["domain"], never: &["axum", "hyper", "reqwest", "getrandom", "rand"] },
    Room { name: "nodes", may_use: &["domain"], never: &["axum", "hyper"] },
    Room { name: "engine", may_use: &["domain", "store", "nodes"], never: &["axum", "hyper", "reqwest"] },
    Room { name: "server", may_use: &["domain", "store", "nodes", "engine"], never: &["reqwest"] },
];

const ROOM_NAMES: &[&str] = &["domain", "store", "nodes", "engine", "server", "hookflow"];

const ONE_DIRECTION: &str = "rooms use the rooms below them only (ARCHITECTURE.md, One direction)";
const NEVER: &str = "each room touches only what it is there for (ARCHITECTURE.md, One direction)";
const PURE: &str = "the domain is pure: times and ids are passed in, I/O happens elsewhere";

const FUZZING: &str = "what is private is opened for the crate `fuzz` alone, and nothing is built on that";

/// What only other rooms do, as it would stand in the domain's code.
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "TcpStream",
    "UdpSocket",
];

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().flat_map(manifest).collect();
    findings.extend(files.iter().flat_map(fuzzing));
    let domain = files.iter().filter(|file| file.path.starts_with("crates/domain/src/") && file.extension() == "rs");
    for file in domain {
        for (line, text) in file.program_lines() {
            let impure = IMPURE.iter().find(|name| text.contains(**name));
            findings.extend(impure.map(|name| file.error(line, format!("`{name}` in the domain"), PURE)));
        }
    }
    findings
}

fn manifest(file: &TextFile) -> Vec<Finding> {
    let folder = file.path.strip_prefix("crates/").and_then(|path| path.strip_suffix("/Cargo.toml"));
    let Some(room) = folder.and_then(|folder| ROOMS.iter().find(|room| room.name == folder)) else { return Vec::new() };
    let table: Table = match file.text.parse() {
        Ok(table) => table,
        Err(error) => return vec![file.error(1, error.to_string(), "a manifest is TOML")],
    };
    let Some(dependencies) = table.get("dependencies").and_then(toml::Value::as_table) else { return Vec::new() };
    let mut findings = Vec::new();
    for used in dependencies.keys().map(String::as_str) {
        let line = file.lines().find(|(_, text)| text.starts_with(used)).map_or(1, |(line, _)| line);
        let what = format!("{} uses {used}", room.name);
        if ROOM_NAMES.contains(&used) && !room.may_use.contains(&used) {
            findings.push(file.error(line, what, ONE_DIRECTION));
        } else if room.never.contains(&used) || (room.name != "store" && DATABASES.contains(&used)) {
            findings.push(file.error(line, what, NEVER));
        }
    }
    findings
}

/// Uses of the crate `fuzz`, and of the door that `server` has for it, anywhere else.
fn fuzzing(file: &TextFile) -> Vec<Finding> {
    if !file.path.ends_with("Cargo.toml") || file.path.starts_with("fuzz/") {
        return Vec::new();
    }
    // What is not TOML, cargo tells better.
    let table: Table = file.text.parse().unwrap_or_default();
    let dependencies = ["dependencies", "dev-dependencies"].into_iter().filter_map(|kind| table.get(kind)?.as_table());
    let uses = dependencies.flatten().filter(|(name, how)| {
        let features = how.get("features").and_then(toml::Value::as_array);
        *name == "fuzz" || features.is_some_and(|features| features.iter().any(|on| on.as_str() == Some("fuzzing")))
    });
    uses.map(|(name, _)| {
        let line = file.lines().find(|(_, text)| text.starts_with(name.as_str())).map_or(1, |(line, _)| line);
        file.error(line, format!("{name} for fuzzing"), FUZZING)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn an_edge_that_points_up_is_found() {
        let manifest = "[dependencies]\ndomain.workspace = true\nengine = { workspace = true }\nrusqlite = '1'\n[dev-dependencies]\nserver = '1'\n";
        let expected =
            ["crates/nodes/Cargo.toml:3: nodes uses engine", "crates/nodes/Cargo.toml:4: nodes uses rusqlite"];
        assert_eq!(found(check, &[("crates/nodes/Cargo.toml", manifest)]), expected);
        assert_eq!(found(check, &[("crates/cli/Cargo.toml", manifest)]), [""; 0]);
    }

    #[test]
    fn what_is_open_for_fuzzing_is_used_by_fuzz_alone() {
        let manifest =
            "[dependencies]\nfuzz = '1'\n[dev-dependencies]\nserver = { workspace = true, features = ['fuzzing'] }\n";
        let files =
            [("bench/Cargo.toml", manifest), ("fuzz/Cargo.toml", manifest), ("fuzz/targets/Cargo.toml", manifest)];
        assert_eq!(
            found(check, &files),
            ["bench/Cargo.toml:2: fuzz for fuzzing", "bench/Cargo.toml:4: server for fuzzing"]
        );
    }

    #[test]
    fn a_clock_in_the_domain_is_found_but_not_in_its_tests() {
        let text = "//! SystemTime\nfn now() { SystemTime::now() }\n#[cfg(test)]\nmod tests { std::fs::read() }\n";
        let files = [
            ("crates/domain/src/time.rs", text),
            ("crates/domain/src/a/tests.rs", text),
            ("crates/engine/src/a.rs", text),
        ];
        assert_eq!(found(check, &files), ["crates/domain/src/time.rs:2: `SystemTime` in the domain"]);
    }
}
