//! Reasons not to admit a report that a person should consider: NA1 to NA6, as far as one report alone shows them.
//!
//! NA1 (another office's matter), NA4 (nothing new) and NA5 (a question) cannot be told from one report by rule; an analyst
//! finds them.

use nightsafe_schema::report::Flow;

use super::{FiredRule, Matter, NOTHING, is_one_of};

/// The doubts, in the order of their numbers.
pub(super) fn doubts(matter: &Matter<'_>) -> Vec<FiredRule> {
    let facts = matter.report.facts();
    let supplement = matter.report.flow() == Flow::Supplement;
    let mut doubts = Vec::new();
    if is_one_of(facts.litigation_status.as_ref(), &["CLOSED", "RECONSIDERATION"]) {
        doubts.push(doubt("NA2", "facts.litigation_status"));
    }
    if !supplement && says_nothing(&facts.narrative) {
        doubts.push(doubt("NA3", "facts.narrative"));
    }
    if !matter.words("abuse_or_test").is_empty() && facts.narrative.chars().count() < TEST_CHARACTERS {
        doubts.push(doubt("NA6", "facts.narrative"));
    }
    doubts
}

fn doubt(rule: &str, field: &str) -> FiredRule {
    FiredRule { rule: rule.to_owned(), fields: vec![field.to_owned()] }
}

/// No word, or fewer than four different characters again and again.
fn says_nothing(narrative: &str) -> bool {
    let mut letters: Vec<char> = narrative.chars().filter(|character| character.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len() < 4 || NOTHING.contains(&narrative.trim())
}

/// A text longer than this that contains a test word is a report about something.
const TEST_CHARACTERS: usize = 40;
