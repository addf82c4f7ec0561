//! How a command fails: `error[code]: sentence` with a hint on stderr, and an exit code.
//!
//! The codes are stable, the sentences are not.

use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Done.
pub(crate) const DONE: u8 = 0;
/// Refused or failed.
pub(crate) const FAILED: u8 = 1;
/// Used wrongly: flags or settings.
pub(crate) const MISUSED: u8 = 2;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) code: String,
    pub(crate) sentence: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) complaints: Vec<Complaint>,
    pub(crate) exit: u8,
}

impl Complaint {
    pub(crate) fn new(code: &str, sentence: impl Into<String>) -> Self {
        Self { code: code.to_owned(), sentence: sentence.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.sentence)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl Failure {
    pub(crate) fn new(code: &str, sentence: impl Into<String>) -> Self {
        Complaint::new(code, sentence).into()
    }

    pub(crate) fn misused(complaints: Vec<Complaint>) -> Self {
        Self { complaints, exit: MISUSED }
    }

    /// The reader of stdout has gone (`hookflow list | head -1`): nothing is wrong, there is just nobody to tell.
    fn nobody_reads() -> Self {
        Self { complaints: Vec::new(), exit: DONE }
    }

    /// Whether it is about what was asked for, and not about the way to the server or to the reader.
    pub(crate) fn is_about_one(&self) -> bool {
        let general = |code: &str| code.starts_with("client.") || code.starts_with("api.");
        !self.complaints.is_empty() && !self.complaints.iter().any(|complaint| general(&complaint.code))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.complaints.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    /// Says on stderr what is wrong.
    pub(crate) fn report(&self) -> ExitCode {
        for complaint in &self.complaints {
            eprintln!("{complaint}");
        }
        ExitCode::from(self.exit)
    }
}

impl From<Complaint> for Failure {
    fn from(complaint: Complaint) -> Self {
        Self { complaints: vec![complaint], exit: FAILED }
    }
}

/// Of writing to stdout; other I/O names its file.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::nobody_reads(),
            _ => Self::new("output.failed", format!("cannot write the output: {error}")),
        }
    }
}

/// A cause and what caused it, in one line: `cannot connect: connection refused`.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What is behind an error, without the layers that it came through: `Connection refused (os error 111)`.
pub(crate) fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}
