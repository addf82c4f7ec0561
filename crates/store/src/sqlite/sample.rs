//! Requests that authors keep to try their workflows with.

use domain::id::{SampleId, WorkflowId};
use domain::time::Timestamp;
use rusqlite::params;

use super::Sqlite;
use super::sql::{Json, execute, json, row, rows, statements};
use crate::error::{Error, Result};
use crate::row::SavedSample;

statements! {
    LIVES = "select 1 from workflow where id = ?1 and deleted_at is null";
    /// The length of a body is known without reading it.
    HELD = "select count(*), coalesce(sum(length(body)), 0) from sample where workflow_id = ?1";
    INSERT = "insert into sample (id, workflow_id, name, method, headers, query_string, body, created_at)
              values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    LIST = "select id, name, method, headers, query_string, body, created_at
              from sample where workflow_id = ?1 order by id desc";
    DELETE = "delete from sample where id = ?1 and workflow_id = ?2";
}

pub(super) async fn add(store: &Sqlite, sample: SavedSample, max: u32, bytes_max: usize) -> Result<()> {
    let headers = json(&sample.headers);
    let bytes = headers.len() + sample.query_string.len() + sample.body.len();
    store
        .write("sample_add", bytes, move |db| {
            let workflow = sample.workflow.to_bytes();
            if row(db, LIVES, [workflow], |_| Ok(()))?.is_none() {
                return Err(Error::NotFound { workflow: sample.workflow }.into());
            }
            let held = row(db, HELD, [workflow], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?)))?;
            let (count, held) = held.unwrap_or_default();
            if count >= max {
                return Err(Error::TooManySamples { max }.into());
            }
            if usize::try_from(held).unwrap_or(usize::MAX).saturating_add(sample.body.len()) > bytes_max {
                return Err(Error::SamplesTooLarge { bytes_max }.into());
            }
            execute(
                db,
                INSERT,
                params![
                    sample.id.to_bytes(),
                    workflow,
                    sample.name,
                    sample.method,
                    headers,
                    sample.query_string,
                    sample.body.as_ref(),
                    sample.created_at.as_micros(),
                ],
            )?;
            Ok(())
        })
        .await
}

pub(super) async fn list(store: &Sqlite, workflow: WorkflowId) -> Result<Vec<SavedSample>> {
    store
        .read("sample_list", move |db| {
            Ok(rows(db, LIST, [workflow.to_bytes()], |row| {
                Ok(SavedSample {
                    id: SampleId::from_bytes(row.get(0)?),
                    workflow,
                    name: row.get(1)?,
                    method: row.get(2)?,
                    headers: row.get::<_, Json<_>>(3)?.0,
                    query_string: row.get(4)?,
                    body: row.get::<_, Vec<u8>>(5)?.into(),
                    created_at: Timestamp::from_micros(row.get(6)?),
                })
            })?)
        })
        .await
}

pub(super) async fn delete(store: &Sqlite, workflow: WorkflowId, sample: SampleId) -> Result<()> {
    store
        .write("sample_delete", 0, move |db| {
            match execute(db, DELETE, params![sample.to_bytes(), workflow.to_bytes()])? {
                0 => Err(Error::SampleNotFound { sample }.into()),
                _ => Ok(()),
            }
        })
        .await
}
