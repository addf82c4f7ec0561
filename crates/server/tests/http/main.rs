//! The server from the outside: whole, on real sockets, with a database of its own for each test.
//!
//! One program, since each is linked with all of the server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod answers;
mod api;
mod figures;
mod framing;
mod hooks;
mod live;
mod metrics;
mod people;
mod preview;
mod scopes;
mod settings;
mod support;
mod ui;
mod v1;
