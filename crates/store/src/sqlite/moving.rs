//! One side of a move: everything is read in the order of its keys, and written page by page.
//!
//! The statements are made from `moving::table`, since each table is read and written whole, column by column.

use std::fs::File;
use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row as DbRow, ToSql, params, params_from_iter};

use super::fault::Fault;
use super::options::Options;
use super::sql::{execute, row, statements};
use super::{connect, migrate, unusable};
use crate::error::Result;
use crate::moving::item::{Cell, Item, Row};
use crate::moving::marker;
use crate::moving::table::{
    Column, EVENT, Kind, TABLES, TESTED_DRAFT, Table, WITH_EXECUTIONS, condition, marks, names,
};
use crate::moving::{Page, PageLimits};

statements! {
    MARKER = "select value from setting where name = ?1";
    MARK = "insert into setting (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value";
    SHARE_EVENT = "update event set executions = executions + 1 where place = ?1";
    PART = "select before_place, epoch, records from journal where place = ?1";
    APPEND = "insert into journal (before_place, epoch, records) values (?1, ?2, ?3)";
}

/// Events are found by their place; only a move looks for them by their id.
const INDEX: &str = "create index if not exists moving_event on event (id)";
const NO_INDEX: &str = "drop index if exists moving_event";
const EVENT_PLACE: &str = "select place from event where id = ?1";

/// A database that no server has meanwhile.
#[derive(Debug)]
pub(crate) struct Side {
    db: Connection,
    /// Of the folder.
    _lock: File,
}

impl Side {
    /// Brings it to this program's schema. It is made if there is none.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        connect::make_folder(folder)?;
        let lock = connect::lock(folder)?;
        let mut db = connect::writer(&Options::new(path))?;
        migrate::migrate(&mut db).map_err(|error| unusable(path.display(), error))?;
        // Pages are large: copying the log now and then is nothing beside them.
        db.execute_batch("pragma wal_autocheckpoint = 4096").map_err(|error| unusable(path.display(), error))?;
        Ok(Self { db, _lock: lock })
    }

    pub(crate) fn marker(&self) -> Result<Option<String>> {
        marker(&self.db).map_err(failed)
    }

    /// The name of a table with rows.
    pub(crate) fn filled(&self) -> Result<Option<&'static str>> {
        for table in TABLES.into_iter().chain(WITH_EXECUTIONS) {
            let except = condition([table.except.map(str::to_owned)]);
            let sql = format!("select 1 from {}{except} limit 1", table.quoted());
            if row(&self.db, &sql, [], |_| Ok(())).map_err(failed)?.is_some() {
                return Ok(Some(table.name));
            }
        }
        Ok(None)
    }

    /// Rows behind `after`.
    pub(crate) fn read(&self, table: &'static Table, after: Option<&Row>, limits: PageLimits) -> Result<Page> {
        self.page(table, after, limits).map_err(|fault| fault.into_error("move"))
    }

    fn page(&self, table: &'static Table, after: Option<&Row>, limits: PageLimits) -> Result<Page, Fault> {
        let key = table.key_columns();
        let behind = after.map(|_| format!("({}) > ({})", names(key), marks(key, '?', 1)));
        let ways = if table.is_execution() { ", event_place, journal_end" } else { "" };
        let sql = format!(
            "select {}{ways} from {}{} order by {}",
            names(table.columns),
            table.quoted(),
            condition([behind, table.except.map(str::to_owned)]),
            names(key),
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(after.into_iter().flatten()))?;
        let (mut items, mut bytes) = (Vec::new(), 0);
        while let Some(found) = rows.next()? {
            let mut item = Item::alone(cells(found, 0, table.columns)?);
            if table.is_execution() {
                let ways = table.columns.len();
                self.with_it(&mut item, found.get(ways)?, found.get(ways + 1)?)?;
            }
            bytes += item.bytes();
            items.push(item);
            if items.len() >= limits.rows || bytes >= limits.bytes {
                break;
            }
        }
        Ok(Page { items })
    }

    /// What goes with an execution.
    fn with_it(&self, item: &mut Item, event_place: i64, journal_end: Option<i64>) -> Result<(), Fault> {
        let event = format!("select {} from event where place = ?1", names(EVENT.columns));
        item.event = self
            .db
            .prepare_cached(&event)?
            .query_and_then([event_place], |row| cells(row, 0, EVENT.columns))?
            .next()
            .transpose()?;
        let mut place = journal_end;
        while let Some(part) = place {
            let found = row(&self.db, PART, [part], |row| {
                Ok((row.get(0)?, vec![Cell::Number(row.get(1)?), Cell::Text(row.get(2)?)]))
            })?;
            let Some((before, part)) = found else { break };
            item.journal.push(part);
            place = before;
        }
        item.journal.reverse();
        let draft = format!("select {} from tested_draft where execution_id = ?1", names(TESTED_DRAFT.columns));
        let columns = TESTED_DRAFT.columns;
        item.draft = self
            .db
            .prepare_cached(&draft)?
            .query_and_then([&item.row[0]], |row| cells(row, 0, columns))?
            .next()
            .transpose()?;
        Ok(())
    }

    /// The page and the marker, or neither.
    pub(crate) fn write(&mut self, table: &'static Table, page: &Page, marker: &str) -> Result<()> {
        self.put(table, page, marker).map_err(failed)
    }

    fn put(&mut self, table: &'static Table, page: &Page, marker: &str) -> rusqlite::Result<()> {
        let transaction = self.db.transaction()?;
        if table.is_execution() {
            transaction.execute_batch(INDEX)?;
        }
        let ways: &[Column] = if table.is_execution() { &WAYS } else { &[] };
        let columns: Vec<&str> = table.columns.iter().chain(ways).map(|column| column.name).collect();
        let sql = format!(
            "insert into {} ({}) values ({})",
            table.quoted(),
            columns.join(", "),
            (1..=columns.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
        );
        {
            let mut insert = transaction.prepare_cached(&sql)?;
            for item in &page.items {
                if table.is_execution() {
                    let ways = put_with_it(&transaction, item)?;
                    insert.execute(params_from_iter(item.row.iter().chain(&ways)))?;
                } else {
                    insert.execute(params_from_iter(&item.row))?;
                }
            }
        }
        execute(&transaction, MARK, params![marker::NAME, marker])?;
        transaction.commit()
    }

    /// The marker alone.
    pub(crate) fn mark(&self, marker: &str) -> Result<()> {
        execute(&self.db, MARK, params![marker::NAME, marker]).map(drop).map_err(failed)
    }

    /// Everything is in the database file, as a server leaves it.
    pub(crate) fn finish(&mut self, marker: &str) -> Result<()> {
        let finish = |db: &mut Connection| {
            let transaction = db.transaction()?;
            transaction.execute_batch(NO_INDEX)?;
            execute(&transaction, MARK, params![marker::NAME, marker])?;
            transaction.commit()?;
            db.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        };
        finish(&mut self.db).map_err(failed)
    }
}

/// Where its event is, and the last part of its journal.
const WAYS: [Column; 2] =
    [Column { name: "event_place", kind: Kind::Number }, Column { name: "journal_end", kind: Kind::Number }];

/// What goes with an execution, and the two columns that lead there.
fn put_with_it(db: &Connection, item: &Item) -> rusqlite::Result<[Cell; 2]> {
    let event = item.event.as_ref().ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let place = match row(db, EVENT_PLACE, [&event[0]], |row| row.get(0))? {
        Some(place) => {
            execute(db, SHARE_EVENT, [place])?;
            place
        }
        None => {
            insert(db, &EVENT, event)?;
            db.last_insert_rowid()
        }
    };
    let mut end = None;
    for part in &item.journal {
        execute(db, APPEND, params![end, part[0], part[1]])?;
        end = Some(db.last_insert_rowid());
    }
    if let Some(draft) = &item.draft {
        insert(db, &TESTED_DRAFT, draft)?;
    }
    Ok([Cell::Number(place), end.map_or(Cell::Null, Cell::Number)])
}

fn insert(db: &Connection, table: &Table, values: &Row) -> rusqlite::Result<()> {
    let (names, marks) = (names(table.columns), marks(table.columns, '?', 1));
    execute(db, &format!("insert into {} ({names}) values ({marks})", table.quoted()), params_from_iter(values))
        .map(drop)
}

/// The move whose target this is, if it has not come to its end: whence.
pub(super) fn unfinished(db: &Connection) -> rusqlite::Result<Option<String>> {
    Ok(marker::unfinished(marker(db)?.as_deref()))
}

fn marker(db: &Connection) -> rusqlite::Result<Option<String>> {
    row(db, MARKER, [marker::NAME], |row| row.get(0))
}

fn cells(row: &DbRow<'_>, from: usize, columns: &[Column]) -> Result<Row, Fault> {
    let cell = |(place, column): (usize, &Column)| {
        let value = row.get_ref(place)?;
        let read = match (value, column.kind) {
            (ValueRef::Null, _) => Cell::Null,
            (ValueRef::Integer(number), Kind::Number | Kind::Flag) => Cell::Number(number),
            (ValueRef::Text(_), Kind::Text | Kind::Free) => Cell::Text(row.get(place)?),
            (ValueRef::Blob(bytes), Kind::Id | Kind::Bytes) => Cell::Bytes(bytes.to_vec()),
            (value, _) => {
                return Err(rusqlite::Error::InvalidColumnType(place, column.name.to_owned(), value.data_type()).into());
            }
        };
        Ok(read)
    };
    (from..).zip(columns).map(cell).collect()
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn failed(error: rusqlite::Error) -> crate::Error {
    Fault::from(error).into_error("move")
}
