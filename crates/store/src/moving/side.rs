//! A side of a move, whichever backend it is.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::MoveError;
use super::item::{Cell, Row};
use super::table::Table;
use super::{Page, PageLimits};
use crate::error::{Error, Result};
use crate::{postgres, sqlite};

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// The database file.
    Sqlite(PathBuf),
    /// `name`: the URL as it may be shown.
    Postgres { url: String, name: String },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[derive(Debug)]
pub(super) struct Side {
    place: Place,
    database: Database,
}

#[derive(Debug)]
enum Database {
    /// On threads for what blocks.
    Sqlite(Arc<Mutex<sqlite::moving::Side>>),
    /// A connection, which has one question at a time.
    Postgres(Box<tokio::sync::Mutex<postgres::moving::Side>>),
}

impl Side {
    /// What is to be moved is there, and nobody writes to it.
    pub(super) async fn open_source(place: &Place) -> Result<Self, MoveError> {
        if let Place::Sqlite(path) = place
            && !path.is_file()
        {
            return Err(MoveError::NoSource { place: place.to_string() });
        }
        let side = Self::open(place, true).await?;
        side.is_unused().await?;
        Ok(side)
    }

    pub(super) async fn open_target(place: &Place) -> Result<Self, MoveError> {
        let side = Self::open(place, false).await?;
        side.is_unused().await?;
        Ok(side)
    }

    async fn open(place: &Place, is_source: bool) -> Result<Self, MoveError> {
        let failed = |source| MoveError::Store { place: place.to_string(), source };
        let database = match place {
            Place::Sqlite(path) => {
                let path = path.clone();
                let opened = blocking(move || sqlite::moving::Side::open(&path)).await.map_err(failed)?;
                Database::Sqlite(Arc::new(Mutex::new(opened)))
            }
            Place::Postgres { url, .. } => {
                let in_use = || MoveError::InUse {
                    place: place.to_string(),
                    by: "a server is just starting there, or another move is under way".to_owned(),
                };
                let opened = postgres::moving::Side::open(url, is_source).await.map_err(failed)?.ok_or_else(in_use)?;
                let side = opened.ok_or_else(|| MoveError::NoSource { place: place.to_string() })?;
                Database::Postgres(Box::new(tokio::sync::Mutex::new(side)))
            }
        };
        Ok(Self { place: place.clone(), database })
    }

    /// That no server lives here. On SQLite the folder's lock says so for as long as it is held.
    pub(super) async fn is_unused(&self) -> Result<(), MoveError> {
        let Database::Postgres(side) = &self.database else { return Ok(()) };
        match side.lock().await.living().await.map_err(|error| self.failed(error))? {
            0 => Ok(()),
            1 => Err(self.in_use("a server lives there (or was killed just now, and its lease is not over)")),
            several => Err(self.in_use(&format!("{several} servers live there"))),
        }
    }

    /// By what it is known, wherever it is called from and by whatever name.
    pub(super) async fn identity(&self) -> Result<String, MoveError> {
        match (&self.database, &self.place) {
            (Database::Postgres(side), _) => {
                let identity = side.lock().await.identity().await.map_err(|error| self.failed(error))?;
                Ok(format!("postgres:{identity}"))
            }
            (Database::Sqlite(_), Place::Sqlite(path)) => {
                let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
                Ok(format!("sqlite:{}", whole.display()))
            }
            (Database::Sqlite(_), place) => Ok(place.to_string()),
        }
    }

    pub(super) async fn marker(&self) -> Result<Option<String>, MoveError> {
        let found = match &self.database {
            Database::Sqlite(side) => on(side, |side| side.marker()).await,
            Database::Postgres(side) => side.lock().await.marker().await,
        };
        found.map_err(|error| self.failed(error))
    }

    pub(super) async fn filled(&self) -> Result<Option<&'static str>, MoveError> {
        let found = match &self.database {
            Database::Sqlite(side) => on(side, |side| side.filled()).await,
            Database::Postgres(side) => side.lock().await.filled().await,
        };
        found.map_err(|error| self.failed(error))
    }

    pub(super) async fn read(
        &self,
        table: &'static Table,
        after: Option<Row>,
        limits: PageLimits,
    ) -> Result<Page, MoveError> {
        let page = match &self.database {
            Database::Sqlite(side) => on(side, move |side| side.read(table, after.as_ref(), limits)).await,
            Database::Postgres(side) => side.lock().await.read(table, after.as_ref(), limits).await,
        };
        let page = page.map_err(|error| self.failed(error))?;
        if table.is_execution()
            && let Some(item) = page.items.iter().find(|item| item.event.is_none())
        {
            return Err(MoveError::NoEvent { place: self.place.to_string(), execution: hex(&item.row[0]) });
        }
        Ok(page)
    }

    pub(super) async fn write(&self, table: &'static Table, page: Page, marker: String) -> Result<(), MoveError> {
        let written = match &self.database {
            Database::Sqlite(side) => on(side, move |side| side.write(table, &page, &marker)).await,
            Database::Postgres(side) => side.lock().await.write(table, &page, &marker).await,
        };
        written.map_err(|error| self.failed(error))
    }

    pub(super) async fn mark(&self, marker: String) -> Result<(), MoveError> {
        let marked = match &self.database {
            Database::Sqlite(side) => on(side, move |side| side.mark(&marker)).await,
            Database::Postgres(side) => side.lock().await.mark(&marker).await,
        };
        marked.map_err(|error| self.failed(error))
    }

    pub(super) async fn finish(&self, marker: String) -> Result<(), MoveError> {
        let finished = match &self.database {
            Database::Sqlite(side) => on(side, move |side| side.finish(&marker)).await,
            Database::Postgres(side) => side.lock().await.finish(&marker).await,
        };
        finished.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: Error) -> MoveError {
        MoveError::Store { place: self.place.to_string(), source }
    }

    fn in_use(&self, by: &str) -> MoveError {
        MoveError::InUse { place: self.place.to_string(), by: by.to_owned() }
    }
}

fn hex(cell: &Cell) -> String {
    match cell {
        Cell::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        _ => String::new(),
    }
}

async fn on<T: Send + 'static>(
    side: &Arc<Mutex<sqlite::moving::Side>>,
    work: impl FnOnce(&mut sqlite::moving::Side) -> Result<T> + Send + 'static,
) -> Result<T> {
    let side = Arc::clone(side);
    blocking(move || work(&mut side.lock().unwrap_or_else(PoisonError::into_inner))).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Database { operation: "move", source: Box::new(error) }))
}
