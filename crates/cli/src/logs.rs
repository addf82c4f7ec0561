//! Structured lines on stderr: JSON for programs, plain text on a terminal.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::output;

/// Libraries that tell, at the finer levels, what goes through them: hosts of calls, which may be secrets.
const SEEING_SECRETS: [&str; 5] = ["h2", "hyper", "hyper_util", "reqwest", "rustls"];

/// Starts logging with directives that were checked as a setting.
pub(crate) fn start(directives: &str) {
    let filter = SEEING_SECRETS.iter().fold(EnvFilter::new(directives), |filter, target| {
        filter.add_directive(format!("{target}=error").parse().expect("it is written as it has to be"))
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    // An earlier start in the same process stays in force.
    let _ = if io::stderr().is_terminal() {
        log.with_target(false).with_writer(Escaped(output::plain)).try_init()
    } else {
        log.json().flatten_event(true).with_writer(Escaped(output::plain_json)).try_init()
    };
}

/// Whether a person reads both what goes to the log and what goes to stdout, so that one of them is enough.
pub(crate) fn beside_the_output() -> bool {
    io::stderr().is_terminal() && io::stdout().is_terminal()
}

/// How a line is written so that nothing in it steers a terminal.
type Escape = fn(&str) -> String;

/// Stderr on which one event is one line: whatever control characters are in it are escaped.
struct Escaped(Escape);

struct Line<W>(W, Escape);

impl<'a> MakeWriter<'a> for Escaped {
    type Writer = Line<io::Stderr>;
    fn make_writer(&'a self) -> Self::Writer {
        Line(io::stderr(), self.0)
    }
}

impl<W: Write> Write for Line<W> {
    /// The subscriber hands over one whole event at a time.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = (self.1)(text.strip_suffix('\n').unwrap_or(&text));
        self.0.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let mut line = Line(Vec::new(), output::plain);
        line.write_all(b"refused x\n2026 forged\x1b[2J\n").unwrap();
        assert_eq!(String::from_utf8(line.0).unwrap(), "refused x\\n2026 forged\\u{1b}[2J\n");
    }

    #[test]
    fn a_line_of_json_stays_json() {
        let mut line = Line(Vec::new(), output::plain_json);
        let event = serde_json::json!({"message": "a\n\u{1b}[2J\u{9b}b\u{202e}c"});
        line.write_all(format!("{event}\n").as_bytes()).unwrap();
        let text = String::from_utf8(line.0).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), event);
        assert!(text.is_ascii() && text.lines().count() == 1, "{text:?}");
    }
}
