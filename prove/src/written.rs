//! A file of lines that are on disk before they count: one thread writes all lines that wait and flushes once.

use std::fs::File;
use std::io::{Result, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

const LINES_AT_ONCE: usize = 4_096;

type Line = (String, Option<oneshot::Sender<()>>);

#[derive(Debug)]
pub struct Written {
    path: PathBuf,
    lines: Option<Sender<Line>>,
    writer: Option<JoinHandle<Result<()>>>,
}

impl Written {
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path)?;
        let (lines, waiting) = channel();
        let writer = std::thread::spawn(move || write(file, &waiting));
        Ok(Self { path: path.to_owned(), lines: Some(lines), writer: Some(writer) })
    }

    /// The line will be on disk some time soon, and is by the time of `close`.
    pub fn note(&self, line: String) {
        self.send((line, None));
    }

    /// The line is on disk when this returns.
    pub async fn put(&self, line: String) {
        let (done, is_done) = oneshot::channel();
        self.send((line, Some(done)));
        // Gone only with the writer, which `close` reports.
        let _ = is_done.await;
    }

    fn send(&self, line: Line) {
        if let Some(lines) = &self.lines {
            // The writer ends early only by an error, which `close` reports.
            let _ = lines.send(line);
        }
    }

    /// Everything that is on disk now.
    pub fn read(&self) -> Result<String> {
        std::fs::read_to_string(&self.path)
    }

    /// Waits for the last line and returns all.
    pub fn close(mut self) -> Result<String> {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            writer.join().map_err(|_| std::io::Error::other("the writer panicked"))??;
        }
        self.read()
    }
}

fn write(mut file: File, waiting: &Receiver<Line>) -> Result<()> {
    while let Ok(first) = waiting.recv() {
        let mut text = String::new();
        let mut done = Vec::new();
        for (line, wants_word) in std::iter::once(first).chain(waiting.try_iter().take(LINES_AT_ONCE)) {
            text += &line;
            text.push('\n');
            done.extend(wants_word);
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        for done in done {
            // Who asked may be gone.
            let _ = done.send(());
        }
    }
    Ok(())
}
