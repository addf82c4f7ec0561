//! Over real sockets, with limits short enough to wait for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::standing;

mod crowded;
mod stopping;

/// Answers 200 with the body it got; `/panic` panics, `/wait` takes a while, `/hang` does not end, `/unread` leaves the body alone,
/// `/heads` counts and answers with a large head.
#[derive(Default)]
struct Echo(AtomicUsize);

impl Handler for Echo {
    type Body = Full<Bytes>;

    async fn handle(self: Arc<Self>, request: Request<Arriving>, _: IpAddr) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/panic" => panic!("on purpose"),
            "/wait" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/hang" => std::future::pending().await,
            "/unread" => return Response::new("unread".into()),
            "/heads" => {
                self.0.fetch_add(1, Ordering::Relaxed);
                return Response::builder().header("x-large", "x".repeat(8 << 10)).body(Full::default()).unwrap();
            }
            "/large" => return Response::new(vec![b'x'; 64 << 20].into()),
            _ => {}
        }
        match request.into_body().collect().await {
            Ok(body) => Response::new(body.to_bytes().into()),
            Err(_) => Fault::BrokenBody.response(),
        }
    }
}

struct Running {
    address: SocketAddr,
    listener: Listener,
    echo: Arc<Echo>,
    metrics: ListenerMetrics,
}

async fn start(limits: ListenerLimits) -> Running {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let metrics = ListenerMetrics::new();
    let echo = Arc::new(Echo::default());
    let listener = Listener::start(socket, Arc::clone(&echo), limits, metrics.clone());
    Running { address, listener, echo, metrics }
}

fn short() -> ListenerLimits {
    ListenerLimits {
        head_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_millis(600),
        write_timeout: Duration::from_millis(300),
        linger: Duration::from_millis(200),
        stop_grace: Duration::ZERO,
        ..ListenerLimits::default()
    }
}

/// Sends `bytes` and reads until the server closes.
async fn exchange(running: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_all(&mut stream).await
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read).await.expect("the server closes").unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads until `end` has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).ends_with(end) {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_buf(&mut answer)).await;
        assert!(read.expect("the server answers").unwrap() > 0, "{:?}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

fn assert_fault(answer: &str, fault: Fault) {
    let status = format!(" {} ", fault.status().as_u16());
    assert!(answer.starts_with("HTTP/1.") && answer[8..].starts_with(&status), "{answer}");
    for line in standing::RAW.lines().chain(["content-type: application/problem+json", "connection: close"]) {
        assert!(answer.contains(&format!("{line}\r\n")), "{line} in {answer}");
    }
    assert!(answer.contains(fault.code()), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    serde_json::from_str::<serde_json::Value>(body).unwrap();
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_lives_on() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
        assert!(read_until(&mut stream, "hello").await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_answered_408() {
    let running = start(short()).await;
    let began = Instant::now();
    let answer = exchange(&running, b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await;
    assert_fault(&answer, Fault::SlowHead);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(running.metrics.counted(Fault::SlowHead), 1);
}

#[tokio::test]
async fn a_head_that_drips_is_answered_408_all_the_same() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        stream.write_all(b"X-Drip: 1\r\n").await.unwrap();
    }
    assert_fault(&read_all(&mut stream).await, Fault::SlowHead);
}

#[tokio::test]
async fn the_second_head_on_a_connection_is_watched_too() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    stream.write_all(b"GET / HTT").await.unwrap();
    let began = Instant::now();
    assert_fault(&read_all(&mut stream).await, Fault::SlowHead);
    assert!(began.elapsed() < Duration::from_millis(500), "before the idle limit");
}

#[tokio::test]
async fn a_connection_that_never_speaks_is_closed_silently() {
    let running = start(short()).await;
    assert_eq!(exchange(&running, b"").await, "");
    assert_eq!(running.metrics.counted(Fault::SlowHead), 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed_silently() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    let began = Instant::now();
    assert_eq!(read_all(&mut stream).await, "");
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_handler_may_take_longer_than_a_head() {
    let running = start(short()).await;
    let answer = exchange(&running, b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_of_its_answer_is_dropped() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.read_u8().await.unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while !running.listener.connections.is_empty() {
        assert!(Instant::now() < until, "it is held for ever");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut taken = Vec::new();
    // Whether what is in the buffers still arrives is up to the system; the whole answer does not.
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut taken)).await.unwrap();
    assert!(taken.len() + 1 < 64 << 20);
}

/// A client whose system has little room for what it does not read.
async fn narrow(running: &Running) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.connect(running.address).await.unwrap()
}

#[tokio::test]
async fn a_peer_that_sips_at_its_answer_is_dropped() {
    let limits = ListenerLimits { write_timeout: Duration::from_millis(200), rate_min: 1 << 30, ..short() };
    let running = start(limits).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let (mut taken, mut sip) = (0, vec![0; 256 << 10]);
    // Never silent for as long as `write_timeout`, and yet below the rate it has to keep.
    while let Ok(read @ 1..) = stream.read(&mut sip).await {
        taken += read;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(taken < 64 << 20, "it could take as long as it liked");
}

/// A counter's value once it stands still.
async fn settled(counter: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    loop {
        let now = counter.load(Ordering::Relaxed);
        if now == before {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_peer_that_reads_no_answers_is_asked_nothing_more() {
    let running = start(ListenerLimits { write_timeout: Duration::from_secs(30), ..short() }).await;
    let mut stream = narrow(&running).await;
    let requests = "HEAD /heads HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10_000);
    let (mut read, mut write) = stream.split();
    let sent = tokio::time::timeout(Duration::from_millis(500), write.write_all(requests.as_bytes())).await;
    let handled = settled(&running.echo.0).await;
    // What the system buffers, and no more: 10,000 would be 80 MB of answers.
    assert!(handled < 2_500, "{handled} requests were handled, {sent:?}");
    // Once it reads, everything goes on where it was.
    let mut discarded = vec![0; 1 << 20];
    while running.echo.0.load(Ordering::Relaxed) <= handled + 500 {
        assert!(read.read(&mut discarded).await.unwrap() > 0);
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_back() {
    let running = start(ListenerLimits { connections_max: 2, ..short() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        held.push(stream);
    }
    let answer = exchange(&running, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_fault(&answer, Fault::Connections);
    assert!(answer.contains("retry-after: 2\r\n"), "{answer}");
    assert_eq!(running.metrics.counted(Fault::Connections), 1);
    held.clear();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = exchange(&running, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "there is room again: {answer}");
}

#[tokio::test]
async fn host_stands_exactly_once_and_is_valid() {
    let running = start(short()).await;
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    ] {
        assert_fault(&exchange(&running, head.as_bytes()).await, Fault::Host);
    }
    for host in ["a", "a:80", "[::1]:80", "a.b-c.d"] {
        let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert!(exchange(&running, head.as_bytes()).await.starts_with("HTTP/1.1 200"), "{host}");
    }
    assert_eq!(running.metrics.counted(Fault::Host), 7);
}

#[tokio::test]
async fn a_target_has_a_limit_of_its_own() {
    let running = start(short()).await;
    let limit = short().target_bytes_max;
    let get = |length: usize| {
        format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x".repeat(length - 1)).into_bytes()
    };
    assert!(exchange(&running, &get(limit)).await.starts_with("HTTP/1.1 200"));
    assert_fault(&exchange(&running, &get(limit + 1)).await, Fault::Target);
}

#[tokio::test]
async fn a_head_over_its_limit_is_answered_431() {
    let running = start(short()).await;
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "x".repeat(70_000));
    let answer = exchange(&running, large.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-Many: 1\r\n".repeat(101));
    assert!(exchange(&running, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    assert_eq!(running.metrics.counted(Fault::HeadTooLarge), 2);
}

#[tokio::test]
async fn a_bad_head_is_answered_400_and_counted() {
    let running = start(short()).await;
    let bad = [
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for head in bad {
        let answer = exchange(&running, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
    }
    assert_eq!(running.metrics.counted(Fault::BadHead), bad.len() as u64);
}

#[tokio::test]
async fn two_framings_give_one_answer_and_the_end_of_the_connection() {
    let running = start(short()).await;
    for framings in
        ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"]
    {
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{framings}\r\n\r\n2\r\nhi\r\n0\r\n\r\n{smuggled}");
        let answer = exchange(&running, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(answer.contains("connection: close\r\n") && answer.ends_with("hi"), "{answer}");
    }
}

#[tokio::test]
async fn requests_sent_in_one_go_are_answered_in_order() {
    let running = start(short()).await;
    let post = |body: &str, more: &str| {
        format!("POST / HTTP/1.1\r\nHost: a\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let all = post("one", "") + &post("two", "") + &post("three", "Connection: close\r\n");
    let answer = exchange(&running, all.as_bytes()).await;
    let places: Vec<_> = ["one", "two", "three"].iter().map(|body| answer.find(body).unwrap()).collect();
    assert!(places.is_sorted(), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3);
}

#[tokio::test]
async fn a_panic_is_a_500_without_details_and_the_connection_survives() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = read_until(&mut stream, "}").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("server.error"), "{answer}");
    assert!(answer.contains("nosniff") && !answer.contains("on purpose"), "{answer}");
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    read_until(&mut stream, "hi").await;
    assert_eq!(running.metrics.panics.get(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_wait_for_the_body_still_arrives() {
    let running = start(short()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n").await.unwrap();
    // Well after the answer was sent: a socket closed too early would reset the connection here.
    for _ in 0..20 {
        stream.write_all(&[b'x'; 10_000]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let answer = read_all(&mut stream).await;
    assert!(answer.ends_with("unread"), "{answer}");
}

/// A client that is not told would send its next request into a connection that closes.
#[tokio::test]
async fn an_answer_that_does_not_wait_for_the_body_says_whether_the_connection_goes_on() {
    let running = start(short()).await;
    let post = |framing: &str| format!("POST /unread HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n");
    let (sized, chunked) = (post("Content-Length: 2"), post("Transfer-Encoding: chunked"));
    let endless = format!("{chunked}10000\r\n{}\r\n10000\r\n", "x".repeat(0x10000));
    let cases: [(&str, &[&str], bool); 8] = [
        ("no body", &[&post("X-A: a")], true),
        ("a small body", &[&format!("{sized}hi")], true),
        ("a small body, a little later", &[&sized, "hi"], true),
        ("chunks, a little later", &[&chunked, "2\r\nhi\r\n", "0\r\n\r\n"], true),
        ("a body that does not come", &[&sized], false),
        ("chunks that do not end", &[&chunked, "2\r\nhi\r\n"], false),
        ("a large body", &[&post("Content-Length: 65537")], false),
        ("more chunks than are worth it", &[&endless], false),
    ];
    for (name, pieces, goes_on) in cases {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let answer = read_until(&mut stream, "unread").await;
        assert_eq!(!answer.contains("connection: close\r\n"), goes_on, "{name}: {answer}");
        if goes_on {
            stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
            read_until(&mut stream, "hi").await;
        } else {
            assert_eq!(read_all(&mut stream).await, "", "{name}");
        }
    }
}

#[tokio::test]
async fn a_sender_that_expects_100_gets_it_only_when_the_body_is_wanted() {
    let running = start(short()).await;
    let head = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").into_bytes()
    };
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(&head("/")).await.unwrap();
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hi").await.unwrap();
    assert!(read_until(&mut stream, "hi").await.starts_with("HTTP/1.1 200 OK"));
    let answer = exchange(&running, &head("/unread")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "no 100 before: {answer}");
}
