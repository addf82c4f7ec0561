//! SQL stands written out, and takes its times from the caller.

use super::{Finding, TextFile};

const CLOCK: &str =
    "times come from the caller; only leases, heartbeats and takeover (the file `server`) live by the database's clock";
const WRITTEN_OUT: &str =
    "SQL stands written out, values go in as parameters: nothing a sender wrote can become part of it";

/// Ways to ask the database for the time.
const CLOCKS: &[&str] = &[
    "now()",
    "current_timestamp",
    "current_time",
    "clock_timestamp",
    "datetime('now'",
    "unixepoch(",
    "julianday(",
    "strftime(",
];

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in
        files.iter().filter(|file| file.path.starts_with("crates/store/") && matches!(file.extension(), "rs" | "sql"))
    {
        for (line, text) in file.program_lines() {
            let text = text.to_lowercase();
            if file.stem() != "server" {
                let clock = CLOCKS.iter().find(|clock| asks(&text, clock));
                findings.extend(clock.map(|clock| file.error(line, format!("`{clock}` in SQL"), CLOCK)));
            }
            let built = ["select ", "insert ", "update ", "delete "]
                .iter()
                .any(|verb| text.contains(&format!("format!(\"{verb}")));
            // A move reads and writes every column there is: its statements are made from the list of them.
            if built && file.stem() != "moving" {
                findings.push(file.error(line, "SQL built from text", WRITTEN_OUT));
            }
        }
    }
    findings
}

/// As a word of SQL, not as the end of `Instant::now()`.
fn asks(text: &str, clock: &str) -> bool {
    let before = |at: usize| text[..at].chars().next_back();
    text.match_indices(clock).any(|(at, _)| !before(at).is_some_and(|c| c.is_alphanumeric() || "_:.".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn the_databases_clock_is_for_leases_only() {
        let text = "let a = Instant::now();\n\"update x set at = now()\"\n";
        let files = [
            ("crates/store/src/sqlite/execution.rs", text),
            ("crates/store/src/sqlite/server.rs", text),
            ("crates/engine/src/a.rs", text),
        ];
        assert_eq!(found(check, &files), ["crates/store/src/sqlite/execution.rs:2: `now()` in SQL"]);
    }

    #[test]
    fn sql_made_by_format_is_found() {
        let text =
            "let sql = format!(\"select * from {table}\");\nlet sql = \"select 1\";\nformat!(\"pragma x = {n}\")";
        assert_eq!(
            found(check, &[("crates/store/src/sqlite/a.rs", text), ("crates/store/src/sqlite/moving.rs", text)]),
            ["crates/store/src/sqlite/a.rs:1: SQL built from text"]
        );
    }
}
