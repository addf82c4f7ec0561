//! What happens at a server, as it happens: server-sent events that survive a lost connection.
//! ```text
//! connect ──▶ events … ──▶ lost ──▶ pause ──▶ connect with Last-Event-ID ──▶ events …
//! ```
//! Where the server is, is asked again each time: after a restart it can have other ports.

use std::time::Duration;

use serde_json::Value;

use crate::args::Global;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::plain;

const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// No event of the server's is nearly as long.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Shows the data of every event of this `kind`, until Ctrl-C. What the server could not keep is told on stderr.
pub(crate) async fn follow(
    global: &Global,
    query: &[(&str, String)],
    kind: &str,
    mut show: impl FnMut(&Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut follower = Follower { kind, last: None, seen: false, connected: false };
    let endless = async {
        let mut pause = PAUSE;
        loop {
            let before = follower.last.clone();
            match follower.listen(global, query, &mut show).await {
                // The first time there is nothing to go on with, and what is refused once is refused again.
                Err(failure) if !follower.seen || !is_passing(&failure) => return Err(failure),
                // Said once, however long it takes.
                _ if std::mem::take(&mut follower.connected) => eprintln!("the connection is lost, trying again"),
                _ => {}
            }
            pause = if follower.last == before { (pause * 2).min(PAUSE_MAX) } else { PAUSE };
            tokio::time::sleep(pause).await;
        }
    };
    tokio::select! {
        failed = endless => failed,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Whether it can be otherwise in a moment.
fn is_passing(failure: &Failure) -> bool {
    let passing = ["client.unreachable", "client.no_server", "client.no_api", "server.unavailable"];
    failure.complaints.iter().any(|complaint| passing.contains(&complaint.code.as_str()))
}

struct Follower<'k> {
    kind: &'k str,
    /// The id of the last event, for the server to go on after it.
    last: Option<String>,
    /// Whether there was a connection ever, and whether there was one lately.
    seen: bool,
    connected: bool,
}

impl Follower<'_> {
    /// Until the connection ends.
    async fn listen(
        &mut self,
        global: &Global,
        query: &[(&str, String)],
        show: &mut impl FnMut(&Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let client = Client::find(global)?;
        let mut answer = client.stream(&["live"], query, self.last.as_deref()).await?;
        eprintln!("{}", if self.seen { "connected again" } else { "following what comes, Ctrl-C ends it" });
        (self.seen, self.connected) = (true, true);
        let mut reader = Reader::default();
        while let Some(piece) = answer.chunk().await.map_err(|error| client.unreachable(error))? {
            for event in reader.read(&piece)? {
                if let Some(id) = event.id {
                    self.last = Some(id);
                }
                let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
                if event.kind == self.kind {
                    show(&data)?;
                } else if event.kind == "gap" {
                    let since =
                        data["since"].as_str().map_or(String::new(), |since| format!(" since {}", plain(since)));
                    eprintln!("something was left out{since}: the list without --follow has it");
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    id: Option<String>,
    kind: String,
    data: String,
}

/// Events out of bytes, <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
#[derive(Debug, Default)]
struct Reader {
    /// What has come of the line.
    line: Vec<u8>,
    event: Event,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        for byte in bytes {
            // Our server ends lines with LF or CR LF, never with CR alone.
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            events.extend(self.take(line.trim_end_matches('\r')));
        }
        if self.line.len() + self.event.data.len() > LINE_BYTES_MAX {
            return Err(Failure::new("client.no_api", "the live feed sends an event without an end"));
        }
        Ok(events)
    }

    /// An empty line ends an event. One of an id alone only moves the place to go on from.
    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (event.id.is_some() || !event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => self.event.kind = value.to_owned(),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // A comment keeps the connection alive; how long to pause is ours to say.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_the_bytes_are_cut() {
        let text = ": hello\n\nid: 7\nevent: request\ndata: {\"a\":\"é\",\ndata:\"b\": 1}\n\nretry: 5\nid: 8\r\nevent: gap\r\ndata: {}\r\n\r\nevent: execution\n\n: nothing else\nid: 9\n\nid: 10\n";
        let expected = [
            Event { id: Some("7".into()), kind: "request".into(), data: "{\"a\":\"é\",\n\"b\": 1}".into() },
            Event { id: Some("8".into()), kind: "gap".into(), data: "{}".into() },
            Event { id: Some("9".into()), ..Event::default() },
        ];
        for length in [1, 2, 3, 7, text.len()] {
            let mut reader = Reader::default();
            let events: Vec<Event> =
                text.as_bytes().chunks(length).flat_map(|piece| reader.read(piece).unwrap()).collect();
            assert_eq!(events, expected, "in pieces of {length}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_not_kept_for_ever() {
        let mut reader = Reader::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..17).any(|_| reader.read(&piece).is_err()));
    }
}
