//! All places taken: who has to leave for whom.

use super::*;

/// Long enough for none of the other limits to matter.
fn crowded(connections_max: usize) -> ListenerLimits {
    let long = Duration::from_secs(60);
    ListenerLimits { connections_max, head_timeout: long, idle_timeout: long, write_timeout: long, ..short() }
}

async fn holding(running: &Running, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Until nobody may be turned away for having come a moment ago.
async fn after_grace() {
    tokio::time::sleep(limits::GRACE + Duration::from_millis(20)).await;
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn whoever_keeps_us_waiting_leaves_for_who_does_not() {
    let kinds: [(&str, &[u8], bool); 4] = [
        ("says nothing", b"", false),
        ("a head that does not end", b"POST / HTTP/1.1\r\nX-Slow: ", true),
        ("a body that does not come", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhi", true),
        ("rests", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", false),
    ];
    for (kind, bytes, is_told) in kinds {
        let running = start(crowded(2)).await;
        let mut held = [holding(&running, bytes).await, holding(&running, bytes).await];
        after_grace().await;
        for newcomer in 1..=2 {
            let answer = exchange(&running, GET).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{kind}, newcomer {newcomer}: {answer}");
        }
        // The first one left a place that the newcomers had one after the other.
        let answer = read_all(&mut held[0]).await;
        assert_eq!(answer.contains(Fault::Connections.code()), is_told, "{kind}: {answer}");
        assert_eq!(running.metrics.counted(Fault::Connections), 1, "{kind}");
        let more = tokio::time::timeout(Duration::from_millis(50), held[1].read(&mut [0; 1])).await;
        assert!(kind == "rests" || more.is_err(), "{kind}: the second one is still there");
    }
}

#[tokio::test]
async fn a_peer_that_reads_no_answer_leaves_too() {
    let running = start(crowded(1)).await;
    let held = narrow(&running).await;
    let mut held = {
        let mut held = held;
        held.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        held
    };
    // What it makes room for before that earns it time: all that the system buffers.
    held.read_u8().await.unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while !exchange(&running, GET).await.starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < until, "it holds the place for ever");
        after_grace().await;
    }
}

#[tokio::test]
async fn whoever_is_being_worked_for_stays() {
    let running = start(crowded(1)).await;
    let mut busy = holding(&running, b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    after_grace().await;
    assert_fault(&exchange(&running, GET).await, Fault::Connections);
    assert!(read_all(&mut busy).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_keeps_its_rate_stays() {
    let running = start(ListenerLimits { rate_min: 1, ..crowded(1) }).await;
    let mut sender =
        holding(&running, b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\n").await;
    // Each byte earns a second.
    tokio::time::sleep(Duration::from_millis(50)).await;
    sender.write_all(b"hook").await.unwrap();
    after_grace().await;
    assert_fault(&exchange(&running, GET).await, Fault::Connections);
    sender.write_all(b"ok").await.unwrap();
    assert!(read_all(&mut sender).await.ends_with("hookok"));
}

#[tokio::test]
async fn the_one_that_waited_longest_leaves_first() {
    let running = start(crowded(3)).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(holding(&running, b"POST / HTTP/1.1\r\n").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    after_grace().await;
    let stays = holding(&running, b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_fault(&read_all(&mut held[0]).await, Fault::Connections);
    let another = holding(&running, b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_fault(&read_all(&mut held[1]).await, Fault::Connections);
    let third = tokio::time::timeout(Duration::from_millis(50), held[2].read(&mut [0; 1])).await;
    assert!(third.is_err(), "there was no need for its place");
    drop((stays, another));
}

#[tokio::test]
async fn thousands_of_silent_ones_do_not_keep_one_out_who_speaks() {
    let running = start(crowded(100)).await;
    let mut held = Vec::new();
    for _ in 0..400 {
        held.push(TcpStream::connect(running.address).await.unwrap());
    }
    after_grace().await;
    for _ in 0..200 {
        held.push(TcpStream::connect(running.address).await.unwrap());
    }
    after_grace().await;
    let answer = exchange(&running, GET).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (open, told) = (running.listener.connections.len(), short().turned_away_max);
    assert!(open <= 100 + told, "{open} connections");
}
