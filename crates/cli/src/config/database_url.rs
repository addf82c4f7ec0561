//! Where the database is: a URL that may hold a password, which is never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Shown in the place of a password.
const MASK: &str = "…";

/// `postgres://user:password@host:5432/name?sslmode=require`; empty: SQLite in the data folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// `None`: not one that servers can share.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_known = text.starts_with("postgres://") || text.starts_with("postgresql://");
        (text.is_empty() || is_known).then(|| Self(text.to_owned()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the password.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Without it, wherever it stands.
    pub(crate) fn masked(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return String::new() };
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        // A password may hold an @ that should have been written %40.
        let rest = match rest.rsplit_once('@') {
            None => rest.to_owned(),
            Some((who, place)) => match who.split_once(':') {
                None => format!("{who}@{place}"),
                Some((user, _)) => format!("{user}:{MASK}@{place}"),
            },
        };
        let query = query.map(|query| {
            let masked = query.split('&').map(|pair| match pair.split_once('=') {
                Some(("password", _)) => format!("password={MASK}"),
                _ => pair.to_owned(),
            });
            format!("?{}", masked.collect::<Vec<_>>().join("&"))
        });
        format!("{scheme}://{rest}{}", query.unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, masked) in [
            ("", ""),
            ("postgres://db/hookflow", "postgres://db/hookflow"),
            ("postgres://hook@db/hookflow", "postgres://hook@db/hookflow"),
            (
                "postgres://hook:s3cret@db:5432/hookflow?sslmode=require",
                "postgres://hook:…@db:5432/hookflow?sslmode=require",
            ),
            ("postgres://hook:s3c@ret@db/hookflow", "postgres://hook:…@db/hookflow"),
            ("postgresql://db/hookflow?user=hook&password=s3cret", "postgresql://db/hookflow?user=hook&password=…"),
        ] {
            let url = DatabaseUrl::read(url).unwrap();
            assert_eq!(url.masked(), masked);
            assert!(!format!("{url:?}").contains("s3c"));
        }
        assert_eq!(DatabaseUrl::read("mysql://db"), None);
        assert_eq!(DatabaseUrl::read("hookflow.db"), None);
    }
}
