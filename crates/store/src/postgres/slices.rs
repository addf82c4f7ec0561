//! A look at the newest rows, bounded, slice by slice: most lists end within the first one, and what a database far
//! away has sent cannot be unsent.

use super::sql::{Bin, LAST_ID};

/// Of the first slice. Each further one is four times the one before.
const FIRST_ROWS: u32 = 100;
/// Of any slice.
const ROWS_MAX: u32 = 5_000;

/// Where to go on, and how far.
pub(super) struct Slices {
    before: [u8; 16],
    size: u32,
    left: u32,
    /// The table held less than was asked for.
    is_end: bool,
}

impl Slices {
    /// At most `rows_max` rows, those with an id below `before`.
    pub(super) fn new(before: Option<[u8; 16]>, rows_max: u32) -> Self {
        Self { before: before.unwrap_or(LAST_ID), size: FIRST_ROWS, left: rows_max, is_end: false }
    }

    /// What to ask for next: how many, with an id below which. `None`: nothing more.
    pub(super) fn ask(&self) -> Option<(Bin<16>, i64)> {
        let size = self.size.min(self.left);
        (size > 0 && !self.is_end).then_some((Bin(self.before), size.into()))
    }

    /// What came of it, and the id of the last.
    pub(super) fn came(&mut self, rows: usize, last: Option<[u8; 16]>) {
        let asked = self.size.min(self.left);
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        self.is_end = rows < asked;
        self.left = self.left.saturating_sub(rows);
        self.size = (self.size * 4).min(ROWS_MAX);
        self.before = last.unwrap_or(self.before);
    }

    /// Whether nothing is behind what came.
    pub(super) fn is_end(&self) -> bool {
        self.is_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is handed out of ids from 0 to `there`, and whether that is all.
    fn walk(there: u32, rows_max: u32) -> (Vec<u32>, bool) {
        let id = |number: u32| u128::from(number).to_be_bytes();
        let number = |id: [u8; 16]| u32::try_from(u128::from_be_bytes(id)).unwrap_or(there);
        let (mut slices, mut seen) = (Slices::new(None, rows_max), Vec::new());
        while let Some((before, size)) = slices.ask() {
            let slice: Vec<_> = (0..number(before.0)).rev().take(size.try_into().expect("small")).collect();
            slices.came(slice.len(), slice.last().map(|last| id(*last)));
            seen.extend(slice);
        }
        (seen, slices.is_end())
    }

    #[test]
    fn slices_cover_all_once_up_to_the_bound_and_say_whether_more_is_behind() {
        for (there, rows_max, expected, is_end) in [
            (0, 500, 0, true),
            (99, 500, 99, true),
            (100, 500, 100, true),
            (501, 500, 500, false),
            (500, 500, 500, false),
        ] {
            let (seen, end) = walk(there, rows_max);
            assert_eq!((seen, end), ((0..there).rev().take(expected).collect(), is_end), "{there} of {rows_max}");
        }
        assert_eq!(walk(30_000, 20_000).0.len(), 20_000);
    }
}
