//! Executions counted: how each workflow has done lately, and how many there were when.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use domain::id::WorkflowId;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Buckets, ExecutionFilter, StatusCounts};
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::auth::Holder;
use super::extract::Params;
use super::json::Json;
use super::workflows::narrowed_to;
use super::{Api, executions, masked, page, schema};
use crate::error::ApiError;

/// Parts that the time of the figures is told in.
const FIGURES_BUCKETS: u32 = 24;
const HOURS_DEFAULT: u32 = 24;
const HOURS_MAX: u32 = 720;
/// Figures are made anew after that, however many ask.
const FIGURES_KEPT: Duration = Duration::from_secs(2);
const HISTOGRAM_BUCKETS_DEFAULT: u32 = 60;
const HISTOGRAM_BUCKETS_MAX: u32 = 120;
const HISTOGRAM_SPAN_DEFAULT: Duration = Duration::from_secs(24 * 3600);

/// How every workflow has done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Figures {
    items: Vec<WorkflowFigures>,
    /// There were more executions than are looked at; the oldest are not counted.
    partial: bool,
}

/// How one has done. Tests of its draft are not counted.
#[derive(Debug, Serialize, ToSchema)]
struct WorkflowFigures {
    #[schema(value_type = schema::WorkflowId)]
    workflow_id: WorkflowId,
    /// Oldest first.
    buckets: Vec<FiguresBucket>,
    succeeded: u64,
    /// Ended as `failed`, `error` or `timed_out`.
    failed: u64,
    /// Waiting now, whenever they were accepted.
    waiting: u64,
    /// Of twenty that ended, nineteen took no longer from being accepted to the end. Milliseconds; null when none ended.
    p95_ms: Option<u64>,
    /// When the newest was accepted, however long ago.
    #[schema(value_type = Option<schema::Time>)]
    last_at: Option<Timestamp>,
    /// What its caller got.
    last_answer_status: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FiguresBucket {
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    succeeded: u64,
    /// Ended as `failed`, `error` or `timed_out`.
    failed: u64,
    /// Cancelled, or not ended yet.
    other: u64,
}

const fn bad(counts: &StatusCounts) -> u64 {
    counts.failed + counts.error + counts.timed_out
}

impl WorkflowFigures {
    fn new(figures: &store::WorkflowFigures, buckets: Buckets) -> Self {
        let bucket = |(number, counts): (u32, &StatusCounts)| FiguresBucket {
            at: buckets.start(number),
            succeeded: counts.succeeded,
            failed: bad(counts),
            other: counts.cancelled + counts.open,
        };
        Self {
            workflow_id: figures.workflow,
            buckets: (0..).zip(&figures.counts).map(bucket).collect(),
            succeeded: figures.counts.iter().map(|counts| counts.succeeded).sum(),
            failed: figures.counts.iter().map(bad).sum(),
            waiting: figures.waiting,
            p95_ms: figures.p95.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            last_at: figures.last.map(|(at, _)| at),
            last_answer_status: figures.last.and_then(|(_, status)| status),
        }
    }
}

/// The newest figures, and of how many hours. Who asks meanwhile waits for those that are being made.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<(u32, Instant, Arc<Figures>)>>);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FiguresFilter {
    /// How far to look back; 24 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 720)]
    hours: Option<String>,
}

/// How every workflow has done in the last hours, told in 24 parts. At most two seconds old.
#[utoipa::path(get, path = "/workflows/figures", operation_id = "workflow_figures", tag = "workflows",
    params(FiguresFilter), responses((status = 200, body = Figures)))]
pub(super) async fn workflows(
    State(api): State<Arc<Api>>,
    Params(filter): Params<FiguresFilter>,
) -> Result<Json<Arc<Figures>>, ApiError> {
    let hours = number(filter.hours.as_deref(), "hours", HOURS_MAX)?.unwrap_or(HOURS_DEFAULT);
    let mut kept = api.figures.0.lock().await;
    if let Some((of, made, figures)) = &*kept
        && *of == hours
        && made.elapsed() < FIGURES_KEPT
    {
        return Ok(Json(Arc::clone(figures)));
    }
    let span = Duration::from_secs(u64::from(hours) * 3600);
    let buckets = Buckets { from: api.engine.now().minus(span), width: span / FIGURES_BUCKETS, count: FIGURES_BUCKETS };
    let found = api.engine.store().workflow_figures(buckets).await?;
    let figures = Arc::new(Figures {
        items: found.iter().map(|figures| WorkflowFigures::new(figures, buckets)).collect(),
        partial: found.iter().any(|figures| figures.partial),
    });
    *kept = Some((hours, Instant::now(), Arc::clone(&figures)));
    Ok(Json(figures))
}

fn number(text: Option<&str>, name: &str, max: u32) -> Result<Option<u32>, ApiError> {
    let number = page::read::<u32>(text, name, &format!("a number from 1 to {max}"))?;
    match number {
        Some(number) if !(1..=max).contains(&number) => {
            Err(ApiError::Query(format!("{name} is a number from 1 to {max}.")))
        }
        number => Ok(number),
    }
}

/// Executions by the time they were accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Histogram {
    #[schema(value_type = schema::Time)]
    from: Timestamp,
    #[schema(value_type = schema::Time)]
    to: Timestamp,
    /// Parts of the same length, oldest first.
    items: Vec<HistogramBucket>,
    /// There were more executions than are looked at; the oldest are not counted.
    partial: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct HistogramBucket {
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    succeeded: u64,
    failed: u64,
    error: u64,
    timed_out: u64,
    cancelled: u64,
    /// Not ended yet.
    open: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct HistogramFilter {
    /// A workflow's key or its `wf_…` id, also of one that was deleted.
    #[param(value_type = String, required = false)]
    workflow: Option<String>,
    #[param(value_type = schema::Status, required = false)]
    status: Option<String>,
    /// The status that the caller got, such as `404`, or a class such as `4xx`.
    #[param(value_type = schema::Statuses, required = false)]
    answer: Option<String>,
    /// `true`: only tests of a draft; `false`: none of them.
    #[param(value_type = bool, required = false)]
    test: Option<String>,
    /// A text that stands in the query string, the headers or the body of the request. It takes the
    /// scope `operate`.
    #[param(value_type = String, required = false, max_length = 200)]
    q: Option<String>,
    /// A day before `to` unless told.
    #[param(value_type = schema::Time, required = false)]
    from: Option<String>,
    /// Now unless told.
    #[param(value_type = schema::Time, required = false)]
    to: Option<String>,
    /// How many parts; 60 unless told.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 120)]
    buckets: Option<String>,
}

/// How many executions were accepted when, by what became of them: those that `GET /executions` lists with the same
/// filter.
#[utoipa::path(get, path = "/executions/histogram", operation_id = "execution_histogram", tag = "executions",
    params(HistogramFilter), responses((status = 200, body = Histogram)))]
pub(super) async fn histogram(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Params(wanted): Params<HistogramFilter>,
) -> Result<Json<Histogram>, ApiError> {
    masked::search(&holder, wanted.q.as_deref(), |_| false)?;
    let to = page::read(wanted.to.as_deref(), "to", page::TIME)?.unwrap_or_else(|| api.engine.now());
    let from = page::read(wanted.from.as_deref(), "from", page::TIME)?;
    let from: Timestamp = from.unwrap_or_else(|| to.minus(HISTOGRAM_SPAN_DEFAULT));
    // Of no time at all there is nothing to count, and that is no mistake.
    let to = to.max(from.plus(Duration::from_micros(1)));
    let count = number(wanted.buckets.as_deref(), "buckets", HISTOGRAM_BUCKETS_MAX)?;
    let count = count.unwrap_or(HISTOGRAM_BUCKETS_DEFAULT);
    let width = (to.since(from) / count).max(Duration::from_micros(1));
    // Whole microseconds, and nothing before `to` is left out.
    let width = Duration::from_micros(u64::try_from(width.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX));
    let buckets = Buckets { from, width, count };
    let filter = ExecutionFilter {
        workflow: narrowed_to(&api, wanted.workflow.as_deref()).await?,
        status: page::read(wanted.status.as_deref(), "status", executions::STATUSES)?,
        answer: page::statuses(wanted.answer.as_deref(), "answer")?,
        test: page::flag(wanted.test.as_deref(), "test")?,
        text: page::text(wanted.q.as_deref())?,
        ..ExecutionFilter::default()
    };
    let found = api.engine.store().execution_counts(filter, buckets).await?;
    let bucket = |(number, counts): (u32, StatusCounts)| HistogramBucket {
        at: buckets.start(number),
        succeeded: counts.succeeded,
        failed: counts.failed,
        error: counts.error,
        timed_out: counts.timed_out,
        cancelled: counts.cancelled,
        open: counts.open,
    };
    let items = (0..).zip(found.counts).map(bucket).collect();
    Ok(Json(Histogram { from, to, items, partial: found.partial }))
}
