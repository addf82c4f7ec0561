//! Text looked for in requests.
//!
//! By this program and not by the database: so what is found does not depend on which database it is, and bodies may
//! be bytes of any kind.

use futures_util::stream::{self, Stream, StreamExt};

use super::fault::Fault;
use super::sql::{Bin, Db, Json, Raw, row, statements};
use crate::list::Search;

/// Asked for ahead of being looked through, else each would cost a way to the database and back.
const AHEAD: usize = 16;

statements! {
    EVENT_TEXT = "select query_string, headers, body from event where id = $1";
    REFUSED_TEXT = "select query_string, headers, body from refused_request where id = $1";
}

/// What is looked through of a request.
pub(super) struct RequestText {
    query_string: Vec<u8>,
    headers: Json<Vec<(String, String)>>,
    body: Vec<u8>,
}

/// The texts of requests, by `sql` (`EVENT_TEXT` or `REFUSED_TEXT`), in the order of their ids.
pub(super) fn texts<'d>(
    db: &'d Db,
    sql: &'static str,
    ids: Vec<[u8; 16]>,
) -> impl Stream<Item = Result<Option<RequestText>, Fault>> + Unpin + Send + use<'d> {
    Box::pin(stream::iter(ids).map(move |id| text(db, sql, Bin(id))).buffered(AHEAD))
}

/// Whether the next of `texts` is what is searched for; there is one for each time this is asked.
pub(super) async fn finds_next(
    search: &mut Search,
    texts: &mut (impl Stream<Item = Result<Option<RequestText>, Fault>> + Unpin),
) -> Result<bool, Fault> {
    match texts.next().await.transpose()?.flatten() {
        Some(text) => search.is_in_request(&text.query_string, &text.body, || Ok(text.headers.0)),
        None => Ok(false),
    }
}

async fn text(db: &Db, sql: &'static str, id: Bin<16>) -> Result<Option<RequestText>, Fault> {
    row(db, sql, &[&id], |row| {
        Ok(RequestText { query_string: row.try_get::<_, Raw>(0)?.0, headers: row.try_get(1)?, body: row.try_get(2)? })
    })
    .await
}
