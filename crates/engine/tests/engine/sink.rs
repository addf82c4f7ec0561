//! A system that flows call: on loopback, with a log on disk of every request it got, and answers as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

type Script = Box<dyn FnMut(usize) -> Reply + Send>;

/// How a request is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<&'static str>,
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn with(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// A request that came: its idempotency key, and when.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) key: String,
    pub(crate) at: Instant,
}

pub(crate) struct Sink {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    log: Mutex<NamedTempFile>,
    seen: Mutex<Vec<Seen>>,
    script: Mutex<Script>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            log: Mutex::new(NamedTempFile::new().unwrap()),
            seen: Mutex::default(),
            script: Mutex::new(Box::new(|_| Reply::with(200))),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { port, shared }
    }

    /// From now on; the `n`th request since the start of the sink, from 0.
    pub(crate) fn answer(&self, script: impl FnMut(usize) -> Reply + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    /// A node that calls it. `more` goes into its config.
    pub(crate) fn node(&self, key: &str, more: &Value) -> Value {
        let mut config = json!({ "method": "POST", "url": format!("http://127.0.0.1:{}/{key}", self.port) });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "key": key, "kind": "http_request", "config": config })
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Every idempotency key that came, from the file.
    pub(crate) fn keys(&self) -> Vec<String> {
        let log = self.shared.log.lock().unwrap();
        std::fs::read_to_string(log.path()).unwrap().lines().map(str::to_owned).collect()
    }

    /// The pauses between the requests, in milliseconds.
    pub(crate) fn pauses(&self) -> Vec<u128> {
        self.seen().windows(2).map(|two| (two[1].at - two[0].at).as_millis()).collect()
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let (mut key, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim().is_empty() { break } else { continue }
            };
            match name.to_ascii_lowercase().as_str() {
                "idempotency-key" => key = value.trim().trim_matches('"').to_owned(),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let n = self.note(&key);
        let reply = (self.script.lock().unwrap())(n);
        std::thread::sleep(reply.after);
        let wait = reply.retry_after.map_or(String::new(), |wait| format!("Retry-After: {wait}\r\n"));
        let head = format!("HTTP/1.1 {} Said\r\n{wait}Content-Length: 2\r\nConnection: close\r\n\r\nok", reply.status);
        reader.get_mut().write_all(head.as_bytes()).ok()
    }

    /// On disk before anything is answered.
    fn note(&self, key: &str) -> usize {
        let mut log = self.log.lock().unwrap();
        log.write_all(format!("{key}\n").as_bytes()).unwrap();
        log.as_file().sync_all().unwrap();
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen { key: key.to_owned(), at: Instant::now() });
        seen.len() - 1
    }
}
