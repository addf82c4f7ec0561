//! What a stop leaves unanswered, which is nothing that has come.

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn a_stop_lets_requests_under_way_finish_and_takes_no_more() {
    let running = start(short()).await;
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    read_until(&mut idle, "\r\n\r\n").await;
    let mut busy = TcpStream::connect(running.address).await.unwrap();
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stopped = tokio::spawn(running.listener.stop(|| ()));
    assert_eq!(read_all(&mut idle).await, "", "an idle connection closes at once");
    assert!(TcpStream::connect(running.address).await.is_err(), "the port is closed");
    let answer = read_all(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close\r\n"), "{answer}");
    drop((idle, busy));
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let running = start(ListenerLimits { stop_timeout: Duration::from_millis(100), ..short() }).await;
    let mut busy = TcpStream::connect(running.address).await.unwrap();
    busy.write_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    running.listener.stop(|| ()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// The system has completed their connections and holds their requests; the server has not seen one of them.
#[tokio::test]
async fn who_waits_to_be_accepted_when_a_stop_comes_is_answered() {
    let running = start(short()).await;
    let peers: Vec<_> = (0..100)
        .map(|_| {
            use std::io::Write as _;
            let mut peer = std::net::TcpStream::connect(running.address).unwrap();
            peer.write_all(REQUEST).unwrap();
            peer.set_nonblocking(true).unwrap();
            peer
        })
        .collect();
    let mut answered = 0;
    let stopped = tokio::spawn(running.listener.stop(|| ()));
    for peer in peers {
        let answer = read_all(&mut TcpStream::from_std(peer).unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close\r\n"), "{answer}");
        answered += 1;
    }
    assert_eq!(answered, 100);
    stopped.await.unwrap();
}

/// Callers with a connection for each request, at every moment of a stop.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_was_connected_is_reset_by_a_stop() {
    let (mut answered, mut reset) = (0, Vec::new());
    for _ in 0..5 {
        let running = start(ListenerLimits { stop_grace: Duration::from_millis(20), ..short() }).await;
        let address = running.address;
        let callers: Vec<_> = (0..64)
            .map(|_| {
                tokio::spawn(async move {
                    let mut answered = 0;
                    // Refused: the port is closed, and nothing was sent.
                    while let Ok(mut stream) = TcpStream::connect(address).await {
                        let mut answer = Vec::new();
                        let exchanged = async {
                            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
                            stream.read_to_end(&mut answer).await
                        };
                        match exchanged.await {
                            Ok(1..) => answered += 1,
                            broken => return (answered, Some(format!("{broken:?}"))),
                        }
                    }
                    (answered, None)
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(30)).await;
        running.listener.stop(|| ()).await;
        for caller in callers {
            let (times, broken) = caller.await.unwrap();
            answered += times;
            reset.extend(broken);
        }
    }
    assert!(answered > 250, "{answered}");
    // Without the lock, now and then one comes between the last look and the end; and hundreds when nobody looks.
    let may = if cfg!(target_os = "linux") { 0 } else { 3 };
    assert!(reset.len() <= may, "{} of {answered} were reset: {reset:?}", reset.len());
}

/// What the system let in before a port is locked is still ours, and it lets nobody in behind that.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_locked_port_lets_nobody_in_and_resets_nobody() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut early = TcpStream::connect(address).await.unwrap();
    door::lock(&socket).unwrap();
    let late = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await;
    assert!(late.is_err(), "who comes late hears nothing: {late:?}");
    let mut taken = Vec::new();
    door::close(socket, |stream, _| taken.push(stream)).await;
    assert_eq!(taken.len(), 1);
    early.write_all(b"here").await.unwrap();
    let mut heard = [0; 4];
    taken[0].read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"here");
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn until_its_grace_is_over_a_server_that_stops_takes_and_answers_what_comes() {
    let running = start(ListenerLimits { stop_grace: Duration::from_millis(300), ..short() }).await;
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    let first = read_until(&mut idle, "\r\n\r\n").await;
    assert!(!first.contains("connection: close"), "{first}");
    let (address, began) = (running.address, Instant::now());
    let stopped = tokio::spawn(running.listener.stop(|| ()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    idle.write_all(REQUEST).await.unwrap();
    let last = read_all(&mut idle).await;
    assert!(last.starts_with("HTTP/1.1 200 OK") && last.contains("connection: close\r\n"), "{last}");
    let mut late = TcpStream::connect(address).await.unwrap();
    late.write_all(REQUEST).await.unwrap();
    let late = read_all(&mut late).await;
    assert!(late.starts_with("HTTP/1.1 200 OK") && late.contains("connection: close\r\n"), "{late}");
    stopped.await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}

/// Whoever waits for what the drain brings is answered after it has begun; the others before.
#[tokio::test]
async fn who_came_in_time_is_answered_before_the_word_that_nobody_comes_any_more() {
    let running = start(short()).await;
    let mut quick = TcpStream::connect(running.address).await.unwrap();
    quick.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (word, heard) = tokio::sync::oneshot::channel();
    let stopped = tokio::spawn(running.listener.stop(|| word.send(Instant::now()).unwrap()));
    let answer = read_until(&mut quick, "\r\n\r\n").await;
    let answered = Instant::now();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    drop(quick);
    assert!(heard.await.unwrap() > answered);
    stopped.await.unwrap();
}
