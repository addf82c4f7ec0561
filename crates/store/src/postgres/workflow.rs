//! Workflows, their revisions and their keys.
//!
//! A key is never in use twice, in all time: a workflow that was deleted keeps its key, and one that
//! was rotated away is retired. Keys stand in two tables, so that no constraint can see to it: whoever gives one out
//! holds [`Lock::Keys`]. Else the workflow's row is what changes of it wait for.

use domain::credentials::BasicCredentials;
use domain::id::{EndpointKey, RevisionId, WorkflowId};
use domain::time::Timestamp;
use domain::workflow::{Revision, Settings, WhenOff, Workflow};
use tokio_postgres::Row;

use super::Postgres;
use super::change::note;
use super::fault::Fault;
use super::lock::{Lock, hold};
use super::sql::{Bin, Db, Json, LAST_ID, Text, Whole, Word, execute, json, read, row, rows, statements, transact};
use crate::change::Stale;
use crate::error::{Error, Result};
use crate::row::{NewRevision, RevisionHead, WorkflowSave};

macro_rules! columns {
    () => {
        "id, key, title, description, tags, enabled, when_off, retention, basic_username, basic_digest,
         edit, live, created_at, changed_at, draft"
    };
}

statements! {
    GET = concat!("select ", columns!(), " from workflow where id = $1 and deleted_at is null");
    BY_KEY = concat!("select ", columns!(), " from workflow where key = $1 and deleted_at is null");
    LIST = concat!(
        "select ", columns!(), " from workflow where id < $1 and deleted_at is null order by id desc limit $2"
    );
    /// In one order for all, so that nobody waits for who waits for him.
    LOCK = "select id from workflow where id = any($1) order by id for update";
    VERSION = "select changed_at, deleted_at is not null from workflow where id = $1";
    INSERT = concat!(
        "insert into workflow (", columns!(), ")
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    /// The key changes by `workflow_rotate` only, which retires the old one.
    UPDATE = "update workflow
                 set title = $2, description = $3, tags = $4, enabled = $5, when_off = $6, retention = $7,
                     basic_username = $8, basic_digest = $9, edit = $10, live = $11, changed_at = $12, draft = $13
               where id = $1";
    KEY_USED = "select 1 from workflow where key = $1 union all select 1 from retired_key where key = $1";
    KEY_OF = "select key from workflow where id = $1 and deleted_at is null for update";
    SET_KEY = "update workflow set key = $2, changed_at = greatest(changed_at + 1, $3) where id = $1";
    RETIRE = "insert into retired_key (key, workflow_id, retired_at) values ($1, $2, $3)";
    RETIRED = "select key, workflow_id from retired_key order by key";
    DELETE = "update workflow set deleted_at = $2 where id = $1 and deleted_at is null";
    DELETE_SAMPLES = "delete from sample where workflow_id = $1";
    LAST_NUMBER = "select coalesce(max(number), 0) from revision where workflow_id = $1";
    ADD_REVISION = "insert into revision (workflow_id, number, id, note, published_at, flow)
                    values ($1, $2, $3, $4, $5, $6)";
    REVISION = "select id, note, published_at, flow from revision where workflow_id = $1 and number = $2";
    REVISIONS = "select number, id, note, published_at from revision
                  where workflow_id = $1 and number < $2 order by number desc limit $3";
}

pub(super) async fn save(store: &Postgres, saves: Vec<WorkflowSave>) -> Result<()> {
    transact!(store, "workflow_save", async |db| {
        if saves.iter().any(|save| save.made_from.is_none()) {
            hold(db, Lock::Keys).await?;
        }
        let ids: Vec<_> = saves.iter().map(|save| Bin(save.workflow.id.to_bytes())).collect();
        rows(db, LOCK, &[&ids], |_| Ok(())).await?;
        for save in &saves {
            save_one(db, save).await?;
        }
        for save in &saves {
            note(store, db, Stale::Workflow(save.workflow.id)).await?;
        }
        Ok(())
    })
    .inspect(|()| store.tells_stale())
}

async fn save_one(db: &Db, save: &WorkflowSave) -> Result<(), Fault> {
    let WorkflowSave { workflow, made_from, publish } = save;
    let id = Bin(workflow.id.to_bytes());
    let stored = row(db, VERSION, &[&id], |row| Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, bool>(1)?))).await?;
    match (made_from.map(Timestamp::as_micros), stored) {
        (Some(_), None | Some((_, true))) => return Err(Error::NotFound { workflow: workflow.id }.into()),
        (Some(made_from), Some((there, _))) if made_from == there => {}
        (None, None) => key_is_free(db, &workflow.key).await?,
        _ => return Err(Error::WorkflowChanged { workflow: workflow.id }.into()),
    }
    let live = match publish {
        Some(revision) => Some(add_revision(db, workflow.id, revision).await?),
        None => workflow.live,
    };
    let settings = &workflow.settings;
    let basic = settings.credentials.as_ref();
    let key = workflow.key.as_str();
    let (title, description) = (settings.title.as_bytes(), settings.description.as_bytes());
    let (tags, retention) = (json(&settings.tags), json(&settings.retention));
    let when_off = when_off_word(settings.when_off);
    let username = basic.map(|basic| basic.username.as_bytes());
    let digest = basic.map(|basic| Bin(*basic.digest()));
    let (edit, live) = (i64::from(workflow.edit), live.map(i64::from));
    let (created, changed) = (workflow.created_at.as_micros(), workflow.changed_at.as_micros());
    let draft = json(&workflow.draft);
    if made_from.is_none() {
        execute(
            db,
            INSERT,
            &[
                &id,
                &key,
                &title,
                &description,
                &tags,
                &settings.enabled,
                &when_off,
                &retention,
                &username,
                &digest,
                &edit,
                &live,
                &created,
                &changed,
                &draft,
            ],
        )
        .await?;
    } else {
        execute(
            db,
            UPDATE,
            &[
                &id,
                &title,
                &description,
                &tags,
                &settings.enabled,
                &when_off,
                &retention,
                &username,
                &digest,
                &edit,
                &live,
                &changed,
                &draft,
            ],
        )
        .await?;
    }
    Ok(())
}

async fn key_is_free(db: &Db, key: &EndpointKey) -> Result<(), Fault> {
    match row(db, KEY_USED, &[&key.as_str()], |_| Ok(())).await? {
        Some(()) => Err(Error::KeyTaken { key: key.clone() }.into()),
        None => Ok(()),
    }
}

/// Its number.
async fn add_revision(db: &Db, workflow: WorkflowId, revision: &NewRevision) -> Result<u32, Fault> {
    let id = Bin(workflow.to_bytes());
    let last = row(db, LAST_NUMBER, &[&id], |row| Ok(row.try_get::<_, Whole<u32>>(0)?.0)).await?.unwrap_or(0);
    let number = last + 1;
    execute(
        db,
        ADD_REVISION,
        &[
            &id,
            &i64::from(number),
            &Bin(revision.id.to_bytes()),
            &revision.note.as_bytes(),
            &revision.published_at.as_micros(),
            &json(&revision.flow),
        ],
    )
    .await?;
    Ok(number)
}

pub(super) async fn get(store: &Postgres, workflow: WorkflowId) -> Result<Option<Workflow>> {
    read!(store, "workflow_get", async |db| row(db, GET, &[&Bin(workflow.to_bytes())], read).await)
}

pub(super) async fn by_key(store: &Postgres, key: &EndpointKey) -> Result<Option<Workflow>> {
    read!(store, "workflow_by_key", async |db| row(db, BY_KEY, &[&key.as_str()], read).await)
}

pub(super) async fn list(store: &Postgres, before: Option<WorkflowId>, limit: u32) -> Result<Vec<Workflow>> {
    let before = Bin(before.map_or(LAST_ID, WorkflowId::to_bytes));
    read!(store, "workflow_list", async |db| rows(db, LIST, &[&before, &i64::from(limit)], read).await)
}

pub(super) async fn rotate(store: &Postgres, workflow: WorkflowId, key: EndpointKey, at: Timestamp) -> Result<()> {
    let id = Bin(workflow.to_bytes());
    transact!(store, "workflow_rotate", async |db| {
        hold(db, Lock::Keys).await?;
        let old = row(db, KEY_OF, &[&id], |row| Ok(row.try_get::<_, String>(0)?)).await?;
        let old = old.ok_or(Error::NotFound { workflow })?;
        key_is_free(db, &key).await?;
        execute(db, RETIRE, &[&old, &id, &at.as_micros()]).await?;
        execute(db, SET_KEY, &[&id, &key.as_str(), &at.as_micros()]).await?;
        note(store, db, Stale::Workflow(workflow)).await
    })
    .inspect(|()| store.tells_stale())
}

pub(super) async fn delete(store: &Postgres, workflow: WorkflowId, at: Timestamp) -> Result<()> {
    let id = Bin(workflow.to_bytes());
    transact!(store, "workflow_delete", async |db| match execute(db, DELETE, &[&id, &at.as_micros()]).await? {
        0 => Err(Error::NotFound { workflow }.into()),
        _ => {
            execute(db, DELETE_SAMPLES, &[&id]).await?;
            note(store, db, Stale::Workflow(workflow)).await
        }
    })
    .inspect(|()| store.tells_stale())
}

pub(super) async fn retired(store: &Postgres) -> Result<Vec<(EndpointKey, WorkflowId)>> {
    let read =
        |row: &Row| Ok((row.try_get::<_, Word<_>>(0)?.0, WorkflowId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0)));
    read!(store, "key_retired", async |db| rows(db, RETIRED, &[], read).await)
}

pub(super) async fn revision(store: &Postgres, workflow: WorkflowId, number: u32) -> Result<Option<Revision>> {
    read!(store, "revision_get", async |db| {
        row(db, REVISION, &[&Bin(workflow.to_bytes()), &i64::from(number)], |row| {
            Ok(Revision {
                id: RevisionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
                workflow,
                number,
                note: row.try_get::<_, Text>(1)?.0,
                published_at: Timestamp::from_micros(row.try_get(2)?),
                flow: row.try_get::<_, Json<_>>(3)?.0,
            })
        })
        .await
    })
}

pub(super) async fn revisions(
    store: &Postgres,
    workflow: WorkflowId,
    before: Option<u32>,
    limit: u32,
) -> Result<Vec<RevisionHead>> {
    let before = i64::from(before.unwrap_or(u32::MAX));
    read!(store, "revision_list", async |db| {
        rows(db, REVISIONS, &[&Bin(workflow.to_bytes()), &before, &i64::from(limit)], |row| {
            Ok(RevisionHead {
                number: row.try_get::<_, Whole<_>>(0)?.0,
                id: RevisionId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
                note: row.try_get::<_, Text>(2)?.0,
                published_at: Timestamp::from_micros(row.try_get(3)?),
            })
        })
        .await
    })
}

fn read(row: &Row) -> Result<Workflow, Fault> {
    let credentials = match (row.try_get::<_, Option<Text>>(8)?, row.try_get::<_, Option<Bin<32>>>(9)?) {
        (Some(username), Some(digest)) => Some(BasicCredentials::from_stored(username.0, digest.0)),
        _ => None,
    };
    Ok(Workflow {
        id: WorkflowId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
        key: row.try_get::<_, Word<_>>(1)?.0,
        settings: Settings {
            title: row.try_get::<_, Text>(2)?.0,
            description: row.try_get::<_, Text>(3)?.0,
            tags: row.try_get::<_, Json<_>>(4)?.0,
            enabled: row.try_get(5)?,
            when_off: row.try_get::<_, Word<_>>(6)?.0,
            retention: row.try_get::<_, Json<_>>(7)?.0,
            credentials,
        },
        edit: row.try_get::<_, Whole<_>>(10)?.0,
        live: row.try_get::<_, Option<Whole<_>>>(11)?.map(|live| live.0),
        created_at: Timestamp::from_micros(row.try_get(12)?),
        changed_at: Timestamp::from_micros(row.try_get(13)?),
        draft: row.try_get::<_, Json<_>>(14)?.0,
    })
}

fn when_off_word(when_off: WhenOff) -> &'static str {
    match when_off {
        WhenOff::NotFound => "not_found",
        WhenOff::RetryLater => "retry_later",
    }
}
