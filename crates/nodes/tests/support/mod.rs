//! Far sides: servers on loopback that behave as badly as they are told to.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use nodes::outbound::{Call, CallError, Got, Networks, Outbound};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

/// A request as it came over the wire.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    pub target: String,
    /// Names as they were sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `None` at the end of the connection. Strict: a head that is not as the RFC has it panics.
    fn read(from: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut line = || {
            let mut line = String::new();
            from.read_line(&mut line).ok().filter(|read| *read > 0)?;
            Some(line.strip_suffix("\r\n").expect("a line ends with CR LF").to_owned())
        };
        let first = line()?;
        let [method, target, "HTTP/1.1"] = first.split(' ').collect::<Vec<_>>()[..] else { panic!("{first}") };
        let (method, target) = (method.to_owned(), target.to_owned());
        let mut headers = Vec::new();
        loop {
            match line()?.as_str() {
                "" => break,
                header => {
                    let (name, value) = header.split_once(": ").expect("a header has a colon");
                    headers.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        let mut asked = Self { method, target, headers, body: Vec::new() };
        assert_eq!(asked.header("transfer-encoding"), None, "bodies have a length");
        let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
        asked.body.resize(length, 0);
        from.read_exact(&mut asked.body).ok()?;
        Some(asked)
    }
}

/// A server that remembers what it was asked.
#[derive(Debug, Clone)]
pub struct FarSide {
    pub at: SocketAddr,
    connections: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The way back to who asked. Counts what went out; `Err` once nobody listens any more.
pub struct Back {
    stream: TcpStream,
    written: Arc<AtomicUsize>,
}

impl Back {
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.written.fetch_add(bytes.as_ref().len(), Ordering::Relaxed);
        Ok(())
    }
}

impl FarSide {
    /// `act` answers one request; whether it is `Ok(true)` says if another one may follow on the connection.
    pub fn on(ip: &str, act: impl Fn(&Asked, &mut Back) -> std::io::Result<bool> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
        let far = Self {
            at: listener.local_addr().unwrap(),
            connections: Arc::default(),
            written: Arc::default(),
            asked: Arc::default(),
        };
        let (this, act) = (far.clone(), Arc::new(act));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                this.connections.fetch_add(1, Ordering::SeqCst);
                let (this, act) = (this.clone(), Arc::clone(&act));
                std::thread::spawn(move || this.serve(stream, &*act));
            }
        });
        far
    }

    fn serve(&self, stream: TcpStream, act: &dyn Fn(&Asked, &mut Back) -> std::io::Result<bool>) {
        // So that nothing here outlives its test for long.
        _ = stream.set_write_timeout(Some(Duration::from_secs(20)));
        _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
        let mut from = BufReader::new(stream.try_clone().unwrap());
        let mut back = Back { stream, written: Arc::clone(&self.written) };
        while let Some(asked) = Asked::read(&mut from) {
            self.asked.lock().unwrap().push(asked.clone());
            if !act(&asked, &mut back).unwrap_or(false) {
                return;
            }
        }
    }

    /// The same answer to everybody.
    pub fn saying(ip: &str, answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::on(ip, move |_, back| back.say(&answer).map(|()| false))
    }

    /// Takes a request and redirects it.
    pub fn redirecting(ip: &str, status: u16, location: impl Into<String>) -> Self {
        let location = location.into();
        Self::saying(
            ip,
            format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        )
    }

    pub fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.at)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Bytes that it got rid of.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }
}

pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// Runs one test of this file again, in a process with these variables; it tells by `CHILD` which one it is.
pub fn again_with(test: &str, variables: &[(&str, &str)]) {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env("CHILD", "1").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

pub fn is_child() -> bool {
    std::env::var_os("CHILD").is_some()
}

pub fn get(url: &str) -> Call {
    Call {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        body_is_secret: false,
        timeout: Duration::from_secs(10),
        redirects_max: 0,
        answer_bytes_max: 1 << 16,
    }
}

pub fn allowing(networks: &[&str]) -> Outbound {
    Outbound::new(Networks::parse(networks.iter().copied()).unwrap())
}

pub fn code(outcome: Result<Got, CallError>) -> &'static str {
    outcome.map_or_else(|error| error.code(), |_| "ok")
}

/// Says the same again and again, with pauses.
pub fn endless(first: &'static str, again: Vec<u8>, pause_ms: u64) -> FarSide {
    FarSide::on("127.0.0.1", move |_, back| {
        back.say(first)?;
        loop {
            back.say(&again)?;
            std::thread::sleep(Duration::from_millis(pause_ms));
        }
    })
}
