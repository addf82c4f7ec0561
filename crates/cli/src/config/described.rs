//! What is in force, with the words of the default file, for people who look at a running server.

use std::collections::HashMap;

use server::SettingInfo;
use toml::Value;

use super::{DEFAULTS, Source, defaults};

/// Settings that are nobody's business who may only look: where files lie, and the database.
const NOT_SHOWN: [&str; 3] = ["data", "database", "key_file"];

/// In the order of the default file.
pub(crate) fn described(values: &[(&'static str, Value, Source)]) -> Vec<SettingInfo> {
    let (mut meanings, defaults) = (meanings(DEFAULTS), defaults());
    let shown = values.iter().filter(|(name, ..)| !NOT_SHOWN.contains(name));
    shown
        .map(|(name, value, _)| {
            let meaning = meanings.remove(*name).unwrap_or_default();
            SettingInfo {
                key: name,
                value: json(value),
                default: defaults.get(*name).map(json).unwrap_or_default(),
                unit: unit(&meaning),
                meaning,
            }
        })
        .collect()
}

/// A setting holds text, a number, a flag or a list of texts, all of which JSON has.
fn json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The comment above each setting, as one line.
fn meanings(file: &str) -> HashMap<&str, String> {
    let (mut meanings, mut comment) = (HashMap::new(), Vec::new());
    for line in file.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
            continue;
        }
        if let Some((name, _)) = line.split_once(" = ") {
            meanings.insert(name, comment.join(" "));
        }
        comment.clear();
    }
    meanings
}

/// `bytes` of a comment that ends with `Bytes, 1024 to 1073741824.`
fn unit(meaning: &str) -> Option<String> {
    let last = meaning.trim_end_matches('.').rsplit(". ").next()?;
    let (unit, range) = last.split_once(", ")?;
    let is_range = range.split_once(" to ").is_some_and(|(from, to)| {
        [from, to].iter().all(|end| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
    });
    is_range.then(|| unit.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, load};

    #[test]
    fn every_setting_is_told_with_its_meaning_and_those_that_count_with_their_unit() {
        let environment = vec![("HOOKFLOW_HEAD_TIMEOUT_MS".to_owned(), "500".to_owned())];
        let told = described(&load(&Layers { environment, ..Layers::default() }).unwrap().values);
        assert!(told.iter().all(|setting| !setting.meaning.is_empty()), "{told:#?}");
        let of = |key: &str| told.iter().find(|setting| setting.key == key);
        let timeout = of("head_timeout_ms").unwrap();
        assert_eq!((&timeout.value, &timeout.default), (&500.into(), &10_000.into()));
        assert_eq!(timeout.unit.as_deref(), Some("milliseconds"));
        assert!(timeout.meaning.starts_with("How long a sender may take"), "{timeout:?}");
        assert_eq!(of("live_changes_per_second_max").unwrap().unit.as_deref(), Some("changes a second"));
        assert_eq!((of("hooks").unwrap().unit.as_deref(), of("data").is_none()), (None, true));
        let without_unit: Vec<_> =
            told.iter().filter(|setting| setting.value.is_number() && setting.unit.is_none()).collect();
        assert_eq!(without_unit.len(), 0, "{without_unit:#?}");
    }
}
