//! One side of a move: everything is read in the order of its keys, and written page by page.
//!
//! It is one connection. While it lasts no server can start here: it holds what they migrate under.
//!
//! The statements are made from `moving::table`, since each table is read and written whole, column by column.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row as DbRow};

use super::connect::Connector;
use super::fault::Fault;
use super::lock::Lock;
use super::migrate;
use super::options::Options;
use super::partition::{self, Day};
use super::server;
use super::sql::{Bin, Raw, Text, statements};
use crate::error::{Error, Result};
use crate::moving::item::{Cell, Item, Row};
use crate::moving::marker;
use crate::moving::table::{
    Column, EVENT, JOURNAL, Kind, TABLES, TESTED_DRAFT, Table, WITH_EXECUTIONS, condition, marks, names,
};
use crate::moving::{Page, PageLimits};

/// A server that is just starting has what it needs by then, and a move that was killed has let go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Days with parts of their own, a table: what is from more days than that is in its last part.
const DAYS_MAX: usize = 1_000;

statements! {
    TRY_HOLD = "select pg_try_advisory_lock($1)";
    IS_THERE = "select to_regclass('migration') is not null";
    IDENTITY = "select system_identifier || '/' || current_database() || '/' || current_schema() from pg_control_system()";
    MARKER = "select value from setting where name = $1";
    MARK = "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
    APPEND = "insert into journal (execution_id, part, epoch, records)
              select execution_id, nextval('journal_part'), epoch, records
                from unnest($1::uuid[], $2::bigint[], $3::text[]) as new (execution_id, epoch, records)";
    /// What ended in its first write has its only part in its own row.
    JOURNALS = "select id, epoch, records from (
                    select id, 0 as part, 1::bigint as epoch, records from execution
                     where id >= $1 and id <= $2 and records is not null
                    union all
                    select execution_id, part, epoch, records from journal
                     where execution_id >= $1 and execution_id <= $2) as journal order by id, part";
}

/// A database that no server has meanwhile.
pub(crate) struct Side {
    client: Client,
    /// Days that have parts here already, by table.
    days: BTreeMap<&'static str, Vec<Day>>,
}

impl std::fmt::Debug for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

impl Side {
    /// `None`: somebody else holds it. Otherwise it is brought to this program's schema, unless there is nothing at all
    /// and there should be: `Some(None)`.
    pub(crate) async fn open(url: &str, is_source: bool) -> Result<Option<Option<Self>>> {
        let mut client = Connector::new(&Options::new(url))?.alone().await?;
        let began = Instant::now();
        while !ask::<bool>(&client, TRY_HOLD, &[&(Lock::Schema as i64)]).await.map_err(failed)? {
            if began.elapsed() > PATIENCE {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if is_source && !ask::<bool>(&client, IS_THERE, &[]).await.map_err(failed)? {
            return Ok(Some(None));
        }
        migrate::migrate(&mut client).await?;
        // Whatever the next page is, its plan is made for it.
        client
            .batch_execute("set plan_cache_mode = force_custom_plan; set jit = off")
            .await
            .map_err(|error| failed(error.into()))?;
        Ok(Some(Some(Self { client, days: BTreeMap::new() })))
    }

    /// By what it is known, whatever the URL says.
    pub(crate) async fn identity(&self) -> Result<String> {
        match ask(&self.client, IDENTITY, &[]).await {
            Ok(identity) => Ok(identity),
            // Not everybody may ask that everywhere.
            Err(Fault::Driver(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                ask(&self.client, "select current_database() || '/' || current_schema()", &[]).await.map_err(failed)
            }
            Err(fault) => Err(failed(fault)),
        }
    }

    /// Servers whose lease is not over.
    pub(crate) async fn living(&self) -> Result<i64> {
        ask(&self.client, server::LIVING, &[]).await.map_err(failed)
    }

    pub(crate) async fn marker(&self) -> Result<Option<String>> {
        marker(&self.client).await.map_err(failed)
    }

    /// The name of a table with rows.
    pub(crate) async fn filled(&self) -> Result<Option<&'static str>> {
        for table in TABLES.into_iter().chain(WITH_EXECUTIONS) {
            let except = condition([table.except.map(str::to_owned)]);
            let sql = format!("select exists (select from {}{except})", table.quoted());
            if ask::<bool>(&self.client, &sql, &[]).await.map_err(failed)? {
                return Ok(Some(table.name));
            }
        }
        Ok(None)
    }

    /// Rows behind `after`.
    pub(crate) async fn read(&self, table: &'static Table, after: Option<&Row>, limits: PageLimits) -> Result<Page> {
        self.page(table, after, limits).await.map_err(failed)
    }

    async fn page(&self, table: &'static Table, after: Option<&Row>, limits: PageLimits) -> Result<Page, Fault> {
        let Some((first, last)) = self.bounds(table, after, limits).await? else {
            return Ok(Page { items: Vec::new() });
        };
        let (key, width) = (table.key_columns(), table.key);
        let within = format!(
            "({names}) >= ({}) and ({names}) <= ({})",
            marks(key, '$', 1),
            marks(key, '$', 1 + width),
            names = names(key)
        );
        let sql = format!(
            "select {} from {}{} order by {}",
            names(table.columns),
            table.quoted(),
            condition([Some(within), table.except.map(str::to_owned)]),
            names(key),
        );
        let bounds: Vec<_> = params(key, &first).into_iter().chain(params(key, &last)).collect();
        let mut items = Vec::new();
        for row in query(&self.client, &sql, &bounds).await? {
            items.push(Item::alone(cells(&row, 0, table.columns)?));
        }
        if table.is_execution() {
            self.with_them(&mut items, &bounds).await?;
        }
        Ok(Page { items })
    }

    /// The first and the last key of the next page, which holds no more than it may: that is asked before any of it
    /// is read.
    async fn bounds(
        &self,
        table: &'static Table,
        after: Option<&Row>,
        limits: PageLimits,
    ) -> Result<Option<(Row, Row)>, Fault> {
        let key = table.key_columns();
        let behind = after.map(|_| format!("({}) > ({})", names(key), marks(key, '$', 1)));
        let with_it = if table.is_execution() {
            format!(
                " + coalesce(octet_length(execution.records), 0)
                  + coalesce((select {} from event where event.id = event_id), 0)
                  + coalesce((select sum({}) from journal where journal.execution_id = execution.id), 0)
                  + coalesce((select {} from tested_draft where tested_draft.execution_id = execution.id), 0)",
                size(&EVENT),
                size(&JOURNAL),
                size(&TESTED_DRAFT)
            )
        } else {
            String::new()
        };
        let sql = format!(
            "select {}, ({}{with_it})::bigint from {}{} order by {} limit {}",
            names(key),
            size(table),
            table.quoted(),
            condition([behind, table.except.map(str::to_owned)]),
            names(key),
            limits.rows,
        );
        let behind = after.map(|after| params(key, after)).unwrap_or_default();
        let (mut bounds, mut bytes) = (None, 0);
        for row in query(&self.client, &sql, &behind).await? {
            let at = cells(&row, 0, key)?;
            bounds = Some((bounds.map_or_else(|| at.clone(), |(first, _)| first), at));
            bytes += usize::try_from(row.try_get::<_, i64>(key.len())?).unwrap_or(0);
            if bytes >= limits.bytes {
                break;
            }
        }
        Ok(bounds)
    }

    /// What goes with executions, all of which stand between two ids.
    async fn with_them(&self, items: &mut [Item], bounds: &[Param<'_>]) -> Result<(), Fault> {
        let places: BTreeMap<Vec<u8>, usize> =
            items.iter().enumerate().map(|(place, item)| (id(&item.row[0]).to_vec(), place)).collect();
        let place = |row: &DbRow| Ok::<_, Fault>(places.get(&row.try_get::<_, Bin<16>>(0)?.0[..]).copied());
        let event: Vec<String> = EVENT.columns.iter().map(|column| format!("event.{}", column.name)).collect();
        let event = format!(
            "select execution.id, {} from execution join event on event.id = event_id
              where execution.id >= $1 and execution.id <= $2",
            event.join(", ")
        );
        for row in query(&self.client, &event, bounds).await? {
            if let Some(place) = place(&row)? {
                items[place].event = Some(cells(&row, 1, EVENT.columns)?);
            }
        }
        for row in query(&self.client, JOURNALS, bounds).await? {
            if let Some(place) = place(&row)? {
                items[place].journal.push(cells(&row, 1, JOURNAL.columns)?);
            }
        }
        let draft = format!(
            "select {} from tested_draft where execution_id >= $1 and execution_id <= $2",
            names(TESTED_DRAFT.columns)
        );
        for row in query(&self.client, &draft, bounds).await? {
            if let Some(place) = place(&row)? {
                items[place].draft = Some(cells(&row, 0, TESTED_DRAFT.columns)?);
            }
        }
        Ok(())
    }

    /// The page and the marker, or neither.
    pub(crate) async fn write(&mut self, table: &'static Table, page: &Page, marker: &str) -> Result<()> {
        self.make_days(table, page).await?;
        self.put(table, page, marker).await.map_err(failed)
    }

    async fn put(&mut self, table: &'static Table, page: &Page, marker: &str) -> Result<(), Fault> {
        let transaction = self.client.transaction().await?;
        let rows: Vec<&Row> = page.items.iter().map(|item| &item.row).collect();
        if table.is_execution() {
            let events: Vec<&Row> = page.items.iter().filter_map(|item| item.event.as_ref()).collect();
            put_events(transaction.client(), &events).await?;
            let ids: Vec<Cell> = events.iter().map(|event| event[0].clone()).collect();
            let event_id = Column { name: "event_id", kind: Kind::Id };
            insert(transaction.client(), table, &rows, Some((&event_id, &ids))).await?;
            let parts = || page.items.iter().flat_map(|item| item.journal.iter().map(|part| (&item.row[0], part)));
            let whose: Vec<Bin<16>> = parts().map(|(whose, _)| bin(whose)).collect();
            let epochs: Vec<Option<i64>> = parts().map(|(_, part)| number(&part[0])).collect();
            let records: Vec<Option<&str>> = parts().map(|(_, part)| text(&part[1])).collect();
            run(transaction.client(), APPEND, &[&whose, &epochs, &records]).await?;
            let drafts: Vec<&Row> = page.items.iter().filter_map(|item| item.draft.as_ref()).collect();
            insert(transaction.client(), &TESTED_DRAFT, &drafts, None).await?;
        } else {
            insert(transaction.client(), table, &rows, None).await?;
        }
        run(transaction.client(), MARK, &[&marker::NAME, &marker.as_bytes()]).await?;
        Ok(transaction.commit().await?)
    }

    /// Each day of what is written has its part, so that it goes with its day, as if it had been written here.
    async fn make_days(&mut self, table: &'static Table, page: &Page) -> Result<()> {
        let ids = || page.items.iter().map(|item| &item.row[0]);
        self.make_days_of(table, ids()).await?;
        if table.is_execution() {
            self.make_days_of(&JOURNAL, ids()).await?;
            self.make_days_of(&EVENT, page.items.iter().filter_map(|item| item.event.as_ref()).map(|event| &event[0]))
                .await?;
        }
        Ok(())
    }

    async fn make_days_of(&mut self, table: &Table, ids: impl Iterator<Item = &Cell>) -> Result<()> {
        let Some(cut) = partition::name_of(table.name) else { return Ok(()) };
        let there = match self.days.entry(cut) {
            std::collections::btree_map::Entry::Occupied(days) => days.into_mut(),
            std::collections::btree_map::Entry::Vacant(days) => {
                days.insert(partition::days(&self.client, cut).await.map_err(failed)?)
            }
        };
        for id in ids {
            let day = Day::of_id(id_of(id));
            if !there.contains(&day) && there.len() < DAYS_MAX {
                let made = self.client.batch_execute(&partition::making(cut, day)).await;
                match made {
                    // Something of that day is in the last part.
                    Err(error) if error.code() == Some(&SqlState::CHECK_VIOLATION) => {}
                    made => made.map_err(|error| failed(error.into()))?,
                }
                there.push(day);
            }
        }
        Ok(())
    }

    /// The marker alone.
    pub(crate) async fn mark(&self, marker: &str) -> Result<()> {
        run(&self.client, MARK, &[&marker::NAME, &marker.as_bytes()]).await.map_err(failed)
    }

    /// Plans are made for what is there now.
    pub(crate) async fn finish(&mut self, marker: &str) -> Result<()> {
        self.client.batch_execute("analyze").await.map_err(|error| failed(error.into()))?;
        self.mark(marker).await
    }
}

/// The move whose target this is, if it has not come to its end: whence.
pub(super) async fn unfinished(client: &Client) -> Result<Option<String>> {
    Ok(marker::unfinished(marker(client).await.map_err(failed)?.as_deref()))
}

async fn marker(client: &Client) -> Result<Option<String>, Fault> {
    let rows = client.query(MARKER, &[&marker::NAME]).await?;
    rows.first().map(|row| Ok(row.try_get::<_, Text>(0)?.0)).transpose()
}

/// Each once in this page: what executions share counts how many there are.
async fn put_events(client: &Client, events: &[&Row]) -> Result<(), Fault> {
    let mut once: BTreeMap<&[u8], (&Row, i64)> = BTreeMap::new();
    for event in events {
        once.entry(id(&event[0])).or_insert((event, 0)).1 += 1;
    }
    let rows: Vec<&Row> = once.values().map(|(event, _)| *event).collect();
    let executions: Vec<i64> = once.values().map(|(_, executions)| *executions).collect();
    let names = names(EVENT.columns);
    let sql = format!(
        "insert into event ({names}, executions) select * from unnest({}, ${}::bigint[])
             on conflict (id) do update set executions = event.executions + excluded.executions",
        arrays(EVENT.columns),
        EVENT.columns.len() + 1
    );
    let mut params = every(EVENT.columns, &rows);
    params.push(Box::new(executions));
    let params: Vec<_> = params.iter().map(|param| &**param as &(dyn ToSql + Sync)).collect();
    run(client, &sql, &params).await
}

/// `more`: a column that the table has beside those that are moved.
async fn insert(client: &Client, table: &Table, rows: &[&Row], more: Option<(&Column, &[Cell])>) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let (mut columns, mut values) = (names(table.columns), arrays(table.columns));
    let mut params = every(table.columns, rows);
    if let Some((column, cells)) = more {
        columns += &format!(", {}", column.name);
        values += &format!(", ${}::{}[]", params.len() + 1, sql_type(column.kind));
        params.push(array(column.kind, cells.iter()));
    }
    let sql = format!("insert into {} ({columns}) select * from unnest({values})", table.quoted());
    let params: Vec<_> = params.iter().map(|param| &**param as &(dyn ToSql + Sync)).collect();
    run(client, &sql, &params).await
}

type Param<'p> = Box<dyn ToSql + Sync + Send + 'p>;

/// `$1::uuid[], $2::text[], …`
fn arrays(columns: &[Column]) -> String {
    let arrays = (1..).zip(columns).map(|(number, column)| format!("${number}::{}[]", sql_type(column.kind)));
    arrays.collect::<Vec<_>>().join(", ")
}

const fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "uuid",
        Kind::Number => "bigint",
        Kind::Flag => "boolean",
        Kind::Text => "text",
        Kind::Free | Kind::Bytes => "bytea",
    }
}

/// Of each column an array.
fn every<'p>(columns: &[Column], rows: &[&'p Row]) -> Vec<Param<'p>> {
    let columns = columns.iter().enumerate();
    columns.map(|(place, column)| array(column.kind, rows.iter().map(|row| &row[place]))).collect()
}

fn array<'p>(kind: Kind, cells: impl Iterator<Item = &'p Cell>) -> Param<'p> {
    match kind {
        Kind::Id => Box::new(cells.map(|cell| (*cell != Cell::Null).then(|| bin(cell))).collect::<Vec<_>>()),
        Kind::Number => Box::new(cells.map(number).collect::<Vec<_>>()),
        Kind::Flag => Box::new(cells.map(|cell| number(cell).map(|number| number != 0)).collect::<Vec<_>>()),
        Kind::Text => Box::new(cells.map(text).collect::<Vec<_>>()),
        Kind::Free | Kind::Bytes => Box::new(cells.map(bytes).collect::<Vec<_>>()),
    }
}

/// The values of a key.
fn params<'p>(columns: &[Column], row: &'p Row) -> Vec<Param<'p>> {
    let one = |(column, cell): (&Column, &'p Cell)| -> Param<'p> {
        match column.kind {
            Kind::Id => Box::new(bin(cell)),
            Kind::Number => Box::new(number(cell)),
            Kind::Flag => Box::new(number(cell).map(|number| number != 0)),
            Kind::Text => Box::new(text(cell)),
            Kind::Free | Kind::Bytes => Box::new(bytes(cell)),
        }
    };
    columns.iter().zip(row).map(one).collect()
}

const fn number(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Number(number) => Some(*number),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn bytes(cell: &Cell) -> Option<&[u8]> {
    match cell {
        Cell::Text(text) => Some(text.as_bytes()),
        Cell::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// Empty if it is none, which no id is.
fn id(cell: &Cell) -> &[u8] {
    bytes(cell).unwrap_or_default()
}

fn id_of(cell: &Cell) -> [u8; 16] {
    id(cell).try_into().unwrap_or_default()
}

fn bin(cell: &Cell) -> Bin<16> {
    Bin(id_of(cell))
}

fn cells(row: &DbRow, from: usize, columns: &[Column]) -> Result<Row, Fault> {
    let cell = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Id => row.try_get::<_, Option<Bin<16>>>(place)?.map(|id| Cell::Bytes(id.0.to_vec())),
            Kind::Number => row.try_get::<_, Option<i64>>(place)?.map(Cell::Number),
            Kind::Flag => row.try_get::<_, Option<bool>>(place)?.map(|flag| Cell::Number(flag.into())),
            Kind::Text => row.try_get::<_, Option<String>>(place)?.map(Cell::Text),
            Kind::Free => row.try_get::<_, Option<Text>>(place)?.map(|text| Cell::Text(text.0)),
            Kind::Bytes => row.try_get::<_, Option<Raw>>(place)?.map(|bytes| Cell::Bytes(bytes.0)),
        }
        .unwrap_or(Cell::Null))
    };
    (from..).zip(columns).map(cell).collect()
}

/// How much a row of it holds, which is known without reading it.
fn size(table: &Table) -> String {
    let grows = |column: &&Column| matches!(column.kind, Kind::Text | Kind::Free | Kind::Bytes);
    let sizes = table.columns.iter().filter(grows);
    let sizes = sizes.map(|column| format!("coalesce(octet_length({}.{}), 0)", table.quoted(), column.name));
    sizes.chain(["0".to_owned()]).collect::<Vec<_>>().join(" + ")
}

async fn query(client: &Client, sql: &str, params: &[Param<'_>]) -> Result<Vec<DbRow>, Fault> {
    let params: Vec<_> = params.iter().map(|param| &**param as &(dyn ToSql + Sync)).collect();
    Ok(client.query(sql, &params).await?)
}

async fn run(client: &Client, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(), Fault> {
    client.execute(sql, params).await?;
    Ok(())
}

/// One value.
async fn ask<T>(client: &Client, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<T, Fault>
where
    T: for<'r> tokio_postgres::types::FromSql<'r>,
{
    Ok(client.query_one(sql, params).await?.try_get(0)?)
}

fn failed(fault: Fault) -> Error {
    fault.into_error("move")
}
