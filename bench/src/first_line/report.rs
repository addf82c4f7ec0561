//! The page of numbers.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::Options;
use crate::load::Report;
use crate::machine;

/// One case over all rounds.
pub(super) struct Line {
    name: &'static str,
    per_second: Vec<f64>,
    /// p50, p95, p99 of each round; none where no caller waits.
    latencies: [Vec<Duration>; 3],
}

impl Line {
    pub(super) const BARE: Self = Self::new("bare axum handler, answers");
    pub(super) const SYNC: Self = Self::new("sync: condition → response, answers");
    pub(super) const ACCEPTED: Self = Self::new("async: accepted, answers");
    pub(super) const FINISHED: Self = Self::new("async: end to end, finished executions");

    const fn new(name: &'static str) -> Self {
        Self { name, per_second: Vec::new(), latencies: [const { Vec::new() }; 3] }
    }

    pub(super) fn add(&mut self, report: &Report) {
        self.add_rate(report.answers_per_second());
        for (times, percent) in self.latencies.iter_mut().zip([50.0, 95.0, 99.0]) {
            times.push(report.percentile(percent));
        }
    }

    pub(super) fn add_rate(&mut self, per_second: f64) {
        self.per_second.push(per_second);
    }

    fn median(&self) -> f64 {
        median(&self.per_second)
    }

    fn row(&self, bare: f64) -> String {
        let lowest = self.per_second.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.per_second.iter().copied().fold(0.0, f64::max);
        let [p50, p95, p99] = self.latencies.each_ref().map(|times| {
            let times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
            if times.is_empty() { "–".to_owned() } else { format!("{:.2} ms", median(&times)) }
        });
        let ratio = 100.0 * self.median() / bare;
        format!(
            "| {} | {:.0} | {lowest:.0} – {highest:.0} | {ratio:.0} % | {p50} | {p95} | {p99} |",
            self.name,
            self.median()
        )
    }
}

/// The middle value; the mean of the two in the middle of an even number.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        len if len % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// Everything that goes on the page. The first line is the bare handler.
pub(super) struct Page<'a> {
    pub(super) options: &'a Options,
    pub(super) lines: &'a [Line],
    pub(super) version: String,
    pub(super) data: &'a Path,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { rounds, seconds, connections, .. } = self.options;
        let flush = machine::flush_time(self.data)
            .map_or_else(|_| "unknown".to_owned(), |time| format!("{:.2} ms", time.as_secs_f64() * 1e3));
        writeln!(
            f,
            "# Benchmarks\n\n\
             Written by `bench first-line` and, further down, `bench live`; run them again instead of editing.\n\n\
             | what | a second, median | lowest – highest | of bare | p50 | p95 | p99 |\n\
             |---|---:|---:|---:|---:|---:|---:|"
        )?;
        let bare = self.lines.first().map_or(0.0, Line::median);
        for line in self.lines {
            writeln!(f, "{}", line.row(bare))?;
        }
        writeln!(
            f,
            "\n{rounds} rounds of {seconds} s for each case, in turns, after a warm-up; {connections} connections that wait \
             for each answer before they ask again; body of 1 KB. Every answer was a 200. The loader runs on the same \
             cores as the server.\n\n\
             *End to end* counts finished executions (`hookflow_executions_finished_total`) from the first request until \
             the queue was drained. Every answer of Hookflow left after its record was flushed to disk; the bare handler \
             keeps nothing. Latencies are medians over the rounds.\n\n\
             | | |\n|---|---|\n\
             | Hookflow | {version} |\n\
             | processor | {cpu}, {cores} cores |\n\
             | kernel | Linux {kernel} |\n\
             | data on | {file_system}; one flush of 4 KiB takes {flush} (median) |\n\n\
             ```\n\
             make bench\n\
             ```",
            version = self.version,
            cpu = machine::cpu_model(),
            cores = machine::cores(),
            kernel = machine::kernel(),
            file_system = machine::file_system(self.data),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_median_spread_and_ratio() {
        let mut line = Line::FINISHED;
        for rate in [300.0, 100.0, 200.0] {
            line.add_rate(rate);
        }
        assert_eq!(line.row(400.0), "| async: end to end, finished executions | 200 | 100 – 300 | 50 % | – | – | – |");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }
}
