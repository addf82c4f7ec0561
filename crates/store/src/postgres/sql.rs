//! How this backend speaks SQL: statements as named constants, a prepared statement for each, and
//! columns that hold ids, words and JSON.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::fault::Fault;
pub(super) use super::transaction::Db;

/// Names statements, and lists them for the test that prepares each against the real schema.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)+

        #[cfg(test)]
        pub(super) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(super) use statements;

/// `read!(store, "operation", async |db| …)`: one snapshot. A macro and not a function with a closure, because no bound
/// says that what such a closure returns can be sent to another thread.
macro_rules! read {
    ($store:expr, $operation:expr, async |$db:ident| $work:expr) => {
        $crate::postgres::sql::within!($store, $operation, $crate::postgres::transaction::Kind::Read, $db, $work)
    };
}
pub(super) use read;

/// `transact!(store, "operation", async |db| …)`: all of it or nothing; once, though it may be tried more often.
macro_rules! transact {
    ($store:expr, $operation:expr, async |$db:ident| $work:expr) => {
        $crate::postgres::sql::within!($store, $operation, $crate::postgres::transaction::Kind::Write, $db, $work)
    };
}
pub(super) use transact;

macro_rules! within {
    ($store:expr, $operation:expr, $kind:expr, $db:ident, $work:expr) => {{
        let mut tries = $crate::postgres::transaction::Tries::default();
        loop {
            let begun = $store.begin($kind, &mut tries).await?;
            let $db = &begun;
            let done: Result<_, $crate::postgres::fault::Fault> = async { $work }.await;
            if let Some(answer) = $store.end($operation, begun, done, &mut tries).await {
                break answer;
            }
        }
    }};
}
pub(super) use within;

type Params<'p> = &'p [&'p (dyn ToSql + Sync)];
type Cause = Box<dyn StdError + Sync + Send>;

/// Above every id.
pub(super) const LAST_ID: [u8; 16] = [0xff; 16];

pub(super) async fn execute(db: &Db, sql: &str, params: Params<'_>) -> Result<u64, Fault> {
    let client = db.client();
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, params).await?)
}

/// The row, or `None` when there is none.
pub(super) async fn row<T>(
    db: &Db,
    sql: &str,
    params: Params<'_>,
    read: impl FnOnce(&Row) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let client = db.client();
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, params).await?;
    rows.first().map(read).transpose()
}

pub(super) async fn rows<T>(
    db: &Db,
    sql: &str,
    params: Params<'_>,
    read: impl FnMut(&Row) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let client = db.client();
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, params).await?.iter().map(read).collect()
}

/// Bytes of one length: ids and digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bin<const N: usize>(pub(super) [u8; N]);

impl<const N: usize> FromSql<'_> for Bin<N> {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Cause> {
        Ok(Self(raw.try_into()?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::BYTEA || (N == 16 && *ty == Type::UUID)
    }
}

impl<const N: usize> ToSql for Bin<N> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Cause> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        <Self as FromSql<'_>>::accepts(ty)
    }

    to_sql_checked!();
}

/// Text in a column of bytes: that may hold U+0000, which a column of text may not.
pub(super) struct Text(pub(super) String);

impl FromSql<'_> for Text {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Cause> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BYTEA | Type::TEXT)
    }
}

/// Bytes or text, as they are.
pub(super) struct Raw(pub(super) Vec<u8>);

impl FromSql<'_> for Raw {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Cause> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BYTEA | Type::TEXT)
    }
}

/// A whole number.
pub(super) struct Whole<T>(pub(super) T);

impl<T: TryFrom<i64, Error: StdError + Send + Sync + 'static>> FromSql<'_> for Whole<T> {
    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self, Cause> {
        let number = match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        };
        Ok(Self(T::try_from(number)?))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)
    }
}

/// A column that holds one word (or a key, or an address) as its type writes it.
pub(super) struct Word<T>(pub(super) T);

impl<T: DeserializeOwned> FromSql<'_> for Word<T> {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Cause> {
        let text: StrDeserializer<'_, WordError> = std::str::from_utf8(raw)?.into_deserializer();
        Ok(Self(T::deserialize(text)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TEXT
    }
}

/// A column that holds JSON text.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromSql<'_> for Json<T> {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Cause> {
        Ok(Self(serde_json::from_slice(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TEXT | Type::BYTEA)
    }
}

/// JSON text for a column. Everything the store writes has text keys and finite numbers, so it can be written.
pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("domain values have text keys and can be written as JSON")
}
