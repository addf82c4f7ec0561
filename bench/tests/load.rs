//! The loader against servers that behave, misbehave and go away.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bench::load::{self, Plan, PlanError, Until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn plan(address: SocketAddr, until: Until) -> Plan {
    Plan { address, target: "/".to_owned(), headers: vec![], body: b"{}".to_vec(), connections: 4, until }
}

/// Answers each read with the next of `answers`, cut where `|` stands and sent in those pieces; a `!` at the end closes.
async fn scripted(answers: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        let next = Arc::new(AtomicUsize::new(0));
        while let Ok((mut stream, _)) = listener.accept().await {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while stream.read(&mut request).await.is_ok_and(|len| len > 0) {
                    let answer = answers[next.fetch_add(1, Ordering::Relaxed) % answers.len()];
                    for piece in answer.trim_end_matches('!').split('|') {
                        let _ = stream.write_all(piece.as_bytes()).await;
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    if answer.ends_with('!') {
                        return;
                    }
                }
            });
        }
    });
    address
}

async fn bare() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(limit::listen::serve(listener, limit::bare::app()));
    address
}

#[tokio::test]
async fn only_loopback_is_loaded() {
    let address = "192.0.2.1:80".parse().expect("an address");
    let refused = load::run(plan(address, Until::Requests(1))).await;
    assert!(matches!(refused, Err(PlanError::NotLoopback(_))));
}

#[tokio::test]
async fn a_header_cannot_hold_a_line_break() {
    let mut plan = plan(bare().await, Until::Requests(1));
    plan.headers = vec![("X-A".to_owned(), "1\r\nX-B: 2".to_owned())];
    assert!(matches!(load::run(plan).await, Err(PlanError::Request(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_requests_are_sent_as_asked() {
    let report = load::run(plan(bare().await, Until::Requests(1_001))).await.expect("the plan is carried out");
    assert_eq!((report.answers(), report.errors), (1_001, 0));
    assert_eq!(report.statuses.get(&200), Some(&1_001));
    assert!(report.percentile(50.0) > Duration::ZERO);
    assert!(report.percentile(50.0) <= report.percentile(95.0) && report.percentile(95.0) <= report.percentile(100.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_ends_when_the_time_is_up() {
    let started = Instant::now();
    let time = Duration::from_millis(200);
    let report = load::run(plan(bare().await, Until::Elapsed(time))).await.expect("the plan is carried out");
    assert!(started.elapsed() >= time && started.elapsed() < 10 * time, "{:?}", started.elapsed());
    assert!(report.answers() > 10);
    assert_eq!(report.errors, 0);
}

#[tokio::test]
async fn every_framing_is_read_to_its_end() {
    const ANSWERS: &[&str] = &[
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nHookflow-Execution: ex_1\r\n\r\nhello",
        "HTTP/1.1 200 O|K\r\ncontent-length: 5\r\nhookflow-execution: ex_1\r\n\r|\nhe|llo",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nHookflow-Execution: ex_1\r\n\r\n3\r\nhel\r\n2;a=b\r|\nl|o\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 200 OK\r\nContent-Length: 5\r\nHookflow-Execution: ex_1\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nHookflow-Execution: ex_1\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nHookflow-Execution: ex_1\r\n\r\nhel|lo!",
    ];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let plan = Plan { connections: 1, ..plan(scripted(ANSWERS).await, Until::Requests(60)) };
    let report = load::run_seeing(plan, move |response| {
        let execution = response.header("Hookflow-Execution").map(str::to_owned);
        sink.lock().expect("no one panicked").push((response.status, execution, response.body.to_vec()));
    });
    let report = report.await.expect("the plan is carried out");
    assert_eq!((report.answers(), report.errors), (60, 0));
    let seen = seen.lock().expect("no one panicked");
    assert_eq!(seen.len(), 60);
    for answer in seen.iter() {
        assert_eq!(*answer, (200, Some("ex_1".to_owned()), b"hello".to_vec()));
    }
}

#[tokio::test]
async fn answers_are_counted_by_status() {
    const ANSWERS: &[&str] = &["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"];
    let plan = Plan { connections: 1, ..plan(scripted(ANSWERS).await, Until::Requests(10)) };
    let report = load::run(plan).await.expect("the plan is carried out");
    assert_eq!((report.statuses.get(&204), report.statuses.get(&503)), (Some(&5), Some(&5)));
}

#[tokio::test]
async fn broken_answers_are_errors_and_the_load_goes_on() {
    const ANSWERS: &[&str] = &[
        "!",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf!",
        "SSH-2.0-nonsense\r\n\r\n!",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ntoo much",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ];
    let plan = Plan { connections: 1, ..plan(scripted(ANSWERS).await, Until::Requests(14)) };
    let report = load::run(plan).await.expect("the plan is carried out");
    assert_eq!((report.answers(), report.errors), (2, 12));
}

/// As in the crash test: killed in the middle, started again on the same port.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_loaded_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let runtime = |listener: std::net::TcpListener| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        runtime.spawn(async {
            limit::listen::serve(TcpListener::from_std(listener).expect("a listener"), limit::bare::app()).await
        });
        runtime
    };
    let first = runtime(listener.into_std().expect("a listener"));
    let load = tokio::spawn(load::run(plan(address, Until::Elapsed(Duration::from_millis(900)))));
    tokio::time::sleep(Duration::from_millis(300)).await;
    first.shutdown_background();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let listener = TcpListener::bind(address).await.expect("the port is free again");
    let second = runtime(listener.into_std().expect("a listener"));
    let report = load.await.expect("no panic").expect("the plan is carried out");
    second.shutdown_background();
    assert!(report.errors >= 4, "{report:?}");
    assert_eq!(report.statuses.keys().collect::<Vec<_>>(), [&200]);
}
