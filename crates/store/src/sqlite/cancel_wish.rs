//! Wishes that executions end, on their way to the servers that run them.

use domain::id::{ExecutionId, ServerId};
use rusqlite::{Row, params};

use super::Sqlite;
use super::sql::{execute, row, rows, statements};
use crate::error::Result;

statements! {
    IS_OPEN = "select 1 from execution where id = ?1 and due_at is not null";
    WISH = "insert into cancel_wish (execution_id) values (?1) on conflict (execution_id) do nothing";
    WISHES = "select execution_id, owner, due_at is not null, coalesce(reason, '') = 'quarantined'
                from cancel_wish left join execution on execution.id = execution_id";
    FORGET = "delete from cancel_wish where execution_id = ?1";
}

pub(super) async fn wish(store: &Sqlite, execution: ExecutionId) -> Result<bool> {
    store
        .write("execution_cancel", 0, move |db| {
            let is_open = row(db, IS_OPEN, [execution.to_bytes()], |_| Ok(()))?.is_some();
            if is_open {
                execute(db, WISH, [execution.to_bytes()])?;
            }
            Ok(is_open)
        })
        .await
}

pub(super) async fn wishes(store: &Sqlite, server: ServerId) -> Result<Vec<ExecutionId>> {
    let read = |row: &Row<'_>| {
        let owner: Option<[u8; 16]> = row.get(1)?;
        let is_open = row.get::<_, Option<bool>>(2)?.unwrap_or(false);
        Ok((ExecutionId::from_bytes(row.get(0)?), owner, is_open, row.get(3)?))
    };
    let wishes = store.read("execution_cancels", move |db| Ok(rows(db, WISHES, [], read)?)).await?;
    let (open, ended): (Vec<_>, Vec<_>) =
        wishes.into_iter().partition(|(_, _, is_open, _): &(_, _, bool, bool)| *is_open);
    if !ended.is_empty() {
        store
            .write("execution_cancels", 0, move |db| {
                for (execution, ..) in &ended {
                    execute(db, FORGET, params![execution.to_bytes()])?;
                }
                Ok(())
            })
            .await?;
    }
    // What was set aside is nobody's: it is taken by hand, or cannot be read, and waits for a word.
    let for_it = open.into_iter().filter(|(_, owner, _, is_set_aside)| match owner {
        None => !is_set_aside,
        Some(owner) => *owner == server.to_bytes(),
    });
    Ok(for_it.map(|(execution, ..)| execution).collect())
}
