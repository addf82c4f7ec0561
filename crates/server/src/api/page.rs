//! Lists: newest first, a page at a time.

use serde::Serialize;

use crate::error::ApiError;

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 500;

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Which page of a list is asked for. `C` says where the one before ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging<C> {
    pub(super) before: Option<C>,
    limit: u32,
}

impl<C: std::str::FromStr> Paging<C> {
    pub(super) fn read(cursor: Option<&str>, limit: Option<&str>) -> Result<Self, ApiError> {
        Ok(Self { before: read(cursor, "cursor", "what next_cursor said")?, limit: self::limit(limit)? })
    }
}

impl<C> Paging<C> {
    /// How many items to get: one more than goes out tells whether there is another page.
    pub(super) fn fetch(&self) -> u32 {
        self.limit + 1
    }

    pub(super) fn page<T>(&self, items: Vec<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        Page::cut(items, self.limit, cursor)
    }
}

impl<T> Page<T> {
    /// A list so short that it has one page.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// From one item more than wanted, if there are so many.
    fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Self { items, next_cursor }
    }

    /// Without what does not pass; everything behind the last page that passes is left out.
    pub(super) fn until(mut self, passes: impl Fn(&T) -> bool) -> Self {
        let passing = self.items.iter().take_while(|item| passes(item)).count();
        if passing < self.items.len() {
            self.items.truncate(passing);
            self.next_cursor = None;
        }
        self
    }
}

/// How many items a caller wants.
fn limit(text: Option<&str>) -> Result<u32, ApiError> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| ApiError::Query(format!("limit is a number from 1 to {LIMIT_MAX}.")))
}

/// A parameter as one of our types; `expected` says what it is.
pub(super) fn read<T: std::str::FromStr>(
    text: Option<&str>,
    name: &str,
    expected: &str,
) -> Result<Option<T>, ApiError> {
    text.map(|text| text.parse().map_err(|_| ApiError::Query(format!("{name} is {expected}.")))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let page = |items: Vec<u32>| {
            let page = Page::cut(items, 2, u32::to_string);
            (page.items, page.next_cursor)
        };
        assert_eq!(page(vec![9, 8, 7]), (vec![9, 8], Some("8".into())));
        assert_eq!(page(vec![9, 8]), (vec![9, 8], None));
        assert_eq!(page(vec![]), (vec![], None));
    }

    #[test]
    fn limits_outside_the_range_are_problems() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!((limit(Some("1")).unwrap(), limit(Some("500")).unwrap()), (1, 500));
        for text in ["0", "501", "-1", "", "x", "1.5", "99999999999"] {
            assert!(matches!(limit(Some(text)), Err(ApiError::Query(_))), "{text}");
        }
    }
}
