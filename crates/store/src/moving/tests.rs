//! Nothing is forgotten, nothing is changed, and nobody is let in before the end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::execution::status::{NodeStatus, Status};
use domain::id::{ExecutionId, RequestId};
use rusqlite::Connection;
use serde_json::json;

use super::item::Cell;
use super::table::{Column, EVENT, JOURNAL, Kind, NOT_MOVED, TABLES, Table, WITH_EXECUTIONS};
use super::*;
use crate::conformance::numbered::{
    LEASE, at, ended, event, execution, execution_id, new, node_run, queued, refused, running, server, server_id,
    workflow,
};
use crate::postgres::testing::{Cluster, client};
use crate::postgres::{self, Postgres};
use crate::sqlite::{self, Sqlite};
use crate::{Error, NewExecution, Pinned, Progress, RequestFilter, Store};

/// Small enough for several pages.
const LIMITS: PageLimits = PageLimits { rows: 3, bytes: 2_000 };

/// What is not moved as it stands: it leads from an execution to what goes with it, which is found anew.
const WAYS: [(&str, &[&str]); 4] = [
    ("execution", &["event_place", "journal_end", "event_id", "records"]),
    ("event", &["place", "executions"]),
    ("journal", &["place", "before_place", "execution_id", "part"]),
    ("tested_draft", &[]),
];

fn all() -> impl Iterator<Item = &'static Table> {
    TABLES.into_iter().chain(WITH_EXECUTIONS)
}

/// Whether `there`, the columns of a table, are those that are moved.
fn covers(name: &str, there: &BTreeSet<String>) {
    if NOT_MOVED.contains(&name) {
        return;
    }
    let table = all()
        .find(|table| table.name == name)
        .unwrap_or_else(|| panic!("`{name}` is neither moved nor named in NOT_MOVED"));
    let ways = WAYS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, ways)| ways);
    let moved: BTreeSet<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
    let missed: Vec<_> = there.difference(&moved).filter(|column| !ways.contains(&column.as_str())).collect();
    assert!(missed.is_empty(), "`{name}`: {missed:?} are not moved");
    let unknown: Vec<_> = moved.difference(there).collect();
    assert!(unknown.is_empty(), "`{name}` has no {unknown:?}");
}

#[test]
fn every_table_and_column_of_sqlite_is_moved_or_named_as_one_that_is_not() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("../../schema/sqlite.sql")).unwrap();
    let mut tables =
        db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() > 10);
    for name in &tables {
        let mut columns = db.prepare("select name, type from pragma_table_info(?1)").unwrap();
        let columns: Vec<(String, String)> =
            columns.query_map([name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        covers(name, &columns.iter().map(|(name, _)| name.clone()).collect());
        for (column, kind, table) in typed(name, &columns) {
            let wanted = match kind {
                Kind::Id | Kind::Bytes => "BLOB",
                Kind::Number | Kind::Flag => "INTEGER",
                Kind::Text | Kind::Free => "TEXT",
            };
            assert!(column.1.eq_ignore_ascii_case(wanted), "{table}.{}: {} for {kind:?}", column.0, column.1);
        }
    }
    assert!(all().all(|table| tables.iter().any(|name| name == table.name)));
}

#[tokio::test]
async fn every_table_and_column_of_postgresql_is_moved_or_named_as_one_that_is_not() {
    let (store, url) = shared().await;
    let looks_on = client(&url).await;
    let sql = "select relname::text, attname::text, format_type(atttypid, atttypmod)
                 from pg_attribute join pg_class on pg_class.oid = attrelid
                where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
                  and attnum > 0 and not attisdropped";
    let rows: Vec<(String, String, String)> =
        looks_on.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let tables: BTreeSet<&String> = rows.iter().map(|(table, ..)| table).collect();
    assert!(tables.len() > 10);
    for name in &tables {
        let columns: Vec<(String, String)> = rows
            .iter()
            .filter(|(table, ..)| table == *name)
            .map(|(_, column, kind)| (column.clone(), kind.clone()))
            .collect();
        covers(name, &columns.iter().map(|(name, _)| name.clone()).collect());
        for (column, kind, table) in typed(name, &columns) {
            let wanted = match kind {
                Kind::Id => "uuid",
                Kind::Number => "bigint",
                Kind::Flag => "boolean",
                Kind::Text => "text",
                Kind::Free | Kind::Bytes => "bytea",
            };
            assert_eq!(column.1, wanted, "{table}.{} as {kind:?}", column.0);
        }
    }
    assert!(all().all(|table| tables.iter().any(|name| *name == table.name)));
    store.close().await.unwrap();
}

/// The columns that are moved, with how they are moved.
fn typed<'c>(name: &str, columns: &'c [(String, String)]) -> Vec<(&'c (String, String), Kind, &'static str)> {
    let Some(table) = all().find(|table| table.name == name) else { return Vec::new() };
    let kind = |name: &str| table.columns.iter().find(|column| column.name == name).map(|column| column.kind);
    columns.iter().filter_map(|column| Some((column, kind(&column.0)?, table.name))).collect()
}

async fn shared() -> (Arc<Postgres>, String) {
    let url = Cluster::shared().database().await;
    (Postgres::open(postgres::Options::new(&url)).await.unwrap(), url)
}

async fn empty() -> Place {
    let url = Cluster::shared().database().await;
    Place::Postgres { name: "a database".to_owned(), url }
}

fn file(folder: &tempfile::TempDir, name: &str) -> Place {
    Place::Sqlite(folder.path().join(name).join("hookflow.db"))
}

fn path(place: &Place) -> PathBuf {
    match place {
        Place::Sqlite(path) => path.clone(),
        Place::Postgres { .. } => panic!("not a file"),
    }
}

fn url(place: &Place) -> String {
    match place {
        Place::Sqlite(_) => panic!("not a URL"),
        Place::Postgres { url, .. } => url.clone(),
    }
}

async fn moved(from: &Place, to: &Place) -> Result<Sums, MoveError> {
    run(from, to, LIMITS, &mut |_| ()).await
}

/// Rows of every table, each column of which is null or odd in some of them.
fn odd_items(table: &'static Table) -> Vec<Item> {
    let texts = ["", "plain", "ünï→𝄞 ' \" \\ % _", "\u{1}\u{7f}\r\n\t", "{\"a\":\"\\u0000\"}"];
    let row = |columns: &[Column], key: usize, n: usize, nulls: &dyn Fn(&str) -> bool| -> Row {
        let cell = |(place, column): (usize, &Column)| {
            if place >= key && n % 3 == 1 && nulls(column.name) {
                return Cell::Null;
            }
            match column.kind {
                Kind::Id => Cell::Bytes(id(n, place).to_vec()),
                Kind::Number => Cell::Number(
                    [i64::MIN, -1, 0, 1, i64::MAX][(n + place) % 5]
                        ^ (n as i64 * i64::from(place < key || column.name == "number")),
                ),
                Kind::Flag => Cell::Number((n % 2) as i64),
                Kind::Text => Cell::Text(format!(
                    "{}{}",
                    texts[(n + place) % 5],
                    if place < 3 { n.to_string() } else { String::new() }
                )),
                Kind::Free => Cell::Text(format!("{}\0{}", texts[(n + place) % 5], n)),
                Kind::Bytes => Cell::Bytes([&[0, 0xff, 0xc0, 0x80, n as u8][..], &vec![7; (n % 4) * 700]].concat()),
            }
        };
        columns.iter().enumerate().map(cell).collect()
    };
    let nullable = nullable(table.name);
    (0..11)
        .map(|n| {
            let mut item = Item::alone(row(table.columns, table.key, n, &|name| nullable.contains(name)));
            if table.is_execution() {
                // Some share one.
                item.event = Some(row(EVENT.columns, 1, n / 3, &|_| false));
                item.journal = (0..n % 4).map(|part| row(JOURNAL.columns, 0, part, &|_| false)).collect();
                item.draft = (n % 5 == 0).then(|| vec![item.row[0].clone(), Cell::Text(format!("{{\"n\":{n}}}"))]);
            }
            item
        })
        .collect()
}

/// Distinct for each `n` and place, of several days.
fn id(n: usize, place: usize) -> [u8; 16] {
    ExecutionId::new(at(n as i64 * 40_000), (n * 100 + place) as u64).to_bytes()
}

fn nullable(table: &str) -> BTreeSet<String> {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("../../schema/sqlite.sql")).unwrap();
    let mut columns = db.prepare("select name from pragma_table_info(?1) where not \"notnull\"").unwrap();
    columns.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

async fn items(place: &Place, table: &'static Table) -> Vec<Item> {
    let side = Side::open_source(place).await.unwrap();
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = side.read(table, after, LIMITS).await.unwrap();
        let Some(last) = page.items.last() else { return items };
        after = Some(key(table, last));
        items.extend(page.items);
    }
}

/// What is read back is what was written, byte for byte and null for null, on each of three databases in a row.
#[tokio::test]
async fn whatever_stands_in_a_row_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, third) = (file(&folder, "first"), empty().await, file(&folder, "third"));
    {
        let side = Side::open_target(&first).await.unwrap();
        for table in TABLES {
            side.write(table, Page { items: odd_items(table) }, "{}".to_owned()).await.unwrap();
        }
    }
    // What was there already is not lost by having been a target once.
    let sums = moved(&first, &second).await.unwrap();
    assert_eq!(moved(&second, &third).await.unwrap(), sums);
    for table in TABLES {
        assert_eq!(sums.of(table.name).rows, 11, "{}", table.name);
        let mut wanted = odd_items(table);
        for place in [&first, &second, &third] {
            let mut found = items(place, table).await;
            let by_key = |item: &Item| format!("{:?}", key(table, item));
            wanted.sort_by_key(by_key);
            found.sort_by_key(by_key);
            assert_eq!(found, wanted, "{} in {place}", table.name);
        }
    }
    assert_eq!((sums.of("event").rows, sums.of("tested_draft").rows), (11, 3));
    // Eleven executions have four events, which know by how many they are shared.
    let db = Connection::open(path(&third)).unwrap();
    let shared: Vec<i64> = db
        .prepare("select executions from event order by place")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(shared, [3, 3, 3, 2]);
    let looks_on = client(&url(&second)).await;
    let shared: Vec<i64> = looks_on
        .query("select executions from event order by id", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(shared, [3, 3, 3, 2]);
    // Each day in its part, as a server would have it.
    let rest: i64 = looks_on
        .query_one(
            "select (select count(*) from execution_rest) + (select count(*) from event_rest)
        + (select count(*) from journal_rest) + (select count(*) from refused_request_rest)",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(rest, 0);
    let indexes: i64 =
        db.query_row("select count(*) from sqlite_schema where name like 'moving%'", [], |row| row.get(0)).unwrap();
    assert_eq!(indexes, 0);
}

/// Fills through the store, as a server does.
async fn fill(store: &dyn Store) {
    let mut second = workflow(2);
    second.settings.title = "nul \0 and ünïcode".to_owned();
    store.workflow_save(vec![new(workflow(1)), new(second)]).await.unwrap();
    store.setting_set("public_url", Some("https://example.com".to_owned())).await.unwrap();
    store.request_append(vec![refused(5, 1), refused(6, 2)]).await.unwrap();
    store.server_start(server(1), LEASE).await.unwrap();
    for n in 10..30 {
        let progress = if n % 2 == 0 { queued(at(n)) } else { running(server_id(1)) };
        store.execution_create(execution(n, n % 3, progress)).await.unwrap();
    }
    for n in (11..30).step_by(2) {
        let more = Progress { records: vec![node_run("first", NodeStatus::Succeeded)], ..running(server_id(1)) };
        store.execution_progress(execution_id(n), 1, more).await.unwrap();
        let end = Progress {
            records: vec![node_run("second", NodeStatus::Failed)],
            notes: vec!["a\0b".to_owned()],
            ..ended(Status::Failed, at(n + 1))
        };
        store.execution_progress(execution_id(n), 1, end).await.unwrap();
    }
    let again = NewExecution {
        replay_of: Some(execution_id(11)),
        event: Arc::new(event(11)),
        pinned: Pinned::Draft(Arc::new(json!({"nodes": []}))),
        ..execution(40, 1, queued(at(40)))
    };
    store.execution_create(again).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
}

/// All that a reader of the store sees.
async fn seen(store: &dyn Store) -> String {
    let mut all = format!(
        "{:?} {:?} {:?} {:?}",
        store.workflow_list(None, 10).await.unwrap(),
        store.setting_get("public_url").await.unwrap(),
        store.request_list(RequestFilter { limit: 100, ..RequestFilter::default() }).await.unwrap().items,
        store.request_get(RequestId::new(at(5), 5)).await.unwrap(),
    );
    for n in 10..51 {
        all += &format!("\n{:?}", store.execution_get(execution_id(n)).await.unwrap());
    }
    all
}

/// What a server sees is the same before and after, there and back; and it can go on with it.
#[tokio::test]
async fn a_server_finds_what_it_left() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there, back) = (file(&folder, "here"), empty().await, file(&folder, "back"));
    let store = Sqlite::open(sqlite::Options::new(path(&here))).unwrap();
    fill(&*store).await;
    let before = seen(&*store).await;
    assert!(before.contains("second"));
    store.close().await.unwrap();
    let sums = moved(&here, &there).await.unwrap();
    assert_eq!((sums.of("execution").rows, sums.of("journal").rows), (21, 20));

    let store = Postgres::open(postgres::Options::new(url(&there))).await.unwrap();
    assert_eq!(seen(&*store).await, before);
    store.server_start(server(2), LEASE).await.unwrap();
    let claimed = store.execution_claim_one(execution_id(40), server_id(2)).await.unwrap();
    assert_eq!(claimed.map(|claimed| claimed.head.id), Some(execution_id(40)));
    let after =
        Progress { records: vec![node_run("third", NodeStatus::Succeeded)], ..ended(Status::Succeeded, at(99)) };
    store.execution_progress(execution_id(40), 2, after).await.unwrap();
    // Which has its journal in its own row.
    let at_once =
        Progress { records: vec![node_run("at_once", NodeStatus::Succeeded)], ..ended(Status::Succeeded, at(51)) };
    store.execution_create(execution(50, 1, at_once)).await.unwrap();
    let later = seen(&*store).await;
    store.server_stop(server_id(2)).await.unwrap();
    store.close().await.unwrap();
    // It was used: to move there again is refused, and says how it is.
    assert!(matches!(moved(&here, &there).await, Err(MoveError::ChangedSince { .. })));

    moved(&there, &back).await.unwrap();
    let store = Sqlite::open(sqlite::Options::new(path(&back))).unwrap();
    assert_eq!(seen(&*store).await, later);
    store.close().await.unwrap();
}

async fn filled(path: &Path) {
    let store = Sqlite::open(sqlite::Options::new(path)).unwrap();
    fill(&*store).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn whom_a_move_would_harm_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there, other) = (file(&folder, "here"), empty().await, file(&folder, "other"));
    assert!(matches!(moved(&here, &there).await, Err(MoveError::NoSource { .. })), "nothing is there");
    assert!(matches!(moved(&there, &here).await, Err(MoveError::NoSource { .. })), "nothing is there");
    assert!(!path(&here).exists());
    filled(&path(&here)).await;
    filled(&path(&other)).await;
    assert!(matches!(moved(&here, &here).await, Err(MoveError::SamePlace)));
    assert!(matches!(moved(&here, &other).await, Err(MoveError::NotEmpty { table: "workflow", .. })));
    let used = Sqlite::open(sqlite::Options::new(path(&here))).unwrap();
    assert!(matches!(moved(&here, &there).await, Err(MoveError::Store { source: Error::Unusable { .. }, .. })));
    used.close().await.unwrap();

    let used = Postgres::open(postgres::Options::new(url(&there))).await.unwrap();
    used.server_start(server(7), LEASE).await.unwrap();
    assert!(matches!(moved(&here, &there).await, Err(MoveError::InUse { .. })), "a target in use");
    assert!(matches!(moved(&there, &file(&folder, "new")).await, Err(MoveError::InUse { .. })), "a source in use");
    used.server_stop(server_id(7)).await.unwrap();
    used.close().await.unwrap();
    // What it says of its server's key is a row.
    assert!(matches!(moved(&here, &there).await, Err(MoveError::NotEmpty { table: "setting", .. })));
    let there = empty().await;
    moved(&here, &there).await.unwrap();
    moved(&here, &there).await.unwrap();
    assert!(matches!(moved(&other, &there).await, Err(MoveError::OtherMove { .. })));
}

/// Half of a database is not served, on either backend; and what does not compare is not called moved.
#[tokio::test]
async fn a_target_is_closed_until_it_was_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there, back) = (file(&folder, "here"), empty().await, file(&folder, "back"));
    filled(&path(&here)).await;
    for (from, to) in [(&here, &there), (&there, &back)] {
        // Everything is there, and something of it is not as it was.
        let (source, target) = (Side::open_source(from).await.unwrap(), Side::open_target(to).await.unwrap());
        let mut marker = Marker::new(source.identity().await.unwrap(), from.to_string());
        target.mark(marker.written()).await.unwrap();
        copy(&source, &target, &mut marker, LIMITS, &mut |_| ()).await.unwrap();
        drop((source, target));
        let (spoil, mend) = (
            "update refused_request set status = 403 where status = 401 and id = (select min(id::text)::uuid from refused_request)",
            "update refused_request set status = 401",
        );
        change(to, spoil).await;
        let opened = match to {
            Place::Sqlite(path) => Sqlite::open(sqlite::Options::new(path)).map(drop),
            Place::Postgres { url, .. } => Postgres::open(postgres::Options::new(url)).await.map(drop),
        };
        assert!(
            matches!(&opened, Err(Error::MoveUnfinished { from: whence }) if *whence == from.to_string()),
            "{opened:?}"
        );
        let Err(MoveError::Differs { source_sums, target_sums }) = moved(from, to).await else { panic!("equal?") };
        let differing: Vec<&str> =
            source_sums.iter().filter(|(table, sum)| target_sums.of(table) != *sum).map(|(table, _)| table).collect();
        assert_eq!(differing, ["refused_request"]);
        change(to, mend).await;
        moved(from, to).await.unwrap();
    }
}

async fn change(place: &Place, sql: &str) {
    match place {
        Place::Sqlite(path) => {
            let sql = sql.replace("min(id::text)::uuid", "min(id)");
            Connection::open(path).unwrap().execute_batch(&sql).unwrap();
        }
        Place::Postgres { url, .. } => client(url).await.batch_execute(sql).await.unwrap(),
    }
}
