//! The open-loop loader against servers that answer well, slowly, and not for a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use bench::open_load::{OpenPlan, Shape, run};
use tokio::net::TcpListener;

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn plan(address: SocketAddr, per_second: f64, seconds: f64) -> OpenPlan {
    let time = Duration::from_secs_f64(seconds);
    OpenPlan { address, shapes: vec![Shape::json("/", "{}")], per_second, time, connections_max: 64 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_as_were_asked_for_are_sent_and_shapes_are_told_apart() {
    let app = Router::new().route("/", post(async || "ok")).route("/no", post(async || StatusCode::TOO_MANY_REQUESTS));
    let address = serve(app).await;
    let mut plan = plan(address, 500.0, 1.0);
    plan.shapes[0].weight = 3;
    plan.shapes.push(Shape::json("/no", "{}"));
    let report = run(plan).await.expect("loopback");
    assert_eq!((report.errors, report.unsent), (0, 0));
    assert_eq!(
        report.statuses.iter().map(|(&status, &count)| (status, count)).collect::<Vec<_>>(),
        [(200, 375), (429, 125)]
    );
    assert_eq!(report.successes(), 375);
    assert!(
        report
            .samples
            .iter()
            .all(|sample| sample.answer.is_some_and(|(status, _)| (status == 429) == (sample.shape == 1)))
    );
}

/// One stall of 300 ms: all that was due meanwhile waited for it, though hardly any of it was sent meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stalls_shows_in_the_percentiles() {
    const STALL: Duration = Duration::from_millis(300);
    let began = Instant::now();
    let stalls = move || async move {
        let since = began.elapsed().saturating_sub(Duration::from_millis(300));
        if began.elapsed() > Duration::from_millis(300) && since < STALL {
            tokio::time::sleep(STALL - since).await;
        }
    };
    let address = serve(Router::new().route("/", post(stalls))).await;
    let mut plan = plan(address, 1_000.0, 1.0);
    plan.connections_max = 4;
    let report = run(plan).await.expect("loopback");
    assert_eq!((report.errors, report.answers() + report.unsent), (0, 1_000));
    // 300 of 1,000 were due in the stall, evenly: a tenth of all had to wait 200 ms and longer.
    let ninetieth = report.percentile(90.0).expect("answered");
    assert!(ninetieth > Duration::from_millis(150), "{ninetieth:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_no_connection_waits_and_what_finds_none_in_time_is_not_sent() {
    let at_once = Arc::new(AtomicU64::new(0));
    let most = Arc::new(AtomicU64::new(0));
    let slow = {
        let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
        move || async move {
            most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
            at_once.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let address = serve(Router::new().route("/", post(slow))).await;
    let mut plan = plan(address, 100.0, 1.0);
    plan.connections_max = 2;
    let report = run(plan).await.expect("loopback");
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!((report.errors, report.answers() + report.unsent), (0, 100));
    assert!(report.unsent >= 70, "20 answers a second is all there is, {} not sent", report.unsent);
    assert_eq!(report.percentile(99.0), None);
    let answered = report.percentile_of(100.0, |sample| sample.answer.is_some()).expect("some were");
    assert!(answered > Duration::from_millis(600), "the wait for a connection counts: {answered:?}");
}

#[tokio::test]
async fn only_loopback_is_loaded() {
    assert!(run(plan("192.0.2.1:80".parse().expect("an address"), 1.0, 1.0)).await.is_err());
}

/// The rest of a large body need not be sent to whoever has said no already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_no_is_read_though_the_body_is_not() {
    let address = serve(Router::new().route("/", post(async || StatusCode::TOO_MANY_REQUESTS))).await;
    let mut plan = plan(address, 20.0, 1.0);
    plan.shapes[0].body = vec![b' '; 8 << 20];
    let report = run(plan).await.expect("loopback");
    assert_eq!(report.statuses.get(&429), Some(&20), "{report:?}");
}
