//! "Did you mean": the known word that is nearest to a mistyped one.

/// Longer words are not typing mistakes, and comparing them costs time.
const WORD_MAX: usize = 64;

/// `", did you mean `kind`?"` with a leading comma, or nothing when no candidate is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
}

/// A third of the letters may be wrong, but never all of a short word.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().take(WORD_MAX + 1).flat_map(char::to_lowercase).collect();
    if letters.len() > WORD_MAX {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (distance(&letters, &candidate.chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.chars().count().max(letters.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// An author's text in a message: short, in backticks.
pub fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_is_recognised_and_a_strange_one_is_not() {
        let known = ["kind", "key", "config", "branches", "disabled"];
        for (typed, meant) in [("knid", "kind"), ("Config", "config"), ("branchs", "branches"), ("kye", "key")] {
            assert_eq!(nearest(typed, known), Some(meant), "{typed}");
        }
        for strange in ["x", "", "colour", "b", &"k".repeat(1_000)] {
            assert_eq!(nearest(strange, known), None, "{strange}");
        }
    }

    #[test]
    fn long_text_is_clipped_between_characters() {
        assert_eq!(quoted("short"), "`short`");
        assert_eq!(quoted(&"é".repeat(100)), format!("`{}…`", "é".repeat(60)));
    }
}
