//! The section of the page.

use std::fmt::Write as _;

use super::case::{self, Case, Mode, Turn, Who};
use super::database::{SETTINGS, Server};
use super::{Line, Options};
use crate::figures::{grouped, median, spread};
use crate::machine;

const HEADING: &str = "## On PostgreSQL, one node to three\n";

impl Line {
    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(&self.turns.iter().map(figure).collect::<Vec<_>>())
    }

    /// Its rate of the other's in the same round: the median, and the lowest and the highest.
    fn ratio(&self, other: &Self) -> String {
        let ratios: Vec<f64> =
            self.turns.iter().zip(&other.turns).map(|(own, other)| own.per_second / other.per_second).collect();
        let (lowest, highest) = spread(&ratios);
        format!("**{:.2}** ({lowest:.2} – {highest:.2})", median(&ratios))
    }
}

/// Markdown, from its heading on.
pub(super) fn section(options: &Options, server: &Server, lines: &[Line]) -> String {
    let mut text = format!(
        "{HEADING}\n| | |\n|---|---|\n\
         | PostgreSQL | {}; {} |\n\
         | processor | {}; {} cores for PostgreSQL, nodes and loader together |\n\
         | data on | {}; one flush of 4 KiB takes {} |\n",
        server.version,
        SETTINGS.map(|setting| format!("`{setting}`")).join(", "),
        machine::cpu_model(),
        machine::cores(),
        machine::file_system(server.folder()),
        case::flush(server.folder()),
    );
    text += &tables(lines);
    text += &format!(
        "\n{} rounds of {:.1} s for each, in turns, each on an empty database of one PostgreSQL, after a second of warm-up. \
         {} connections in all, spread over the nodes, 1 KB. Every answer was a 200; executions are counted once \
         they have ended. A ratio is that of two turns of one round, a figure the median over the rounds. The limits are \
         `limit pg-sync` and `limit pg-async` in `bench/limit`: the same by one statement a batch over two connections. \
         Statements are what `pg_stat_statements` counts, `begin` and `commit` too, and what a node asks for by itself.\n",
        options.rounds,
        options.time().as_secs_f64(),
        options.connections
    );
    text
}

fn tables(lines: &[Line]) -> String {
    let mut text = String::new();
    for (mode, name) in [(Mode::Sync, "sync: condition → response"), (Mode::Async, "async: condition, end to end")] {
        let line = |who| lines.iter().find(|line| line.case == Case { mode, who });
        let (limit, one) = (line(Who::Limit), line(Who::Nodes(1)));
        write!(
            text,
            "\n### {name}\n\n\
             | who | a second, median | lowest – highest | of the limit | of one node | p50 | p99 | commits a second | statements each | log each |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        )
        .expect("a string takes all");
        let mut shares = "\n| processor time each | nodes | PostgreSQL | loader | PostgreSQL's share of all |\n\
                          |---|---:|---:|---:|---:|\n"
            .to_owned();
        for line in lines.iter().filter(|line| line.case.mode == mode) {
            let who = match line.case.who {
                Who::Limit => "limit".to_owned(),
                Who::Nodes(1) => "one node".to_owned(),
                Who::Nodes(count) => format!("{count} nodes"),
            };
            let is_limit = line.case.who == Who::Limit;
            let of = |other: Option<&Line>, counts: bool| {
                other.filter(|_| counts).map(|other| line.ratio(other)).unwrap_or_default()
            };
            let rates: Vec<f64> = line.turns.iter().map(|turn| turn.per_second).collect();
            let (lowest, highest) = spread(&rates);
            writeln!(
                text,
                "| {who} | {} | {} – {} | {} | {} | {:.2} ms | {:.2} ms | {} | {:.2} | {:.1} KB |",
                grouped(median(&rates)),
                grouped(lowest),
                grouped(highest),
                of(limit, !is_limit),
                of(one, !is_limit && line.case.who != Who::Nodes(1)),
                line.median(|turn| turn.latencies[0]),
                line.median(|turn| turn.latencies[1]),
                grouped(line.median(|turn| turn.commits_per_second)),
                line.median(|turn| turn.statements_each),
                line.median(|turn| turn.wal_bytes_each) / 1e3,
            )
            .expect("a string takes all");
            writeln!(
                shares,
                "| {who} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} % |",
                line.median(|turn| turn.nodes_us_each),
                line.median(|turn| turn.database_us_each),
                line.median(|turn| turn.loader_us_each),
                line.median(|turn| {
                    let all = turn.nodes_us_each + turn.database_us_each + turn.loader_us_each;
                    100.0 * turn.database_us_each / all
                }),
            )
            .expect("a string takes all");
        }
        text += &shares;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_held_against_the_limit_and_the_first_of_the_same_round() {
        let line = |who, rates: [f64; 2]| Line {
            case: Case { mode: Mode::Sync, who },
            turns: rates
                .map(|per_second| Turn {
                    per_second,
                    latencies: [1.0, 2.0],
                    nodes_us_each: 30.0,
                    database_us_each: 60.0,
                    loader_us_each: 10.0,
                    statements_each: 0.25,
                    wal_bytes_each: 2_800.0,
                    commits_per_second: 500.0,
                })
                .to_vec(),
        };
        let lines = [
            line(Who::Limit, [1_000.0, 2_000.0]),
            line(Who::Nodes(1), [800.0, 1_000.0]),
            line(Who::Nodes(2), [720.0, 1_100.0]),
        ];
        let text = tables(&lines);
        assert!(text.contains("| one node | 900 | 800 – 1,000 | **0.65** (0.50 – 0.80) |  |"), "{text}");
        assert!(
            text.contains("| 2 nodes | 910 | 720 – 1,100 | **0.64** (0.55 – 0.72) | **1.00** (0.90 – 1.10) |"),
            "{text}"
        );
        assert!(text.contains("| 2 nodes | 30 µs | 60 µs | 10 µs | 60 % |"), "{text}");
    }
}
