//! Workflows, their revisions and their keys.
//!
//! A key is never in use twice, in all time: a workflow that was deleted keeps its key, and one that
//! was rotated away is retired.

use domain::credentials::BasicCredentials;
use domain::id::{EndpointKey, RevisionId, WorkflowId};
use domain::time::Timestamp;
use domain::workflow::{Revision, Settings, WhenOff, Workflow};
use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::fault::Fault;
use super::sql::{Json, LAST_ID, Word, execute, json, row, rows, statements};
use crate::error::{Error, Result};
use crate::row::{NewRevision, RevisionHead, WorkflowSave};

macro_rules! columns {
    () => {
        "id, key, title, description, tags, enabled, when_off, retention, basic_username, basic_digest,
         edit, live, created_at, changed_at, draft"
    };
}

statements! {
    GET = concat!("select ", columns!(), " from workflow where id = ?1 and deleted_at is null");
    BY_KEY = concat!("select ", columns!(), " from workflow where key = ?1 and deleted_at is null");
    LIST = concat!(
        "select ", columns!(), " from workflow where id < ?1 and deleted_at is null order by id desc limit ?2"
    );
    VERSION = "select changed_at, deleted_at is not null from workflow where id = ?1";
    INSERT = concat!(
        "insert into workflow (", columns!(), ")
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    /// Numbered like `INSERT`. The key changes by `workflow_rotate` only, which retires the old one.
    UPDATE = "update workflow
                 set title = ?3, description = ?4, tags = ?5, enabled = ?6, when_off = ?7, retention = ?8,
                     basic_username = ?9, basic_digest = ?10, edit = ?11, live = ?12, changed_at = ?14, draft = ?15
               where id = ?1";
    KEY_USED = "select 1 from workflow where key = ?1 union all select 1 from retired_key where key = ?1";
    KEY_OF = "select key from workflow where id = ?1 and deleted_at is null";
    SET_KEY = "update workflow set key = ?2, changed_at = max(changed_at + 1, ?3) where id = ?1";
    RETIRE = "insert into retired_key (key, workflow_id, retired_at) values (?1, ?2, ?3)";
    RETIRED = "select key, workflow_id from retired_key order by key";
    DELETE = "update workflow set deleted_at = ?2 where id = ?1 and deleted_at is null";
    DELETE_SAMPLES = "delete from sample where workflow_id = ?1";
    LAST_NUMBER = "select coalesce(max(number), 0) from revision where workflow_id = ?1";
    ADD_REVISION = "insert into revision (workflow_id, number, id, note, published_at, flow)
                    values (?1, ?2, ?3, ?4, ?5, ?6)";
    REVISION = "select id, note, published_at, flow from revision where workflow_id = ?1 and number = ?2";
    REVISIONS = "select number, id, note, published_at from revision
                  where workflow_id = ?1 and number < ?2 order by number desc limit ?3";
}

pub(super) async fn save(store: &Sqlite, saves: Vec<WorkflowSave>) -> Result<()> {
    // Drafts are all that can be large, and they are small beside bodies: an estimate of each is enough.
    let bytes = saves.iter().map(|save| json(&save.workflow.draft).len()).sum();
    store.write("workflow_save", bytes, move |db| saves.iter().try_for_each(|save| save_one(db, save))).await
}

fn save_one(db: &Connection, save: &WorkflowSave) -> Result<(), Fault> {
    let WorkflowSave { workflow, made_from, publish } = save;
    let stored = row(db, VERSION, [workflow.id.to_bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))?;
    match (made_from.map(Timestamp::as_micros), stored) {
        (Some(_), None | Some((_, true))) => return Err(Error::NotFound { workflow: workflow.id }.into()),
        (Some(made_from), Some((there, _))) if made_from == there => {}
        (None, None) => key_is_free(db, &workflow.key)?,
        _ => return Err(Error::WorkflowChanged { workflow: workflow.id }.into()),
    }
    let live = match publish {
        Some(revision) => Some(add_revision(db, workflow.id, revision)?),
        None => workflow.live,
    };
    let settings = &workflow.settings;
    let basic = settings.credentials.as_ref();
    execute(
        db,
        if made_from.is_none() { INSERT } else { UPDATE },
        params![
            workflow.id.to_bytes(),
            workflow.key.as_str(),
            settings.title,
            settings.description,
            json(&settings.tags),
            settings.enabled,
            when_off_word(settings.when_off),
            json(&settings.retention),
            basic.map(|basic| &basic.username),
            basic.map(BasicCredentials::digest),
            workflow.edit,
            live,
            workflow.created_at.as_micros(),
            workflow.changed_at.as_micros(),
            json(&workflow.draft),
        ],
    )?;
    Ok(())
}

fn key_is_free(db: &Connection, key: &EndpointKey) -> Result<(), Fault> {
    match row(db, KEY_USED, [key.as_str()], |_| Ok(()))? {
        Some(()) => Err(Error::KeyTaken { key: key.clone() }.into()),
        None => Ok(()),
    }
}

/// Its number.
fn add_revision(db: &Connection, workflow: WorkflowId, revision: &NewRevision) -> Result<u32, Fault> {
    let last: u32 = row(db, LAST_NUMBER, [workflow.to_bytes()], |row| row.get(0))?.unwrap_or(0);
    let number = last + 1;
    execute(
        db,
        ADD_REVISION,
        params![
            workflow.to_bytes(),
            number,
            revision.id.to_bytes(),
            revision.note,
            revision.published_at.as_micros(),
            json(&revision.flow),
        ],
    )?;
    Ok(number)
}

pub(super) async fn get(store: &Sqlite, workflow: WorkflowId) -> Result<Option<Workflow>> {
    store.read("workflow_get", move |db| Ok(row(db, GET, [workflow.to_bytes()], read)?)).await
}

pub(super) async fn by_key(store: &Sqlite, key: &EndpointKey) -> Result<Option<Workflow>> {
    let key = key.clone();
    store.read("workflow_by_key", move |db| Ok(row(db, BY_KEY, [key.as_str()], read)?)).await
}

pub(super) async fn list(store: &Sqlite, before: Option<WorkflowId>, limit: u32) -> Result<Vec<Workflow>> {
    let before = before.map_or(LAST_ID, WorkflowId::to_bytes);
    store.read("workflow_list", move |db| Ok(rows(db, LIST, (before, limit), read)?)).await
}

pub(super) async fn rotate(store: &Sqlite, workflow: WorkflowId, key: EndpointKey, at: Timestamp) -> Result<()> {
    store
        .write("workflow_rotate", 0, move |db| {
            let old = row(db, KEY_OF, [workflow.to_bytes()], |row| row.get::<_, String>(0))?;
            let old = old.ok_or(Error::NotFound { workflow })?;
            key_is_free(db, &key)?;
            execute(db, RETIRE, params![old, workflow.to_bytes(), at.as_micros()])?;
            execute(db, SET_KEY, params![workflow.to_bytes(), key.as_str(), at.as_micros()])?;
            Ok(())
        })
        .await
}

pub(super) async fn delete(store: &Sqlite, workflow: WorkflowId, at: Timestamp) -> Result<()> {
    store
        .write("workflow_delete", 0, move |db| match execute(db, DELETE, (workflow.to_bytes(), at.as_micros()))? {
            0 => Err(Error::NotFound { workflow }.into()),
            _ => Ok(execute(db, DELETE_SAMPLES, [workflow.to_bytes()]).map(drop)?),
        })
        .await
}

pub(super) async fn retired(store: &Sqlite) -> Result<Vec<(EndpointKey, WorkflowId)>> {
    let read = |row: &Row<'_>| Ok((row.get::<_, Word<_>>(0)?.0, WorkflowId::from_bytes(row.get(1)?)));
    store.read("key_retired", move |db| Ok(rows(db, RETIRED, [], read)?)).await
}

pub(super) async fn revision(store: &Sqlite, workflow: WorkflowId, number: u32) -> Result<Option<Revision>> {
    store
        .read("revision_get", move |db| {
            Ok(row(db, REVISION, params![workflow.to_bytes(), number], |row| {
                Ok(Revision {
                    id: RevisionId::from_bytes(row.get(0)?),
                    workflow,
                    number,
                    note: row.get(1)?,
                    published_at: Timestamp::from_micros(row.get(2)?),
                    flow: row.get::<_, Json<_>>(3)?.0,
                })
            })?)
        })
        .await
}

pub(super) async fn revisions(
    store: &Sqlite,
    workflow: WorkflowId,
    before: Option<u32>,
    limit: u32,
) -> Result<Vec<RevisionHead>> {
    store
        .read("revision_list", move |db| {
            Ok(rows(db, REVISIONS, params![workflow.to_bytes(), before.unwrap_or(u32::MAX), limit], |row| {
                Ok(RevisionHead {
                    number: row.get(0)?,
                    id: RevisionId::from_bytes(row.get(1)?),
                    note: row.get(2)?,
                    published_at: Timestamp::from_micros(row.get(3)?),
                })
            })?)
        })
        .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<Workflow> {
    let credentials = match (row.get(8)?, row.get(9)?) {
        (Some(username), Some(digest)) => Some(BasicCredentials::from_stored(username, digest)),
        _ => None,
    };
    Ok(Workflow {
        id: WorkflowId::from_bytes(row.get(0)?),
        key: row.get::<_, Word<_>>(1)?.0,
        settings: Settings {
            title: row.get(2)?,
            description: row.get(3)?,
            tags: row.get::<_, Json<_>>(4)?.0,
            enabled: row.get(5)?,
            when_off: row.get::<_, Word<_>>(6)?.0,
            retention: row.get::<_, Json<_>>(7)?.0,
            credentials,
        },
        edit: row.get(10)?,
        live: row.get(11)?,
        created_at: Timestamp::from_micros(row.get(12)?),
        changed_at: Timestamp::from_micros(row.get(13)?),
        draft: row.get::<_, Json<_>>(14)?.0,
    })
}

fn when_off_word(when_off: WhenOff) -> &'static str {
    match when_off {
        WhenOff::NotFound => "not_found",
        WhenOff::RetryLater => "retry_later",
    }
}
