//! Random nested queries, read by us and by the npm package `qs` itself.
//!
//! `SEED=…` runs another set than the one of every day.

mod node;

use domain::event::query;
use serde_json::Value;

const QUERIES: usize = 2_000;
const SEED: u64 = 0x5EED_0F90;

#[test]
fn random_queries_are_read_as_qs_reads_them() {
    let seed = std::env::var("SEED").map_or(SEED, |seed| seed.parse().expect("SEED is a whole number"));
    let mut random = Random(seed);
    let queries: Vec<String> = (0..QUERIES).map(|_| random.query()).collect();
    let input: Vec<Value> = queries.iter().map(|query| query.as_str().into()).collect();
    let answers = node::run("qs-oracle.mjs", &input);
    assert_eq!(answers.len(), queries.len());
    for (text, expected) in queries.iter().zip(&answers) {
        // Compared as text: the order of keys counts.
        assert_eq!(query::parse(text).to_string(), expected.to_string(), "SEED={seed} {text}");
    }
    let lists = answers.iter().filter(|answer| answer.to_string().contains('[')).count();
    assert!(lists > QUERIES / 4, "the queries nest too little: {lists} of {QUERIES} make a list");
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    /// Few names, so that keys meet; now and then so many parameters that lists overflow.
    fn query(&mut self) -> String {
        let count = match self.below(20) {
            0 => 90 + self.below(60),
            1 => 990 + self.below(20),
            _ => 1 + self.below(8),
        };
        (0..count).map(|_| self.parameter()).collect::<Vec<_>>().join("&")
    }

    fn parameter(&mut self) -> String {
        let key = self.key();
        match self.below(10) {
            0 => key,
            1 => key + "=",
            _ => key + "=" + &self.value(),
        }
    }

    fn key(&mut self) -> String {
        let mut key = match self.below(12) {
            0 => String::new(),
            1 => self.text(),
            _ => self.pick(&["a", "b", "a", "0", "7"]).to_owned(),
        };
        for _ in 0..[0, 0, 1, 1, 1, 2, 2, 3, 5, 6, 8][self.below(11) as usize] {
            key += &self.group();
        }
        key
    }

    fn group(&mut self) -> String {
        let inside = match self.below(12) {
            0..3 => String::new(),
            3..6 => self.below(4).to_string(),
            6 => {
                self.pick(&["98", "99", "100", "101", "250", "01", "-1", "1e3", "4294967294", "4294967295"]).to_owned()
            }
            7 => self.pick(&["9007199254740992", "9007199254740993", "999999999999999900000", "NaN", "1.0"]).to_owned(),
            8 => self.text(),
            9 => self.pick(&["__proto__", "toString", "constructor", "length", "hasOwnProperty"]).to_owned(),
            _ => self.pick(&["b", "c", "b"]).to_owned(),
        };
        match self.below(16) {
            0 => format!("%5B{inside}%5d"),
            1 => format!("[{inside}"),
            2 => format!("[[{inside}]x]"),
            3 => format!("[{inside}]x"),
            _ => format!("[{inside}]"),
        }
    }

    fn value(&mut self) -> String {
        match self.below(4) {
            0 => self.text(),
            _ => self.pick(&["1", "2", "x", "", "b"]).to_owned(),
        }
    }

    /// Pieces that mean something to a query parser.
    fn text(&mut self) -> String {
        let pieces = [
            "a",
            "b",
            "1",
            ".",
            ",",
            "+",
            "%20",
            "%2B",
            "%41",
            "%C3%A9",
            "%C3",
            "%E2%9C%93",
            "%ED%A0%80",
            "%F0%9F%98%80",
            "%",
            "%zz",
            "é",
            "😀",
            "[",
            "]",
            "%5B",
            "%5D",
            "%255B",
            "=",
            "%3D",
            "%26",
            "%00",
            "\"",
            "\\",
            "&",
            "]=",
            "__proto__",
        ];
        (0..self.below(4)).map(|_| self.pick(&pieces)).collect()
    }
}
