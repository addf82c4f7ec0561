//! Requests that authors keep to try their workflows with.

use domain::id::{SampleId, WorkflowId};
use domain::time::Timestamp;
use tokio_postgres::Row;

use super::Postgres;
use super::sql::{Bin, Json, Text, Whole, execute, json, read, row, rows, statements, transact};
use crate::error::{Error, Result};
use crate::row::SavedSample;

statements! {
    /// Its samples are counted by one at a time, and not while it is deleted.
    LIVES = "select 1 from workflow where id = $1 and deleted_at is null for update";
    /// The length of a body is known without reading it.
    HELD = "select count(*), coalesce(sum(octet_length(body)), 0)::bigint from sample where workflow_id = $1";
    INSERT = "insert into sample (id, workflow_id, name, method, headers, query_string, body, created_at)
              values ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIST = "select id, name, method, headers, query_string, body, created_at
              from sample where workflow_id = $1 order by id desc";
    DELETE = "delete from sample where id = $1 and workflow_id = $2";
}

pub(super) async fn add(store: &Postgres, sample: SavedSample, max: u32, bytes_max: usize) -> Result<()> {
    let headers = json(&sample.headers);
    let workflow = Bin(sample.workflow.to_bytes());
    transact!(store, "sample_add", async |db| {
        if row(db, LIVES, &[&workflow], |_| Ok(())).await?.is_none() {
            return Err(Error::NotFound { workflow: sample.workflow }.into());
        }
        let read = |row: &Row| Ok((row.try_get::<_, Whole<u32>>(0)?.0, row.try_get::<_, i64>(1)?));
        let (count, held) = row(db, HELD, &[&workflow], read).await?.unwrap_or_default();
        if count >= max {
            return Err(Error::TooManySamples { max }.into());
        }
        if usize::try_from(held).unwrap_or(usize::MAX).saturating_add(sample.body.len()) > bytes_max {
            return Err(Error::SamplesTooLarge { bytes_max }.into());
        }
        execute(
            db,
            INSERT,
            &[
                &Bin(sample.id.to_bytes()),
                &workflow,
                &sample.name.as_bytes(),
                &sample.method.as_bytes(),
                &headers,
                &sample.query_string.as_bytes(),
                &sample.body.as_ref(),
                &sample.created_at.as_micros(),
            ],
        )
        .await?;
        Ok(())
    })
}

pub(super) async fn list(store: &Postgres, workflow: WorkflowId) -> Result<Vec<SavedSample>> {
    read!(store, "sample_list", async |db| {
        rows(db, LIST, &[&Bin(workflow.to_bytes())], |row| {
            Ok(SavedSample {
                id: SampleId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
                workflow,
                name: row.try_get::<_, Text>(1)?.0,
                method: row.try_get::<_, Text>(2)?.0,
                headers: row.try_get::<_, Json<_>>(3)?.0,
                query_string: row.try_get::<_, Text>(4)?.0,
                body: row.try_get::<_, Vec<u8>>(5)?.into(),
                created_at: Timestamp::from_micros(row.try_get(6)?),
            })
        })
        .await
    })
}

pub(super) async fn delete(store: &Postgres, workflow: WorkflowId, sample: SampleId) -> Result<()> {
    let ids = (Bin(sample.to_bytes()), Bin(workflow.to_bytes()));
    transact!(store, "sample_delete", async |db| match execute(db, DELETE, &[&ids.0, &ids.1]).await? {
        0 => Err(Error::SampleNotFound { sample }.into()),
        _ => Ok(()),
    })
}
