//! Below which path browsers find the admin listener.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::Uri;

use super::NO_PAGES;

/// Begins and ends with `/`. The listener answers with and without it, so that whatever stands in front may leave
/// it on or take it off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `path` without the base path, if it has it; `None` where only its last slash is missing.
    pub(super) fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let bare = &self.0[..self.0.len() - 1];
        match path.strip_prefix(bare) {
            Some("") if !bare.is_empty() => None,
            Some(rest) if rest.starts_with('/') => Some(rest),
            _ => Some(path),
        }
    }

    /// The same for the target of a request.
    pub(crate) fn strip_from<'u>(&self, uri: &'u Uri) -> Option<Cow<'u, Uri>> {
        let rest = self.strip(uri.path())?;
        if rest.len() == uri.path().len() {
            return Some(Cow::Borrowed(uri));
        }
        let target = uri.query().map_or_else(|| rest.to_owned(), |query| format!("{rest}?{query}"));
        // What is left of a legal target is one.
        target.parse().ok().map(Cow::Owned)
    }
}

impl Default for BasePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is no base path.
#[derive(Debug, PartialEq, Eq)]
pub struct NotABasePath;

impl FromStr for BasePath {
    type Err = NotABasePath;

    /// Names of letters, digits, `-`, `_` and `.`, with a slash before and after each; the first one is none of ours.
    fn from_str(text: &str) -> Result<Self, NotABasePath> {
        let names = match text {
            "/" => return Ok(Self::default()),
            _ => text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).ok_or(NotABasePath)?,
        };
        let is_mark = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = |name: &str| !name.is_empty() && !matches!(name, "." | "..") && name.bytes().all(is_mark);
        let first = names.split('/').next().unwrap_or_default();
        let fits = names.split('/').all(is_name) && !NO_PAGES.contains(&first);
        fits.then(|| Self(text.to_owned())).ok_or(NotABasePath)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_between_slashes_are_a_base_path() {
        for path in ["/", "/hookflow/", "/a/b.c/d-e_f/", "/tools/api/"] {
            assert_eq!(path.parse::<BasePath>().unwrap().as_str(), path);
        }
        for path in
            ["", "hookflow", "/hookflow", "hookflow/", "//", "/a//b/", "/a b/", "/../", "/\"/", "/api/", "/api/x/"]
        {
            assert_eq!(path.parse::<BasePath>(), Err(NotABasePath), "{path}");
        }
    }

    #[test]
    fn the_base_path_is_taken_off_where_it_is() {
        let base: BasePath = "/tools/hooks/".parse().unwrap();
        for (path, rest) in [
            ("/tools/hooks/", Some("/")),
            ("/tools/hooks/api/v1", Some("/api/v1")),
            ("/tools/hooks", None),
            ("/tools/hooksy", Some("/tools/hooksy")),
            ("/api/v1", Some("/api/v1")),
            ("/", Some("/")),
            ("*", Some("*")),
        ] {
            assert_eq!(base.strip(path), rest, "{path}");
            assert_eq!(BasePath::default().strip(path), Some(path), "{path}");
        }
        let uri: Uri = "/tools/hooks/api/v1/executions?limit=1&q=%2F".parse().unwrap();
        assert_eq!(*base.strip_from(&uri).unwrap(), "/api/v1/executions?limit=1&q=%2F");
    }
}
