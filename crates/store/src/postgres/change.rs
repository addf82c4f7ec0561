//! What servers keep in memory, numbered in the order of the commits that changed it.
//!
//! A change takes the next number last in its transaction, and so holds the row of numbers for no longer than its
//! commit takes. Whoever asks what lies behind a number misses nothing that commits late.

use domain::id::WorkflowId;

use super::Postgres;
use super::fault::Fault;
use super::sql::{Db, Raw, Whole, Word, execute, read, row, rows, statements};
use crate::change::{Change, Changed, Stale};
use crate::error::Result;

statements! {
    NUMBER = "select number from change_number";
    NOTE = "with next as (update change_number set number = number + 1 returning number)
            insert into change (noun, id, number, speaker) select $1, $2, number, $3 from next
            on conflict (noun, id) do update set number = excluded.number, speaker = excluded.speaker";
    BEHIND = "select noun, id, number, speaker from change where number > $1 order by number";
}

const WORKFLOW: &str = "workflow";
const SETTINGS: &str = "settings";
const SECRETS: &str = "secrets";

/// Last in the transaction that changes it. Once that has committed, [`Postgres::tells_stale`].
pub(super) async fn note(store: &Postgres, db: &Db, stale: Stale) -> Result<(), Fault> {
    let (noun, id) = match stale {
        Stale::Workflow(id) => (WORKFLOW, id.to_bytes().to_vec()),
        Stale::Settings => (SETTINGS, Vec::new()),
        Stale::Secrets => (SECRETS, Vec::new()),
    };
    execute(db, NOTE, &[&noun, &id, &store.words.speaker()]).await?;
    Ok(())
}

pub(super) async fn since(store: &Postgres, since: Option<u64>) -> Result<Changed> {
    let speaker = store.words.speaker();
    read!(store, "changed_since", async |db| {
        let Some(since) = since else {
            let number = row(db, NUMBER, &[], |row| Ok(row.try_get::<_, Whole<u64>>(0)?.0)).await?;
            return Ok(Changed { number: number.unwrap_or(0), stale: Vec::new() });
        };
        let from = i64::try_from(since).unwrap_or(i64::MAX);
        let behind = rows(db, BEHIND, &[&from], |row| {
            let stale = match &*row.try_get::<_, Word<String>>(0)?.0 {
                // An id that is none is none of ours.
                WORKFLOW => {
                    let id = <[u8; 16]>::try_from(row.try_get::<_, Raw>(1)?.0).ok();
                    id.map(|id| Stale::Workflow(WorkflowId::from_bytes(id)))
                }
                SETTINGS => Some(Stale::Settings),
                SECRETS => Some(Stale::Secrets),
                _ => None,
            };
            Ok((stale, row.try_get::<_, Whole<u64>>(2)?.0, row.try_get::<_, i64>(3)?))
        })
        .await?;
        let number = behind.last().map_or(since, |(_, number, _)| *number);
        let stale = behind.into_iter().filter(|(.., by)| *by != speaker).filter_map(|(stale, ..)| stale).collect();
        Ok(Changed { number, stale })
    })
}

impl Postgres {
    /// What was [noted](note) has committed.
    pub(super) fn tells_stale(&self) {
        self.words.tell(Change::Stale);
    }
}
