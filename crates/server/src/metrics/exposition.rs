//! Each metric by its name, with what it means.
//!
//! Names as Prometheus wants them: base units (seconds, bytes) at the end; the encoder adds `_total`.

use std::fmt;

use engine::Engine;
use engine::counters::Counters;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use store::{Distribution, ServerRole, Stats};

use super::{ByCode, ListenerMetrics, Metrics};
use crate::probes::Readiness;

/// Who is asked when someone looks.
#[derive(Debug)]
pub(crate) enum Source {
    Server {
        engine: Engine,
        readiness: Readiness,
    },
    /// Nobody: for the reference, which wants names and no numbers.
    Nothing,
}

impl Source {
    fn servers(&self) -> Vec<ServerRole> {
        match self {
            Self::Server { engine, .. } => engine.servers(),
            Self::Nothing => Vec::new(),
        }
    }

    fn ask(&self) -> (Counters, Stats, bool) {
        match self {
            Self::Server { engine, readiness } => {
                (engine.counters(), engine.store().stats(), readiness.check().is_ok())
            }
            Self::Nothing => {
                let ended = domain::execution::status::End::ALL.iter().map(|end| ((*end).into(), 0));
                (Counters { ended: ended.collect(), ..Counters::default() }, Stats::default(), false)
            }
        }
    }
}

/// Everything that is counted, as a scrape gets it.
#[derive(Debug)]
pub(super) struct Exposition {
    pub(super) metrics: Metrics,
    pub(super) source: Source,
}

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (engine, store, ready) = self.source.ask();
        let servers = self.source.servers();
        let mut out = Out(encoder);
        self.requests(&mut out)?;
        executions(&mut out, &engine)?;
        live(&mut out, &engine)?;
        database(&mut out, &store)?;
        self.listeners(&mut out)?;
        let of_role = |role: ServerRole| servers.iter().filter(|other| **other == role).count() as u64;
        out.gauges(
            "servers",
            "Servers that live on this database, this one included, by their role. Known by the last beat of the lease.",
            ServerRole::EVERY.into_iter().map(|role| ([("role", role.as_str())], of_role(role))),
        )?;
        out.gauge("ready", "1 while /readyz says yes.", None, u64::from(ready))
    }
}

impl Exposition {
    fn requests(&self, out: &mut Out<'_>) -> fmt::Result {
        out.counters(
            "requests_refused",
            "Requests that the checks of an endpoint turned away, by their code. hook.busy: a 429, the workflow has as many as it can take. hook.not_durable: a 503, nothing could be kept.",
            self.metrics.hooks.refused.each().map(|(code, count)| ([("code", code)], count)),
        )?;
        out.counters(
            "requests_over_limit",
            "Of these, requests that ran into a limit, by the setting that says how much it is.",
            self.metrics.hooks.over.each().map(|(limit, count)| ([("limit", limit)], count)),
        )?;
        out.times(
            "answer_duration",
            "From the head of a request to an endpoint until its answer is ready, refusals too. Senders that hung up are left out.",
            &self.metrics.hooks.answer_times.distribution(),
        )
    }

    fn listeners(&self, out: &mut Out<'_>) -> fmt::Result {
        let listeners =
            || [("hooks", &self.metrics.hooks_listener), ("admin", &self.metrics.admin_listener)].into_iter();
        let by_listener = |count: fn(&ListenerMetrics) -> u64| {
            listeners().map(move |(name, listener)| ([("listener", name)], count(listener)))
        };
        let faults = listeners().flat_map(|(name, listener)| {
            listener.faults.each().map(move |(code, count)| ([("listener", name), ("code", code)], count))
        });
        out.counters(
            "http_faults",
            "Requests and connections turned away because of their HTTP, by their code.",
            faults,
        )?;
        out.counters(
            "http_panics",
            "Requests whose handling panicked: a mistake in the server, see its log.",
            by_listener(|listener| listener.panics.get()),
        )?;
        out.counters(
            "http_accept_errors",
            "Times the system would not hand over a connection, for want of file descriptors as a rule.",
            by_listener(|listener| listener.accept_errors.get()),
        )?;
        let open = by_listener(|listener| u64::try_from(listener.connections.get()).unwrap_or(0));
        out.gauges("http_connections", "Connections open now.", open)
    }
}

fn executions(out: &mut Out<'_>, engine: &Counters) -> fmt::Result {
    out.counter("requests_accepted", "Requests that became an execution and are on disk.", engine.accepted)?;
    out.counters(
        "executions_finished",
        "Executions that ended, by their final status; tests and replays too.",
        engine.ended.iter().map(|(status, count)| ([("status", status.as_str())], *count)),
    )?;
    out.gauge(
        "executions_in_memory",
        "Executions held in memory now; others wait in the database.",
        None,
        engine.in_memory,
    )?;
    out.gauge(
        "executions_running",
        "Executions in memory that have a turn: they run, or wait for something that a node does.",
        None,
        engine.running,
    )?;
    out.gauge(
        "executions_waiting_for_turn",
        "Executions in memory that wait for a turn to run.",
        None,
        engine.waiting_for_turn,
    )?;
    out.times(
        "accept_duration",
        "From a request's passing every check until its execution is on disk. A synchronous flow runs within it.",
        &engine.accept_times,
    )?;
    out.times(
        "queue_duration",
        "From an execution's being ready until its first turn. Ready: on disk, or passed every check if synchronous.",
        &engine.queue_times,
    )?;
    out.times(
        "run_duration",
        "From an execution's first turn until its end is on disk, waits and restarts included.",
        &engine.run_times,
    )?;
    out.counter("request_log_entries", "Refused requests put into the request log.", engine.requests_logged)?;
    out.counter(
        "request_log_drops",
        "Refused requests left out of the request log, because too many came or it could not be written.",
        engine.requests_dropped,
    )
}

fn live(out: &mut Out<'_>, engine: &Counters) -> fmt::Result {
    out.counter("live_left_out", "Changes that the live feed had no room for.", engine.live_left_out)?;
    out.counter("live_gaps", "Gaps that clients of the live feed were told of.", engine.live_gaps)?;
    out.gauge("live_listeners", "Clients of the live feed now.", None, engine.live_listeners)
}

fn database(out: &mut Out<'_>, store: &Stats) -> fmt::Result {
    out.counter("store_flushes", "Transactions that wrote something, each flushed to disk once.", store.flushes)?;
    out.times(
        "store_flush_duration",
        "How long a transaction that wrote something took to commit, the flush to disk included.",
        &store.flush_times,
    )?;
    out.counter(
        "store_commands",
        "Commands that were committed; a request costs one, each effect of its flow some more.",
        store.commands,
    )?;
    out.histogram("store_batch_commands", "Commands in each committed transaction.", None, &store.batch_commands)?;
    out.gauge(
        "store_queue_commands",
        "Commands handed to the database and not answered yet.",
        None,
        store.commands_waiting,
    )?;
    out.gauge(
        "store_queue",
        "What commands handed to the database and not answered yet hold. Beyond the setting store_queue_bytes_max requests are answered 503.",
        Some(&Unit::Bytes),
        store.bytes_waiting,
    )?;
    out.gauge(
        "database",
        "Size of the database file and its write-ahead log.",
        Some(&Unit::Bytes),
        store.database_bytes,
    )
}

impl ByCode {
    fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(code, counter)| (*code, counter.get()))
    }
}

/// Writes metrics one after the other.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn counter(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        ConstCounter::new(count).encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn counters<const LABELS: usize>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl Iterator<Item = ([(&'static str, &'static str); LABELS], u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, count) in counts {
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn gauge(&mut self, name: &str, help: &str, unit: Option<&Unit>, value: u64) -> fmt::Result {
        gauge(value).encode(self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?)
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = ([(&'static str, &'static str); 1], u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            gauge(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn times(&mut self, name: &str, help: &str, times: &Distribution) -> fmt::Result {
        self.histogram(name, help, Some(&Unit::Seconds), times)
    }

    fn histogram(&mut self, name: &str, help: &str, unit: Option<&Unit>, counted: &Distribution) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, unit, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(counted.sum, counted.count(), &counted.ranges, None)
    }
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}
