//! The section of the page.

use std::fmt::Write as _;

use anyhow::Result;

use super::beside::Peers;
use super::case::{Case, Program, Turn};
use super::commits::Commits;
use super::open::Open;
use super::rest::Rest;
use super::{CONNECTIONS, Line, Options, USUAL};
use crate::body::Body;
use crate::figures::{grouped, median, spread};
use crate::machine;

const HEADING: &str = "## Beside the limits\n";

impl Line {
    fn of(&self, figure: impl Fn(&Turn) -> f64) -> Vec<f64> {
        self.turns.iter().map(figure).collect()
    }

    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(&self.of(figure))
    }

    /// Of the limit's figure in the same round.
    fn ratios(&self, limit: &Self, figure: impl Fn(&Turn) -> f64) -> Vec<f64> {
        self.turns.iter().zip(&limit.turns).map(|(own, limit)| figure(own) / figure(limit)).collect()
    }

    /// Its rate and its p99 beside its limit's.
    fn beside_limit(&self, lines: &[Self]) -> [String; 2] {
        let limit = self.case.limit().and_then(|limit| lines.iter().find(|line| line.case == limit));
        let Some(limit) = limit else { return [String::new(), String::new()] };
        let rates = self.ratios(limit, |turn| turn.per_second);
        let (lowest, highest) = spread(&rates);
        let p99s = median(&self.ratios(limit, |turn| turn.latencies[2]));
        [format!("**{:.2}** ({lowest:.2} – {highest:.2})", median(&rates)), format!("{p99s:.1} ×")]
    }
}

/// Markdown, from its heading on.
pub(super) fn section(
    options: &Options,
    lines: &[Line],
    peers: &Peers,
    loops: &[Commits],
    rest: &Rest,
    opens: &[Open],
) -> Result<String> {
    let mut text = HEADING.to_owned();
    machine(&mut text, options, rest)?;
    usual(&mut text, options, lines, peers)?;
    more(&mut text, lines)?;
    commits(&mut text, loops)?;
    open(&mut text, opens)?;
    others(&mut text, options, rest)?;
    Ok(text)
}

fn machine(text: &mut String, options: &Options, rest: &Rest) -> Result<()> {
    let flush = machine::flush_time(&options.data_in).map_or_else(
        |_| "unknown".to_owned(),
        |(median, p99)| {
            format!("{:.2} ms (median), {:.2} ms (p99)", median.as_secs_f64() * 1e3, p99.as_secs_f64() * 1e3)
        },
    );
    write!(
        text,
        "\n| | |\n|---|---|\n\
         | Hookflow | {} |\n\
         | processor | {}; {} cores for server and loader together |\n\
         | kernel | Linux {} |\n\
         | data on | {}; one flush of 4 KiB takes {flush} |\n\
         | command | `make bench` |\n",
        rest.version,
        machine::cpu_model(),
        machine::cores(),
        machine::kernel(),
        machine::file_system(&options.data_in),
    )?;
    Ok(())
}

fn usual(text: &mut String, options: &Options, lines: &[Line], peers: &Peers) -> Result<()> {
    write!(
        text,
        "\n### {USUAL} connections, 1 KB\n\n\
         | what | a second, median | lowest – highest | of its limit | p50 | p95 | p99 | p99 to its limit's | CPU of 1,000 | the loader's | memory, peak |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )?;
    for line in lines.iter().filter(|line| (line.case.connections, line.case.body) == (USUAL, Body::Order)) {
        let (lowest, highest) = spread(&line.of(|turn| turn.per_second));
        let [rate, p99] = line.beside_limit(lines);
        let [p50, p95, own_p99] = [0, 1, 2].map(|at| line.median(|turn| turn.latencies[at]));
        writeln!(
            text,
            "| {} | {} | {} – {} | {rate} | {p50:.2} ms | {p95:.2} ms | {own_p99:.2} ms | {p99} | {:.1} ms | {:.1} ms | {:.0} MB |",
            line.case.program.name(),
            grouped(line.median(|turn| turn.per_second)),
            grouped(lowest),
            grouped(highest),
            line.median(|turn| turn.cpu),
            line.median(|turn| turn.loader_cpu),
            line.median(|turn| turn.peak as f64) / 1e6,
        )?;
    }
    for line in &peers.lines {
        let of = |figure: fn(&Turn) -> f64| line.turns.iter().map(figure).collect::<Vec<_>>();
        let (lowest, highest) = spread(&of(|turn| turn.per_second));
        writeln!(
            text,
            "| {}. Keeps {} | {} | {} – {} | | {:.2} ms | {:.2} ms | {:.2} ms | | {:.1} ms | {:.1} ms | {:.0} MB |",
            line.name,
            line.persists,
            grouped(median(&of(|turn| turn.per_second))),
            grouped(lowest),
            grouped(highest),
            median(&of(|turn| turn.latencies[0])),
            median(&of(|turn| turn.latencies[1])),
            median(&of(|turn| turn.latencies[2])),
            median(&of(|turn| turn.cpu)),
            median(&of(|turn| turn.loader_cpu)),
            median(&of(|turn| turn.peak as f64)) / 1e6,
        )?;
    }
    for missing in &peers.missing {
        write!(text, "\n{missing}\n")?;
    }
    write!(
        text,
        "\n{} rounds of {:.1} s for each case, in turns, each on a server and a folder of its own, after a warm-up. Every \
         connection waits for its answer before it asks again. Every answer was a 200. A ratio is that of two turns of \
         one round, a figure the median over the rounds. *End to end* counts executions that have ended, until the last \
         one has; its latencies are those of the answers. Every answer of Hookflow, of `sync` and of `async` left after \
         its record was flushed to disk; `bare` and `json` keep nothing. The programs stand in `bench/limit`, how the peers \
         are set up in `bench/peers`; a peer's memory is the sum over its processes, and an asynchronous one may have \
         answered more than it has run.\n",
        options.rounds,
        options.time().as_secs_f64()
    )?;
    Ok(())
}

/// The same by connections and bodies: rate, ratio, p99.
fn more(text: &mut String, lines: &[Line]) -> Result<()> {
    let cell = |program, connections, body| {
        let case = Case::new(program, connections, body);
        let Some(line) = lines.iter().find(|line| line.case == case) else { return String::new() };
        let [rate, _] = line.beside_limit(lines);
        let per_second = grouped(line.median(|turn| turn.per_second));
        format!("{per_second} | {rate} | {:.2} ms", line.median(|turn| turn.latencies[2]))
    };
    if lines.iter().all(|line| line.case.connections == USUAL && line.case.body == Body::Order) {
        return Ok(());
    }
    text.push_str(
        "\n### By connections and bodies\n\n\
         | connections | body | sync, a second | of its limit | p99 | async, a second | of its limit | p99 |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for body in [Body::Order, Body::Push] {
        for connections in CONNECTIONS {
            let (sync, queued) = (cell(Program::Sync, connections, body), cell(Program::Async, connections, body));
            writeln!(text, "| {connections} | {} | {sync} | {queued} |", body.size())?;
        }
    }
    text.push_str("\n1 KB is an order with one long text, 8 KB a push as GitHub sends it.\n");
    Ok(())
}

fn commits(text: &mut String, loops: &[Commits]) -> Result<()> {
    text.push_str(
        "\n### Whether the limits are limits\n\n\
         | limit | rows a batch | limit, a second | loop beside as much computing | limit of that loop | loop alone | limit of it alone |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for commits in loops {
        let of =
            |figure: fn(&super::commits::Loop) -> f64| median(&commits.turns.iter().map(figure).collect::<Vec<_>>());
        writeln!(
            text,
            "| `{}` | {:.0} | {} | {} | **{:.2}** | {} | {:.2} |",
            if commits.program == Program::LimitSync { "sync" } else { "async" },
            of(|turn| turn.rows_a_batch),
            grouped(of(|turn| turn.limit)),
            grouped(of(|turn| turn.beside)),
            of(|turn| turn.limit / turn.beside),
            grouped(of(|turn| turn.alone)),
            of(|turn| turn.limit / turn.alone),
        )?;
    }
    text.push_str(
        "\nThe loop commits the same rows in batches of the same size, without HTTP. Alone it has the cores to itself, \
         which no server under this load has: HTTP and the loader take more of them than SQLite does. So the ratio that \
         counts is to the loop beside which two threads compute, for each row, as long as HTTP and the loader took in \
         that round.\n",
    );
    Ok(())
}

fn open(text: &mut String, opens: &[Open]) -> Result<()> {
    text.push_str(
        "\n### At half of that load\n\n| what | a second | p50 | p95 | p99 | p99.9 |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for open in opens {
        write!(text, "| {} | {} |", open.program.name(), grouped(open.per_second))?;
        for times in &open.latencies {
            write!(text, " {:.2} ms |", median(times))?;
        }
        text.push('\n');
    }
    text.push_str(
        "\nRequests come evenly, at half of the rate above, whether or not earlier ones have been answered; a latency \
         counts from the moment a request was due.\n",
    );
    Ok(())
}

fn others(text: &mut String, options: &Options, rest: &Rest) -> Result<()> {
    let (soonest, latest) = spread(&rest.starts);
    let (slowest, fastest) = spread(&rest.drained);
    write!(
        text,
        "\n### Start, rest, backlog\n\n| what | median | lowest – highest |\n|---|---:|---:|\n\
         | from the start of the process to the first answer of a workflow | {:.0} ms | {soonest:.0} – {latest:.0} ms |\n\
         | memory of a server that nobody calls | {:.1} MB | |\n\
         | a backlog of {} asynchronous executions, a second | {} | {} – {} |\n\
         | CPU of 1,000 of them | {:.1} ms | |\n",
        median(&rest.starts),
        median(&rest.idle) / 1e6,
        grouped(options.backlog.into()),
        grouped(median(&rest.drained)),
        grouped(slowest),
        grouped(fastest),
        median(&rest.drained_cpu),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(program: Program, rates: [f64; 3]) -> Line {
        let turn = |per_second| Turn {
            per_second,
            latencies: [1.0, 2.0, 1e4 / per_second],
            cpu: 10.0,
            loader_cpu: 5.0,
            beside_writing: 5.0,
            peak: 50_000_000,
            rows_a_batch: 0.0,
        };
        Line { case: Case::new(program, USUAL, Body::Order), turns: rates.map(turn).to_vec() }
    }

    #[test]
    fn a_ratio_is_that_of_two_turns_of_one_round() {
        let limit = line(Program::LimitSync, [1_000.0, 100.0, 10.0]);
        let own = line(Program::Sync, [500.0, 80.0, 6.0]);
        // The medians of all rounds are 80 and 100, which would be 0.80.
        let lines = [limit, own];
        assert_eq!(lines[1].beside_limit(&lines), ["**0.60** (0.50 – 0.80)".to_owned(), "1.7 ×".to_owned()]);
        assert_eq!(lines[0].beside_limit(&lines)[0], "");
    }
}
