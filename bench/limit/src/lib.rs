//! What Hookflow is measured against: the least that does the same visible work, each program in one file.
//!
//! [`bare`] ─ adds JSON ▶ [`json`] ─ adds one durable row ▶ [`sync`] ─ answers first, finishes later ▶ [`queued`]
//! [`sync`] and [`queued`] write to SQLite by [`group_commit`], or to PostgreSQL by [`postgres`].
//! [`commit`] is the row without the HTTP, and [`sink`] is what an `http_request` calls.
//!
//! They are as fast as they could be made with the same libraries, so that a ratio to them says how
//! much is left to win. What each leaves out stands on top of it. All leave out: workflows (the one
//! rule is compiled in), a journal, secrets, a request log, limits, timeouts, logs, metrics, a UI.

pub mod bare;
pub mod commit;
pub mod group_commit;
pub mod json;
pub mod listen;
pub mod postgres;
pub mod queued;
pub mod sink;
pub mod sync;
