//! Answers written around hyper: there is no request to answer, or no hyper.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::Stream;
use crate::error::{Fault, PROBLEM, RETRY_SOON_S, problem_body};
use crate::standing;

/// Read at a time while waiting for a peer to close.
const DISCARD_BYTES: usize = 4 << 10;

/// Says what is wrong, then closes.
pub(super) async fn answer_and_close(mut stream: impl Stream, fault: Fault, linger: Duration) {
    if matches!(timeout(linger, stream.write_all(&bytes(fault))).await, Ok(Ok(()))) {
        close(stream, linger).await;
    }
}

/// Closes so that the peer can still read what was sent: a socket closed with unread bytes resets
/// the connection, and the answer may be lost with it.
pub(super) async fn close(mut stream: impl Stream, linger: Duration) {
    let _ = timeout(linger, async {
        stream.shutdown().await?;
        let mut discarded = [0; DISCARD_BYTES];
        while stream.read(&mut discarded).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}

fn bytes(fault: Fault) -> Vec<u8> {
    let status = fault.status();
    let body = problem_body(status, fault.code(), fault.detail(), &[]);
    let retry = match fault {
        Fault::Connections => format!("retry-after: {RETRY_SOON_S}\r\n"),
        _ => String::new(),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {PROBLEM}\r\ncontent-length: {}\r\nconnection: close\r\n{retry}{}\r\n",
        body.len(),
        standing::RAW
    );
    [head.as_bytes(), &body].concat()
}
