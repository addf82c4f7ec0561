//! One HTTP/1.1 connection, one request at a time, as little work as can be.
//!
//! Not here: TLS, HEAD (whose answers announce bodies that do not come), redirects.

use std::borrow::Cow;
use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::net::TcpStream;

const HEAD_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
const READ_BYTES: usize = 16 * 1024;
/// Addresses on loopback that connections come from.
const SENDERS: u8 = 128;

/// A request as it goes over the wire. `Host` and `Content-Length` are added.
///
/// # Errors
/// Names and values must not hold line breaks, the target no blanks.
pub fn request(
    host: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Vec<u8>> {
    let breaks = |text: &str| text.bytes().any(|byte| byte.is_ascii_control());
    if target.contains(' ') || breaks(target) || headers.iter().any(|(name, value)| breaks(name) || breaks(value)) {
        return Err(Error::new(ErrorKind::InvalidInput, "a line break or blank where HTTP allows none"));
    }
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";
    Ok([request.as_bytes(), body].concat())
}

/// What came back.
#[derive(Debug)]
pub struct Response<'c> {
    pub status: u16,
    pub body: &'c [u8],
    head: Cow<'c, str>,
}

impl Response<'_> {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// The head as it came, then the body without its framing.
    buffer: Vec<u8>,
    is_reusable: bool,
}

/// How the end of a body is found.
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Connection {
    /// Over loopback each comes from another of some addresses, as if from several machines: to find one of the few
    /// ports that are left takes the system a millisecond once thousands go from one address to one port.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = match address.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => {
                static NEXT: AtomicU8 = AtomicU8::new(0);
                let from = Ipv4Addr::new(127, 0, 0, 1 + NEXT.fetch_add(1, Relaxed) % SENDERS);
                let socket = TcpSocket::new_v4()?;
                socket.bind((from, 0).into())?;
                socket.connect(address).await?
            }
            _ => TcpStream::connect(address).await?,
        };
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_BYTES), is_reusable: true })
    }

    /// False once the server said or showed that it closes.
    pub fn is_reusable(&self) -> bool {
        self.is_reusable
    }

    /// Sends one request and reads its answer to the end. After an error the connection is of no use.
    ///
    /// An answer that comes before all has been sent is taken: whoever gets one need not send the rest.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Response<'_>> {
        self.buffer.clear();
        self.is_reusable = false;
        let (reader, mut writer) = self.stream.split();
        let is_sent = tokio::select! {
            biased;
            // What cannot be sent any more may have been answered all the same.
            sent = writer.write_all(request) => sent.is_ok(),
            _ = reader.readable() => false,
        };

        let (mut status, mut head_len) = self.read_head().await?;
        while (100..200).contains(&status) {
            self.buffer.drain(..head_len);
            (status, head_len) = self.read_head().await?;
        }
        let head = String::from_utf8_lossy(&self.buffer[..head_len]);
        let framing = framing(status, &head)?;
        let says_close = header(&head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let is_kept_open = !says_close && head.starts_with("HTTP/1.1") && !matches!(framing, Framing::UntilClose);
        self.is_reusable = is_sent && is_kept_open;

        let body_end = match framing {
            Framing::Length(len) => {
                self.fill(head_len + len).await?;
                head_len + len
            }
            Framing::Chunked => self.read_chunks(head_len).await?,
            Framing::UntilClose => {
                while self.buffer.len() <= head_len + BODY_BYTES_MAX && self.read_some().await? > 0 {}
                self.buffer.len()
            }
        };
        if self.buffer.len() > body_end {
            return Err(bad("more bytes than one answer"));
        }
        let (head, body) = self.buffer.split_at(head_len);
        Ok(Response { status, body, head: String::from_utf8_lossy(head) })
    }

    /// The status, and where the head ends.
    async fn read_head(&mut self) -> Result<(u16, usize)> {
        let mut searched = 0_usize;
        loop {
            // The blank line may begin in what was there before.
            let from = searched.saturating_sub(3);
            if let Some(at) = self.buffer[from..].windows(4).position(|window| window == b"\r\n\r\n") {
                let status = self.buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
                let status =
                    status.filter(|_| self.buffer.starts_with(b"HTTP/1.")).and_then(|digits| digits.parse().ok());
                return Ok((status.ok_or_else(|| bad("no status line"))?, from + at + 4));
            }
            searched = self.buffer.len();
            if searched > HEAD_BYTES_MAX {
                return Err(bad("the head is too long"));
            }
            if self.read_some().await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Takes the framing out of the buffer; says where the body ends.
    async fn read_chunks(&mut self, head_len: usize) -> Result<usize> {
        let mut end = head_len;
        loop {
            let line_end = self.line_end(end).await?;
            let line = std::str::from_utf8(&self.buffer[end..line_end]).map_err(|_| bad("no chunk size"))?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| bad("no chunk size"))?;
            self.buffer.drain(end..line_end + 2);
            if size == 0 {
                break;
            }
            if end + size > head_len + BODY_BYTES_MAX {
                return Err(bad("the body is too long"));
            }
            self.fill(end + size + 2).await?;
            end += size;
            self.buffer.drain(end..end + 2);
        }
        // Trailers, up to the empty line.
        loop {
            let line_end = self.line_end(end).await?;
            self.buffer.drain(end..line_end + 2);
            if line_end == end {
                return Ok(end);
            }
        }
    }

    async fn line_end(&mut self, from: usize) -> Result<usize> {
        loop {
            if let Some(at) = self.buffer[from..].windows(2).position(|window| window == b"\r\n") {
                return Ok(from + at);
            }
            if self.buffer.len() - from > HEAD_BYTES_MAX {
                return Err(bad("a line is too long"));
            }
            if self.read_some().await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn fill(&mut self, len: usize) -> Result<()> {
        while self.buffer.len() < len {
            if self.read_some().await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn read_some(&mut self) -> Result<usize> {
        self.buffer.reserve(READ_BYTES);
        self.stream.read_buf(&mut self.buffer).await
    }
}

/// RFC 9112, section 6.3.
fn framing(status: u16, head: &str) -> Result<Framing> {
    if matches!(status, 204 | 304) {
        return Ok(Framing::Length(0));
    }
    if header(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(Framing::Chunked);
    }
    let Some(length) = header(head, "content-length") else { return Ok(Framing::UntilClose) };
    match length.parse() {
        Ok(length) if length <= BODY_BYTES_MAX => Ok(Framing::Length(length)),
        _ => Err(bad("no sensible content length")),
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn bad(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
