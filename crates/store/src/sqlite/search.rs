//! Text looked for in requests.

use rusqlite::{Connection, Row, params};

use super::sql::{Json, row, statements};

/// Bytes of requests looked through for one page of a list.
const SEARCHED_BYTES_MAX: usize = 64 << 20;

statements! {
    EVENT_TEXT = "select query_string, headers, body from event where place = ?1";
    REFUSED_TEXT = "select query_string, headers, body from refused_request where id = ?1";
}

/// A text, and how much may still be looked through for it.
pub(super) struct Search {
    /// ASCII letters in lower case.
    needle: Vec<u8>,
    left: usize,
}

impl Search {
    pub(super) fn new(text: &str) -> Self {
        Self { needle: text.to_ascii_lowercase().into_bytes(), left: SEARCHED_BYTES_MAX }
    }

    /// Whether there is more that may be looked through.
    pub(super) fn goes_on(&self) -> bool {
        self.left > 0
    }

    pub(super) fn finds_in_event(&mut self, db: &Connection, event: i64) -> rusqlite::Result<bool> {
        Ok(row(db, EVENT_TEXT, params![event], |row| self.finds(row))?.unwrap_or_default())
    }

    pub(super) fn finds_in_refused(&mut self, db: &Connection, request: [u8; 16]) -> rusqlite::Result<bool> {
        Ok(row(db, REFUSED_TEXT, params![request], |row| self.finds(row))?.unwrap_or_default())
    }

    fn finds(&mut self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let (query, body) = (row.get_ref(0)?.as_str()?, row.get_ref(2)?.as_blob()?);
        if self.is_in(query.as_bytes()) || self.is_in(body) {
            return Ok(true);
        }
        let Json::<Vec<(String, String)>>(headers) = row.get(1)?;
        Ok(headers.iter().any(|(name, value)| self.is_in(format!("{name}: {value}").as_bytes())))
    }

    fn is_in(&mut self, hay: &[u8]) -> bool {
        self.left = self.left.saturating_sub(hay.len());
        let Some((first, rest)) = self.needle.split_first() else { return true };
        let mut at = 0;
        while let Some(found) = hay[at..].iter().position(|byte| byte.eq_ignore_ascii_case(first)) {
            at += found + 1;
            if hay[at..].get(..rest.len()).is_some_and(|next| next.eq_ignore_ascii_case(rest)) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_stands_whatever_its_case() {
        for (needle, hay, found) in [
            ("ord-7", "{\"id\": \"ORD-7\"}", true),
            ("AAB", "aaaab", true),
            ("b", "aaab", true),
            ("bb", "aaab", false),
            ("é", "caf\u{e9}", true),
            ("", "x", true),
            ("x", "", false),
        ] {
            assert_eq!(Search::new(needle).is_in(hay.as_bytes()), found, "{needle} in {hay}");
        }
    }

    #[test]
    fn a_search_ends() {
        let mut search = Search::new("x");
        assert!(!search.is_in(&vec![b'y'; SEARCHED_BYTES_MAX - 1]) && search.goes_on());
        assert!(!search.is_in(b"yy") && !search.goes_on());
    }
}
