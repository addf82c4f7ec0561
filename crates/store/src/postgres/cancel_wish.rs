//! Wishes that executions end, on their way to the servers that run them.

use domain::id::{ExecutionId, ServerId};

use super::Postgres;
use super::sql::{Bin, execute, read, row, rows, statements, transact};
use crate::error::Result;

statements! {
    IS_OPEN = "select 1 from execution where id = $1 and due_at is not null";
    WISH = "insert into cancel_wish (execution_id) values ($1) on conflict (execution_id) do nothing";
    WISHES = "select execution_id, owner, due_at is not null, coalesce(reason, '') = 'quarantined'
                from cancel_wish left join execution on execution.id = execution_id";
    FORGET = "delete from cancel_wish where execution_id = any($1)";
}

pub(super) async fn wish(store: &Postgres, execution: ExecutionId) -> Result<bool> {
    let id = Bin(execution.to_bytes());
    transact!(store, "execution_cancel", async |db| {
        let is_open = row(db, IS_OPEN, &[&id], |_| Ok(())).await?.is_some();
        if is_open {
            execute(db, WISH, &[&id]).await?;
        }
        Ok(is_open)
    })
}

pub(super) async fn wishes(store: &Postgres, server: ServerId) -> Result<Vec<ExecutionId>> {
    let wishes = read!(store, "execution_cancels", async |db| {
        rows(db, WISHES, &[], |row| {
            let owner = row.try_get::<_, Option<Bin<16>>>(1)?.map(|owner| owner.0);
            let is_open = row.try_get::<_, Option<bool>>(2)?.unwrap_or(false);
            Ok((row.try_get::<_, Bin<16>>(0)?.0, owner, is_open, row.try_get(3)?))
        })
        .await
    })?;
    let (open, ended): (Vec<_>, Vec<_>) =
        wishes.into_iter().partition(|(_, _, is_open, _): &(_, _, bool, bool)| *is_open);
    if !ended.is_empty() {
        let ended: Vec<_> = ended.into_iter().map(|(execution, ..)| Bin(execution)).collect();
        transact!(store, "execution_cancels", async |db| execute(db, FORGET, &[&ended]).await.map(drop))?;
    }
    // What was set aside is nobody's: it is taken by hand, or cannot be read, and waits for a word.
    let for_it = open.into_iter().filter(|(_, owner, _, is_set_aside)| match owner {
        None => !is_set_aside,
        Some(owner) => *owner == server.to_bytes(),
    });
    Ok(for_it.map(|(execution, ..)| ExecutionId::from_bytes(execution)).collect())
}
