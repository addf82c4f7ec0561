//! The reference page of metrics: what a scrape says about itself.

use server::MetricInfo;

use super::WRITTEN_BY;

pub(super) fn page() -> String {
    let rows: String = server::metrics_reference().iter().map(row).collect();
    format!(
        "\
{WRITTEN_BY}
# Metrics

`GET /metrics` on the admin listener, without a token: totals since the process started, in the text format of
OpenMetrics, which Prometheus reads. Nothing in it is about one workflow or one sender. What to watch and when
to be woken: [Watching the server](../guides/watching.md).

A histogram `x` is read as `x_bucket` (by `le`, the upper bound, inclusive), `x_sum` and `x_count`. Every
value of a label is there from the start, at 0.

| metric | type | labels | |
|---|---|---|---|
{rows}
## The way of a request

```
        request ──▶ checks ──▶ handed in ──accept──▶ on disk ──queue──▶ first turn ──run──▶ end
async   └────────────── answer ───────────────────────────┘

        request ──▶ checks ──▶ handed in ──queue──▶ first turn ──run──▶ end, on disk
sync    │                      └─────────────────── accept ────────────────────────┤
        └────────────── answer ────────────────────────────────────────────────────┘
```

`accept`, `queue`, `run` and `answer` are the histograms `hookflow_…_duration_seconds`. A synchronous execution that
reaches an effect, a wait or its answer deadline before its end is on disk from then on, and its `accept` ends there.

## Codes

`code` of `hookflow_requests_refused_total` and of `hookflow_http_faults_total`:
[answers that Hookflow itself gives](answers.md#refusals). What each `status` means: [Answers](../guides/answers.md).
"
    )
}

/// Codes have a page of their own; other labels have few values.
fn row(metric: &MetricInfo) -> String {
    let labels: Vec<String> = metric.labels.iter().map(|(label, values)| label_cell(label, values)).collect();
    let help = metric.help.replace('|', "\\|");
    format!("| `{}` | {} | {} | {help} |\n", metric.name, metric.kind, labels.join("; "))
}

fn label_cell(label: &str, values: &[String]) -> String {
    match label {
        "code" => "`code`".to_owned(),
        _ => format!("`{label}`: {}", values.join(", ")),
    }
}
