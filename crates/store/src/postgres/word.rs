//! Word from server to server, by a connection that does nothing else.
//! ```text
//! tell ─▶ waiting ──10 ms──▶ notify ─▶ every connection that listens, this one too
//!                                         └─▶ not its own ─▶ changes()
//! ```
//! A server hears its own word: when it does not for a while, word is lost somewhere on the way (behind a pooler that
//! gives each transaction another connection, say), and it hears of [`Change::Missed`] until that is over.
//!
//! Not here: who looks for what without any word (`engine::others`).

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::{ExecutionId, RequestId, WorkflowId};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::connect::{Connector, Heard};
use crate::change::Change;

/// How long words are gathered.
const GATHER: Duration = Duration::from_millis(10);
/// What PostgreSQL takes in one notification is less than 8,000 bytes, and the longest word has 34.
const WORDS_MAX: usize = 200;
/// Words that one who listens may be behind.
const HEARD_MAX: usize = 4_096;
/// How often a server says something, if only to hear itself.
const ECHO: Duration = Duration::from_secs(5);
/// A server that has not heard itself for so long is deaf.
const DEAF: Duration = Duration::from_secs(8);
/// How often a server that is deaf hears that it missed something, and tries to connect.
const AGAIN: Duration = Duration::from_secs(1);
/// For the last words.
const GOODBYE: Duration = Duration::from_secs(1);

const LISTEN: &str = "listen hookflow";
const NOTIFY: &str = "select pg_notify('hookflow', $1)";

#[derive(Debug)]
pub(super) struct Words {
    /// Tells its own words from others'.
    speaker: i64,
    heard: broadcast::Sender<Change>,
    waiting: Mutex<HashSet<Change>>,
    told: Notify,
    closing: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Words {
    pub(super) fn start(connector: Connector, speaker: i64) -> Arc<Self> {
        let words = Arc::new(Self {
            speaker,
            heard: broadcast::Sender::new(HEARD_MAX),
            waiting: Mutex::default(),
            told: Notify::new(),
            closing: CancellationToken::new(),
            task: Mutex::default(),
        });
        let task = tokio::spawn(Arc::clone(&words).run(connector));
        *words.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        words
    }

    pub(super) fn speaker(&self) -> i64 {
        self.speaker
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<Change> {
        self.heard.subscribe()
    }

    pub(super) fn tell(&self, change: Change) {
        let mut waiting = self.waiting();
        if waiting.len() < WORDS_MAX {
            waiting.insert(change);
        } else if !waiting.contains(&Change::Missed) {
            waiting.clear();
            waiting.insert(Change::Missed);
        }
        drop(waiting);
        self.told.notify_one();
    }

    pub(super) fn end(&self) {
        self.closing.cancel();
    }

    /// Once what was told is said, if that is possible soon.
    pub(super) async fn close(&self) {
        self.end();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let abort = task.abort_handle();
            if tokio::time::timeout(GOODBYE, task).await.is_err() {
                abort.abort();
            }
        }
    }

    async fn run(self: Arc<Self>, connector: Connector) {
        while !self.closing.is_cancelled() {
            if let Ok((client, heard)) = connector.listening().await {
                self.speak_and_listen(&client, heard).await;
            }
            let _ = self.heard.send(Change::Missed);
            self.closing.run_until_cancelled(sleep(AGAIN)).await;
        }
    }

    /// Until the connection is lost, or the store closes.
    async fn speak_and_listen(&self, client: &Client, mut heard: Heard) {
        if client.batch_execute(LISTEN).await.is_err() {
            return;
        }
        // What was said before is lost.
        let _ = self.heard.send(Change::Missed);
        let (mut heard_itself, mut echo_at) = (Instant::now(), Instant::now());
        let mut look = Instant::now() + AGAIN;
        loop {
            let is_closing = tokio::select! {
                notification = heard.recv() => match notification {
                    None => return,
                    Some(payload) => {
                        if self.hear(&payload) {
                            heard_itself = Instant::now();
                        }
                        continue;
                    }
                },
                () = self.told.notified() => {
                    self.closing.run_until_cancelled(sleep(GATHER)).await;
                    false
                }
                () = sleep_until(look) => false,
                () = self.closing.cancelled() => true,
            };
            let words = std::mem::take(&mut *self.waiting());
            let now = Instant::now();
            if !words.is_empty() || now >= echo_at {
                echo_at = now + ECHO;
                if client.execute(NOTIFY, &[&self.written(&words)]).await.is_err() {
                    return;
                }
            }
            if is_closing {
                return;
            }
            if now >= look {
                look = now + AGAIN;
                if heard_itself.elapsed() > DEAF {
                    let _ = self.heard.send(Change::Missed);
                }
            }
        }
    }

    /// Whether it is its own.
    fn hear(&self, payload: &str) -> bool {
        // One of a later version may say what this one does not know.
        let Some((speaker, words)) = payload.split_once(':') else { return false };
        if speaker.parse() == Ok(self.speaker) {
            return true;
        }
        for change in words.split(',').filter_map(read) {
            let _ = self.heard.send(change);
        }
        false
    }

    fn written(&self, words: &HashSet<Change>) -> String {
        let mut text = format!("{}:", self.speaker);
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write(*word, &mut text);
        }
        text
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<Change>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A letter, and the bytes of an id.
fn write(change: Change, text: &mut String) {
    let (letter, id) = match change {
        Change::Stale => ('s', None),
        Change::Work => ('w', None),
        Change::Servers => ('v', None),
        Change::Missed => ('m', None),
        Change::Cancel(id) => ('c', Some(id.to_bytes())),
        Change::Execution(id) => ('e', Some(id.to_bytes())),
        Change::Accepted(id) => ('a', Some(id.to_bytes())),
        Change::Refused(id) => ('r', Some(id.to_bytes())),
        Change::Workflow(id) => ('f', Some(id.to_bytes())),
    };
    text.push(letter);
    if let Some(id) = id {
        // Writing to a text does not fail.
        let _ = std::write!(text, "{:032x}", u128::from_be_bytes(id));
    }
}

fn read(word: &str) -> Option<Change> {
    let (letter, id) = word.split_at_checked(1)?;
    let id = || u128::from_str_radix(id, 16).ok().map(u128::to_be_bytes);
    Some(match letter {
        "s" => Change::Stale,
        "w" => Change::Work,
        "v" => Change::Servers,
        "m" => Change::Missed,
        "c" => Change::Cancel(ExecutionId::from_bytes(id()?)),
        "e" => Change::Execution(ExecutionId::from_bytes(id()?)),
        "a" => Change::Accepted(ExecutionId::from_bytes(id()?)),
        "r" => Change::Refused(RequestId::from_bytes(id()?)),
        "f" => Change::Workflow(WorkflowId::from_bytes(id()?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    #[test]
    fn every_word_is_read_as_it_was_written_and_as_many_as_wait_fit() {
        let at = Timestamp::from_micros(1_790_000_000_000_000);
        let execution = ExecutionId::new(at, u64::MAX);
        for change in [
            Change::Stale,
            Change::Work,
            Change::Servers,
            Change::Missed,
            Change::Cancel(execution),
            Change::Execution(execution),
            Change::Accepted(execution),
            Change::Refused(RequestId::new(at, 7)),
            Change::Workflow(WorkflowId::new(at, 7)),
        ] {
            let mut text = String::new();
            write(change, &mut text);
            assert_eq!(read(&text), Some(change), "{text}");
            assert!(WORDS_MAX * (text.len() + 1) + 21 < 8_000);
        }
        for unknown in ["", "x", "c", "czz", "é"] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
    }
}
