//! Steps of the schema, and how programs of before and after one get on: the same for every backend.
//!
//! A step that was applied is never edited: its checksum stands in the database. A database that was made by other steps
//! than ours is refused, and so is one with newer steps, unless each of them says that programs which do not know it may
//! go on beside it. Such a step is quick, or changes what nobody writes: those programs are at work meanwhile.

use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// Whether programs that do not know this step may run, and start, on a database that has it.
    pub(crate) beside: bool,
}

/// As the database has it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) number: u32,
    pub(crate) checksum: String,
    pub(crate) beside: bool,
}

/// Why a program and a database do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("it was written by a newer Hookflow (schema {found}; this one knows {known})")]
    Newer { found: u32, known: u32 },
    #[error("its schema step {number} is not the one of this Hookflow")]
    Different { number: u32 },
}

impl Migration {
    /// SHA-256 of the step's text, in hex.
    pub(crate) fn checksum(&self) -> String {
        Sha256::digest(self.sql).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The steps that `applied`, in their order, lacks, with their numbers.
pub(crate) fn missing(steps: &[Migration], applied: &[Applied]) -> Result<Vec<(u32, Migration)>, Mismatch> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let newest = applied.last().map_or(0, |step| step.number);
    for there in applied {
        match there.number.checked_sub(1).and_then(|place| steps.get(place as usize)) {
            Some(ours) if ours.checksum() == there.checksum => {}
            Some(_) => return Err(Mismatch::Different { number: there.number }),
            None if there.beside => {}
            None => return Err(Mismatch::Newer { found: newest, known }),
        }
    }
    Ok((1..).zip(steps.iter().copied()).skip(applied.len()).collect())
}

/// Steps that no version has, for the proofs: `steps` and what `NEXT_SCHEMA` wants behind them. Never in a build for use.
#[cfg(feature = "next_schema")]
pub(crate) fn with_next(steps: &[Migration], next: [Migration; 3]) -> Vec<Migration> {
    let more = match std::env::var("NEXT_SCHEMA").as_deref() {
        Ok("beside") => 2,
        Ok("alone") => 3,
        _ => 0,
    };
    steps.iter().copied().chain(next.into_iter().take(more)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration { name: "one", sql: "1", beside: false };
    const TWO: Migration = Migration { name: "two", sql: "2", beside: true };
    const THREE: Migration = Migration { name: "three", sql: "3", beside: false };

    fn applied(steps: &[Migration]) -> Vec<Applied> {
        let numbered = (1..).zip(steps);
        numbered.map(|(number, step)| Applied { number, checksum: step.checksum(), beside: step.beside }).collect()
    }

    #[test]
    fn what_is_there_is_not_made_again() {
        let missing = missing(&[ONE, TWO, THREE], &applied(&[ONE])).unwrap();
        assert_eq!(
            missing.iter().map(|(number, step)| (*number, step.name)).collect::<Vec<_>>(),
            [(2, "two"), (3, "three")]
        );
    }

    #[test]
    fn newer_steps_are_refused_unless_each_says_that_others_may_go_on_beside_it() {
        assert!(missing(&[ONE], &applied(&[ONE, TWO])).unwrap().is_empty());
        let refused = missing(&[ONE], &applied(&[ONE, TWO, THREE])).unwrap_err();
        assert_eq!(refused, Mismatch::Newer { found: 3, known: 1 });
        assert_eq!(refused.to_string(), "it was written by a newer Hookflow (schema 3; this one knows 1)");
        assert!(missing(&[ONE, TWO], &applied(&[ONE, TWO, THREE])).is_err());
    }

    #[test]
    fn a_step_of_another_text_is_noticed() {
        let edited = Migration { sql: "2, edited", ..TWO };
        let refused = missing(&[ONE, edited], &applied(&[ONE, TWO])).unwrap_err();
        assert_eq!(refused, Mismatch::Different { number: 2 });
    }
}
