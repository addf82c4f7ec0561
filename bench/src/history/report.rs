//! The section of the page.

use std::time::Duration;

use super::load::Turn;
use super::pages::ASKED;
use super::prune::Pruned;
use super::{DAYS, Options, Size, WORKFLOWS};
use crate::figures::median;

pub(super) fn section(options: &Options, sizes: &[Size], pruned: Option<&Pruned>) -> String {
    let mut text = "## History\n\n".to_owned();
    table(&mut text, sizes, "executions in the history", |size| thousands(size.count));
    rule(&mut text, sizes);
    table(&mut text, sizes, "size of the file", |size| format!("{:.2} GB", size.bytes as f64 / 1e9));
    table(&mut text, sizes, "start after a stop, cold file: first answer", |size| ms(size.starts.stopped));
    table(&mut text, sizes, "… `/readyz`", |size| ms(size.starts.ready));
    table(&mut text, sizes, "start after a kill under load: first answer", |size| ms(size.starts.killed));
    table(&mut text, sizes, "… the largest log it found", |size| mb(size.starts.log_bytes));
    for (name, turns) in [("sync", (|size| &size.sync) as fn(&Size) -> &Vec<Turn>), ("async", |size| &size.queued)] {
        table(&mut text, sizes, &format!("{name}: executions a second"), |size| {
            format!("{:.0}", median_of(turns(size), |turn| turn.per_second))
        });
        table(&mut text, sizes, "… of those with an empty history", |size| {
            ratio(turns(&sizes[0]), turns(size), |turn| turn.per_second)
        });
        table(&mut text, sizes, "… processor time of the server for 1,000", |size| {
            format!("{:.1} ms", median_of(turns(size), |turn| turn.cpu))
        });
        table(&mut text, sizes, "… of that with an empty history", |size| {
            ratio(turns(&sizes[0]), turns(size), |turn| turn.cpu)
        });
        table(&mut text, sizes, "… p99", |size| {
            format!("{:.1} ms", median_of(turns(size), |turn| turn.p99.as_secs_f64() * 1e3))
        });
    }
    table(&mut text, sizes, "memory after the start, idle", |size| mb(size.idle.started));
    table(&mut text, sizes, "… once all of the lists were read", |size| mb(size.idle.looked));
    table(&mut text, sizes, "… at most, under the loads", |size| mb(size.peak));

    text += "\nWhat the pages ask for, the slowest of five times; in brackets the first time, the file being on the disk alone:\n\n";
    table(&mut text, sizes, "executions in the history", |size| thousands(size.count));
    rule(&mut text, sizes);
    for (at, (name, _)) in ASKED.iter().enumerate() {
        table(&mut text, sizes, name, |size| {
            let look = size.looked.0[at];
            format!("{} ({})", ms(look.warm), ms(look.cold))
        });
    }
    if let Some(Pruned { p99: [p99, p99_then], per_second: [rate, rate_then], pruned }) = pruned {
        text += &format!(
            "\nRetention with the default settings prunes the largest: {pruned:.0} executions a second go. Callers on 8 connections: \
             {rate:.0} answers a second and p99 {p99:.2} ms before, {rate_then:.0} and {p99_then:.2} ms meanwhile ({:.2} times).\n",
            p99_then.as_secs_f64() / p99.as_secs_f64(),
            p99 = p99.as_secs_f64() * 1e3,
            p99_then = p99_then.as_secs_f64() * 1e3,
        );
    }
    text + &format!(
        "\nThe histories are copies of real executions of {WORKFLOWS} workflows (the sync and the async one of above), with 1 KB of \
         body each, spread over {DAYS} days. All servers run at the same time, and take their turns: {} rounds of {:.1} s of \
         each load on {} connections; a ratio is that of one round. Starts are the slowest of three.\n",
        options.rounds,
        options.millis as f64 / 1e3,
        options.connections
    )
}

fn table(text: &mut String, sizes: &[Size], name: &str, cell: impl Fn(&Size) -> String) {
    let cells: Vec<String> = sizes.iter().map(cell).collect();
    *text += &format!("| {name} | {} |\n", cells.join(" | "));
}

fn rule(text: &mut String, sizes: &[Size]) {
    *text += &format!("|---|{}\n", "---:|".repeat(sizes.len()));
}

fn median_of(turns: &[Turn], of: impl Fn(&Turn) -> f64) -> f64 {
    median(&turns.iter().map(of).collect::<Vec<_>>())
}

/// Round by round.
fn ratio(empty: &[Turn], turns: &[Turn], of: impl Fn(&Turn) -> f64) -> String {
    let ratios: Vec<f64> = turns.iter().zip(empty).map(|(turn, empty)| of(turn) / of(empty)).collect();
    format!("{:.2}", median(&ratios))
}

fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn mb(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn thousands(count: u32) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    groups.join(",")
}
