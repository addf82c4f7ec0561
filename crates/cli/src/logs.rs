//! Structured lines on stderr: JSON for programs, plain text on a terminal.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging with directives that were checked as a setting.
pub(crate) fn start(directives: &str) {
    let filter = EnvFilter::new(directives);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Escaped);
    // An earlier start in the same process stays in force.
    let _ = if io::stderr().is_terminal() {
        log.with_target(false).try_init()
    } else {
        log.json().flatten_event(true).try_init()
    };
}

/// Whether a person reads both what goes to the log and what goes to stdout, so that one of them is enough.
pub(crate) fn beside_the_output() -> bool {
    io::stderr().is_terminal() && io::stdout().is_terminal()
}

/// Stderr on which one event is one line: whatever control characters are in it are escaped.
struct Escaped;

struct Line<W>(W);

impl<'a> MakeWriter<'a> for Escaped {
    type Writer = Line<io::Stderr>;
    fn make_writer(&'a self) -> Self::Writer {
        Line(io::stderr())
    }
}

impl<W: Write> Write for Line<W> {
    /// The subscriber hands over one whole event at a time.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = crate::output::plain(text.strip_suffix('\n').unwrap_or(&text));
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
        let mut line = Line(Vec::new());
        line.write_all(b"refused x\n2026 forged\x1b[2J\n").unwrap();
        assert_eq!(String::from_utf8(line.0).unwrap(), "refused x\\n2026 forged\\u{1b}[2J\n");
    }
}
