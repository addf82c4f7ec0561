//! A connection: whatever comes in, legal answers go out, and it ends.
//!
//! Time stands still but where everyone waits, so a wait of an hour takes none.

use std::time::Duration;

use server::fuzzing::{METHOD, connection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Longer than all waits of a listener together.
const HANG: Duration = Duration::from_secs(3_600);

/// Bytes that are in flight between the two sides, and those of a piece.
const FLIGHT: usize = 64 << 10;
const PIECE: usize = 7;

/// How a client sends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sent {
    Whole,
    InPieces,
    /// And it says at once that nothing follows.
    AndClosed,
}

/// `bytes` is what a client sends. In a file that is text, lines may end in `\n` alone: servers take that too.
pub fn head(bytes: &[u8]) {
    let whole = answers(bytes, Sent::Whole);
    let pieces = answers(bytes, Sent::InPieces);
    assert_eq!(of_requests(whole), of_requests(pieces), "it matters how the bytes were cut");
    answers(bytes, Sent::AndClosed);
}

/// Everything the server sends until it closes.
fn exchange(bytes: &[u8], sent: Sent) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime on this thread");
    runtime.block_on(async {
        let (client, server) = tokio::io::duplex(FLIGHT);
        let serving = tokio::spawn(connection(server));
        let (mut from_server, mut to_server) = tokio::io::split(client);
        let bytes = bytes.to_vec();
        let sending = tokio::spawn(async move {
            let piece = if sent == Sent::InPieces { PIECE } else { bytes.len().max(1) };
            for piece in bytes.chunks(piece) {
                // The server may have closed.
                if to_server.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            if sent == Sent::AndClosed {
                let _ = to_server.shutdown().await;
            }
            to_server
        });
        let mut received = Vec::new();
        let read = timeout(HANG, from_server.read_to_end(&mut received)).await;
        read.expect("the connection ends").expect("a pipe does not fail");
        drop(from_server);
        drop(timeout(HANG, sending).await.expect("sending ends"));
        let panics = timeout(HANG, serving).await.expect("serving ends").expect("serving does not panic");
        assert_eq!(panics, 0, "a panic was counted");
        received
    })
}

/// What matters of an answer.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    is_last: bool,
    /// The handler has seen the request.
    is_handled: bool,
}

/// Reads answers to `sent` as a strict client does.
fn answers(sent: &[u8], how: Sent) -> Vec<Answer> {
    let asks_for_head = sent.windows(4).any(|bytes| bytes == b"HEAD");
    let received = exchange(sent, how);
    let mut received = &received[..];
    let mut answers: Vec<Answer> = Vec::new();
    while !received.is_empty() {
        let shown = String::from_utf8_lossy(received);
        assert!(!answers.last().is_some_and(|answer| answer.is_last), "behind the last answer comes {shown}");
        let end =
            received.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {shown}"));
        let head = std::str::from_utf8(&received[..end]).unwrap_or_else(|_| panic!("not text: {shown}"));
        received = &received[end + 4..];
        let mut lines = head.split("\r\n");
        let status = status(lines.next().unwrap_or_default());
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(": ").or(line.split_once(':')).unwrap_or_else(|| panic!("{line:?}"));
            assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{line:?}");
            assert!(!value.contains(|char: char| char.is_ascii_control()), "{line:?}");
            headers.push((name, value));
        }
        let values =
            |name: &str| headers.iter().filter(|header| header.0 == name).map(|header| header.1).collect::<Vec<_>>();
        assert!(values("transfer-encoding").is_empty(), "the length is known: {head}");
        let methods = values(METHOD);
        let length = match values("content-length")[..] {
            _ if methods == ["HEAD"] => 0,
            [] if status == 100 => 0,
            [length] => length.parse::<usize>().unwrap_or_else(|_| panic!("{head}")),
            _ => panic!("no length: {head}"),
        };
        // The listener turns a HEAD away with the head of an answer alone.
        let length = if methods.is_empty() && received.is_empty() && asks_for_head { 0 } else { length };
        assert!(length <= received.len(), "{length} bytes are not all there: {shown}");
        let (body, rest) = received.split_at(length);
        received = rest;
        let (is_last, is_handled) = (values("connection").contains(&"close"), !methods.is_empty());
        answers.push(Answer { status, body: body.to_vec(), is_last, is_handled });
    }
    answers
}

fn status(line: &str) -> u16 {
    let rest = line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 ")).unwrap_or_else(|| panic!("{line:?}"));
    let (status, reason) = rest.split_once(' ').unwrap_or_else(|| panic!("{line:?}"));
    assert!(status.len() == 3 && !reason.contains(|char: char| char.is_ascii_control()), "{line:?}");
    status.parse().unwrap_or_else(|_| panic!("{line:?}"))
}

/// Without what is said of a last head that cannot be read. hyper tells a mistake at once, or only when the head is
/// complete if it has come in pieces; then it may be too late (408). To HTTP/2 it says nothing if it can tell.
fn of_requests(mut answers: Vec<Answer>) -> Vec<Answer> {
    let unread = |last: &Answer| last.status == 408 || (last.status >= 400 && last.body.is_empty() && !last.is_handled);
    answers.pop_if(|last| unread(last));
    answers
}
