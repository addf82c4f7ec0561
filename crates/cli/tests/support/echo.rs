//! A far side that tells everybody what it was told, in every way it can think of.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

/// By the first segment of the path: `ok`, `error` (500), `flaky` (503 every other time), `slow` (two seconds),
/// `binary` (bytes that are no text), `last` (what was asked before).
#[derive(Clone)]
pub struct Echo {
    pub at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = Self { at: listener.local_addr().unwrap(), asked: Arc::default() };
        let this = echo.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let this = this.clone();
                std::thread::spawn(move || this.answer(stream));
            }
        });
        echo
    }

    /// Heads and bodies as they came, whose path begins with `start`.
    pub fn asked(&self, start: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.split(' ').nth(1).unwrap().starts_with(start)).cloned().collect()
    }

    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
            head += &String::from_utf8_lossy(&line);
        }
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let whole = format!("{head}{}", String::from_utf8_lossy(&body));
        let path = head.split(' ').nth(1)?.to_owned();
        let before = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(whole.clone());
            asked.len().checked_sub(2).map(|last| asked[last].clone()).unwrap_or_default()
        };
        let kind = path.split(['/', '?']).nth(1)?.to_owned();
        let status = match kind.as_str() {
            "error" => "500 Broken",
            "flaky" if self.asked("/flaky").len() % 2 == 1 => "503 Later",
            _ => "200 OK",
        };
        if kind == "slow" {
            std::thread::sleep(Duration::from_secs(2));
        }
        let told = if kind == "last" { &before } else { &whole };
        let (media_type, answer) = if kind == "binary" {
            ("application/octet-stream", [b"\xff\xfe", told.as_bytes()].concat())
        } else {
            ("application/json", every_way(told).to_string().into_bytes())
        };
        let authorization = told.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nX-Echo: {authorization}\r\n\
             X-Path: {path}\r\nConnection: close\r\n\r\n",
            answer.len()
        );
        stream.write_all(&[head.as_bytes(), &answer].concat()).ok()
    }
}

/// What was told, and each of its lines, raw and in what encodings there are.
fn every_way(told: &str) -> Value {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    // Some leave what may stand in a URL.
    let sparing = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-~/".contains(&byte);
        let parts = text.bytes().map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        parts.collect::<String>()
    };
    let lines: Vec<_> =
        told.lines().flat_map(|line| (0..3).map(move |skip| line.get(skip..).unwrap_or_default())).collect();
    let base64: Vec<_> = lines.iter().map(|line| BASE64_STANDARD.encode(line)).collect();
    let for_urls: Vec<_> = lines.iter().map(|line| BASE64_URL_SAFE_NO_PAD.encode(line)).collect();
    json!({
        "raw": told, "json": json!(told).to_string(), "upper": told.to_ascii_uppercase(), "hex": hex(told),
        "percent": percent(told), "form": sparing(told), "base64": base64, "for_urls": for_urls,
        "whole": BASE64_STANDARD.encode(told), "as a name": {told: {"in": [told]}},
    })
}
