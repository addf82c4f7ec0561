//! Far sides that are slow, large or broken: each call ends within its limits, and says why.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use nodes::outbound::{Call, CallError};
use reqwest::Method;
use support::{FarSide, allowing, code, endless, get};

/// What it ends as, and how long it took.
async fn timed(far: &FarSide, timeout_ms: u64) -> (CallError, Duration) {
    let from = Instant::now();
    let call = Call { timeout: Duration::from_millis(timeout_ms), ..get(&far.url("/")) };
    (allowing(&["127.0.0.1"]).call(call).await.unwrap_err(), from.elapsed())
}

/// What fits into the kernel's buffers besides what was read.
const IN_FLIGHT: usize = 12 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_slow_are_cut_off_in_time() {
    let silent = FarSide::on("127.0.0.1", |_, _| {
        std::thread::sleep(Duration::from_secs(3));
        Ok(false)
    });
    let drips = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    let cases = [
        ("never answers", silent),
        ("a head, byte by byte", endless("HTTP/1.1 200 OK\r\nX: ", b"x".to_vec(), 50)),
        ("a body, byte by byte", endless(drips, b"x".to_vec(), 50)),
        (
            "chunks, one by one",
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n".to_vec(), 50),
        ),
        ("100 Continue for ever", endless("", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0)),
        ("103 with headers for ever", endless("", b"HTTP/1.1 103 X\r\nLink: x\r\nX: y\r\n\r\n".repeat(100), 0)),
        (
            "an answer that lies: too short",
            FarSide::on("127.0.0.1", |_, back| {
                back.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")?;
                std::thread::sleep(Duration::from_secs(3));
                Ok(false)
            }),
        ),
    ];
    for (name, far) in cases {
        let (error, took) = timed(&far, 600).await;
        assert_eq!((error.code(), error.may_pass()), ("http.timeout", true), "{name}: {error}");
        // hyper reads what a flood has sent in one go, and no timer of this runtime fires meanwhile.
        let most = if name.ends_with("for ever") { 10_000 } else { 3_000 };
        assert!((550..most).contains(&took.as_millis()), "{name}: {took:?}");
    }
}

#[tokio::test]
async fn the_large_are_cut_off_early() {
    let mebibyte = vec![b'x'; 1 << 20];
    let chunk = [b"100000\r\n".as_slice(), &mebibyte, b"\r\n"].concat();
    let header = |of: usize| format!("X-{of}: {}\r\n", "y".repeat(20));
    let many: String = (0..10_000).map(header).collect();
    let some: String = (0..101).map(header).collect();
    let cases = [
        ("no length and no end", endless("HTTP/1.1 200 OK\r\n\r\n", mebibyte.clone(), 0)),
        ("chunks without end", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk, 0)),
        ("a length beyond the limit", endless("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", b"x".to_vec(), 50)),
        (
            "a length beyond all",
            endless("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", mebibyte.clone(), 0),
        ),
        ("10 000 headers", FarSide::saying("127.0.0.1", format!("HTTP/1.1 200 OK\r\n{many}\r\n"))),
        ("101 headers", FarSide::saying("127.0.0.1", format!("HTTP/1.1 200 OK\r\n{some}\r\n"))),
        ("a header without end", endless("HTTP/1.1 200 OK\r\nX: ", mebibyte.clone(), 0)),
        (
            "a header of a mebibyte",
            FarSide::saying("127.0.0.1", [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &mebibyte, b"\r\n\r\n"].concat()),
        ),
        ("headers without end", endless("HTTP/1.1 200 OK\r\n", b"X: y\r\n".to_vec(), 0)),
    ];
    for (name, far) in cases {
        let (error, took) = timed(&far, 8_000).await;
        assert_eq!((error.code(), error.may_pass()), ("http.too_large", false), "{name}: {error}");
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
        assert!(far.written() < IN_FLIGHT, "{name}: {} bytes were taken", far.written());
    }
    // At the limit to the byte.
    for (length, expected) in [(1 << 16, "ok"), ((1 << 16) + 1, "http.too_large")] {
        let body = "x".repeat(length);
        for head in [format!("Content-Length: {length}\r\n"), String::new()] {
            let far = FarSide::saying("127.0.0.1", format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}"));
            assert_eq!(code(allowing(&["127.0.0.1"]).call(get(&far.url("/"))).await), expected, "{length} {head}");
        }
    }
}

#[tokio::test]
async fn the_broken_are_told_from_the_rest() {
    for (name, answer) in [
        ("nothing", &b""[..]),
        ("garbage", b"\x00\xff\x16\x03\x01 not http at all\r\n\r\n"),
        ("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n"),
        ("half a head", b"HTTP/1.1 200 OK\r\nContent-Le"),
        ("half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        ("half a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"),
        ("a bad chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n"),
        ("a huge chunk size", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
        ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        ("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        ("a status that is none", b"HTTP/1.1 099 X\r\n\r\n"),
        ("a header that is none", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
    ] {
        let (error, _) = timed(&FarSide::saying("127.0.0.1", answer), 5_000).await;
        assert_eq!((error.code(), error.may_pass()), ("http.broken", true), "{name}: {error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let call = get(&format!("http://{closed}/"));
    assert_eq!(code(allowing(&["127.0.0.1"]).call(call).await), "http.connect");
}

#[tokio::test]
async fn a_reset_in_the_middle_is_a_break() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = get(&format!("http://{}/", listener.local_addr().unwrap()));
    let far = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        _ = stream.read(&mut [0; 1024]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.set_zero_linger().unwrap();
    });
    let error = allowing(&["127.0.0.1"]).call(call).await.unwrap_err();
    assert!(matches!(&error, CallError::Broken(why) if why.contains("reset")), "{error:?}");
    far.await.unwrap();
}

#[tokio::test]
async fn nothing_is_unpacked() {
    use flate2::{Compression, write::GzEncoder};
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        bomb.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 17);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let far = FarSide::saying("127.0.0.1", [head.as_bytes(), &bomb].concat());
    let call = Call { answer_bytes_max: 1 << 17, ..get(&far.url("/")) };
    assert_eq!(allowing(&["127.0.0.1"]).call(call).await.unwrap().body, bomb);
    assert_eq!(far.asked()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn answers_without_a_body_may_say_how_long_it_would_be() {
    let outbound = allowing(&["127.0.0.1"]);
    let far = FarSide::saying("127.0.0.1", "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n");
    let got = outbound.call(Call { method: Method::HEAD, ..get(&far.url("/")) }).await.unwrap();
    assert!(got.body.is_empty() && got.headers["content-length"] == "999999999");
    let far = FarSide::saying("127.0.0.1", "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(code(outbound.call(Call { answer_bytes_max: 0, ..get(&far.url("/")) }).await), "ok");
}
