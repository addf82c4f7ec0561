//! Group commit to PostgreSQL: a few connections, each with one batch under way.
//! ```text
//! handlers ──rows──▶ queue ──all that wait──▶ whoever is free: one statement, one commit, one flush ──the batch──▶ handlers
//! ```
//! Two tables, each with the one index that finds a row by its id. A batch is one statement over arrays, and so a
//! transaction by itself: one round trip, whatever it holds.
//!
//! Leaves out what `group_commit` leaves out, and: a way to know what became of a commit whose connection was lost
//! (the program ends), parts by day, the lists' indexes, ids that several programs could give.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;
use tokio_postgres::{Client, NoTls, Statement};

use crate::group_commit::{Committed, Queue, Row, Writer};

/// With more of them batches are smaller, and each pays for a commit; with one, nobody writes while it is flushed.
pub const CONNECTIONS: u8 = 2;

const TABLES: &str =
    "create table event (id bigint primary key, at bigint not null, body bytea not null, answer bytea not null);
                      create table result (id bigint primary key, at bigint not null, holds boolean not null)";
/// Elements one by one: `unnest` of several arrays keeps each as a table of its own first.
macro_rules! accepted {
    () => {
        "insert into event select ($1::bigint[])[n], ($2::bigint[])[n], ($3::bytea[])[n], ($4::bytea[])[n]
                             from generate_series(1, cardinality($1::bigint[])) n"
    };
}
const ACCEPT: &str = accepted!();
const FINISH: &str = "insert into result select ($1::bigint[])[n], ($2::bigint[])[n], ($3::boolean[])[n]
                                           from generate_series(1, cardinality($1::bigint[])) n";
const BOTH: &str = concat!(
    "with accepted as (",
    accepted!(),
    ") insert into result select ($5::bigint[])[n], ($6::bigint[])[n], ($7::boolean[])[n]
                            from generate_series(1, cardinality($5::bigint[])) n"
);

/// Makes the tables and the connections. The database is empty.
pub async fn start(database: &str, connections: u8) -> Result<(Writer, Committed)> {
    let queue = Arc::new(Queue::default());
    let (done, committed) = mpsc::unbounded_channel();
    for number in 0..connections {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await.context("no connection")?;
        tokio::spawn(connection);
        if number == 0 {
            client.batch_execute(TABLES).await?;
        }
        let statements = Statements::prepare(client).await?;
        let (queue, done) = (Arc::clone(&queue), done.clone());
        tokio::spawn(async move {
            loop {
                let batch = queue.taken().await;
                if let Err(error) = statements.write(&batch).await {
                    // Nobody may be told that it is kept.
                    eprintln!("nothing can be written: {error}");
                    std::process::exit(1);
                }
                queue.written(&batch);
                if done.send(batch).is_err() {
                    return;
                }
            }
        });
    }
    Ok((Writer::of(queue), committed))
}

/// A connection, and what is run on it.
struct Statements {
    client: Client,
    accept: Statement,
    finish: Statement,
    both: Statement,
}

impl Statements {
    async fn prepare(client: Client) -> Result<Self> {
        client.batch_execute("set plan_cache_mode = force_generic_plan; set jit = off").await?;
        let [accept, finish, both] =
            [client.prepare(ACCEPT).await?, client.prepare(FINISH).await?, client.prepare(BOTH).await?];
        Ok(Self { client, accept, finish, both })
    }

    /// Returns once they are on disk.
    async fn write(&self, batch: &[Row]) -> Result<(), tokio_postgres::Error> {
        let (mut ids, mut times, mut bodies, mut answers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut ended, mut ends, mut results) = (Vec::new(), Vec::new(), Vec::new());
        for row in batch {
            match row {
                Row::Accepted { id, at, body, answer, .. } => {
                    ids.push(*id as i64);
                    times.push(*at as i64);
                    bodies.push(body.as_ref());
                    answers.push(answer.as_ref());
                }
                Row::Finished { id, at, holds } => {
                    ended.push(*id as i64);
                    ends.push(*at as i64);
                    results.push(*holds);
                }
            }
        }
        if ended.is_empty() {
            self.client.execute(&self.accept, &[&ids, &times, &bodies, &answers]).await?;
        } else if ids.is_empty() {
            self.client.execute(&self.finish, &[&ended, &ends, &results]).await?;
        } else {
            let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
                [&ids, &times, &bodies, &answers, &ended, &ends, &results];
            self.client.execute(&self.both, &params).await?;
        }
        Ok(())
    }
}
