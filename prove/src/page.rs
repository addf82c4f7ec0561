//! `docs/proofs.md`, made from what each row left behind.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use bench::machine;

use crate::figures::Outcome;

/// Every row that is tried, with what it promises.
pub const PROMISES: &[(&str, &str)] = &[
    ("R1", "A 2xx means that the event is on disk: a kill at any moment loses none."),
    ("R1 several", "The same with several servers on one PostgreSQL, whichever is killed."),
    ("R2", "The same when the power goes."),
    ("R3", "A disk that fails is never taken at its word again: no false 2xx, and the server ends."),
    ("R4", "A full disk is answered 503, and passes by itself when there is room."),
    (
        "R5",
        "What is recorded as finished never runs again; what was in flight runs once more at most a crash, with the same key.",
    ),
    ("R6", "A node that `ask`s is never repeated on its own: a person decides."),
    (
        "R7",
        "An execution never has two that write, though one of them was frozen and does not know that it was thought dead.",
    ),
    ("R8", "What a killed server ran goes on at the others within 20 s."),
    (
        "R9",
        "A start does not grow with what waits: 2xx within 2 s, moving within 5 s, no more than 50 MB above the least.",
    ),
    (
        "R10",
        "A workflow that burns, hangs, floods or calls itself does not starve the others: the p99 of nine of them at most doubles.",
    ),
    (
        "R12",
        "Five times what the server can do: every request is answered 2xx, 429 or 503, about as many with 2xx as ever, with 256 MB of memory at most, and 10 s later all is as before.",
    ),
    ("R16", "SIGTERM drains: who was accepted is answered, exit 0."),
    (
        "R16 several",
        "One of several servers after the other is restarted: everybody is answered, and what it ran goes on at once elsewhere.",
    ),
    ("R17", "Jumps of the clock lose nothing and make nothing happen twice."),
    ("R17 several", "The same with servers whose clocks differ: leases are by the database's."),
    (
        "R18",
        "PostgreSQL is killed, stopped, frozen, or succeeded by its synchronous standby: nothing that was acknowledged is lost, callers get 503 meanwhile, and within 5 s of its return all is as before.",
    ),
    (
        "R19",
        "A server that is cut off from PostgreSQL says so within 15 s and acknowledges nothing, others take over what it ran, and it writes nothing over them.",
    ),
    (
        "R20",
        "The next version migrates and runs beside this one, which goes on; killed in a step of its migration, it has left all of it or nothing; what cannot go on beside a step is told.",
    ),
    ("R22", "Retries keep their schedule and their limits whatever the far side does."),
    (
        "R24",
        "Descriptors, threads and memory do not grow with time; without a descriptor left the server waits, and comes back.",
    ),
    ("S7", "Thousands of slow senders and readers at most double the p99 of one who means well."),
];

/// Reads what is there; a row that left nothing is said to have been left out.
pub fn page(folder: &Path) -> Result<String> {
    let mut text = String::from(
        "# Proofs\n\n\
         Written by `prove page` from what was measured; run `make prove` again instead of editing. What a row\n\
         promises in full, and what is not promised, stands in [What a 2xx means](guides/what-a-2xx-means.md).\n\n\
         | row | promise | held | what was done | figures | date, commit |\n|---|---|---|---|---|---|\n",
    );
    let mut commands = String::new();
    for (row, promise) in PROMISES {
        let kept = std::fs::read(folder.join(format!("{row}.json"))).ok();
        let Some(outcome) = kept.map(|kept| serde_json::from_slice::<Outcome>(&kept)).transpose()? else {
            writeln!(text, "| {row} | {promise} | not run | | | |")?;
            continue;
        };
        let Outcome { did, figures, violations, skipped, command, date, commit, .. } = &outcome;
        match skipped {
            Some(why) => writeln!(text, "| {row} | {promise} | SKIPPED ({why}) | | | {date}, {commit} |")?,
            None => {
                let held = if outcome.held() { "yes".to_owned() } else { format!("**no**: {}", violations.join("; ")) };
                writeln!(
                    text,
                    "| {row} | {promise} | {} | {} | {} | {date}, {commit} |",
                    cell(&held),
                    cell(did),
                    cell(figures)
                )?;
            }
        }
        writeln!(commands, "{command:60}  # {row}")?;
    }
    write!(
        text,
        "\nZero losses in 300 kills bound the chance of a loss at one kill below 1 % (95 % sure).\n\n\
         ```\nmake prove\n```\n\nor a row alone, after it has built the programs:\n\n```\n{commands}```\n\n\
         | | |\n|---|---|\n| processor | {}, {} cores |\n| kernel | Linux {} |\n",
        machine::cpu_model(),
        machine::cores(),
        machine::kernel(),
    )?;
    Ok(text)
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_was_measured_or_that_it_was_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut broken = Outcome::new("R1");
        broken.violation("2 lost | gone");
        broken.keep(folder.path()).expect("kept");
        Outcome::skipped("R2", "needs root").keep(folder.path()).expect("kept");
        let page = page(folder.path()).expect("a page");
        assert!(page.contains("| **no**: 2 lost \\| gone |"), "{page}");
        assert!(page.contains("| SKIPPED (needs root) |"), "{page}");
        assert!(page.contains(
            "never runs again; what was in flight runs once more at most a crash, with the same key. | not run |"
        ));
    }
}
