//! 黑社会性质: the four features of a criminal organisation, as far as a report shows them.
//!
//! Organised: a leader and more than ten people (about ten is what courts ask for). Money, violence, control: one sign
//! each. All four must be there; the word alone is only a sign of control.

use super::{Matter, has, is, is_one_of};

/// The fields that show each of the four, or nothing.
pub(super) fn four_features(matter: &Matter<'_>) -> Vec<String> {
    let features = [organised(matter), money(matter), violence(matter), control(matter)];
    let all: Option<Vec<&str>> = features.into_iter().collect();
    all.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn organised(matter: &Matter<'_>) -> Option<&'static str> {
    let leader = matter.report.subjects().iter().any(|subject| is(subject.role.as_ref(), "LEADER"));
    let many = is_one_of(matter.report.facts().member_count.as_ref(), &["M_11_30", "M_31_PLUS"]);
    (leader && many).then_some("facts.member_count")
}

fn money(matter: &Matter<'_>) -> Option<&'static str> {
    let facts = matter.report.facts();
    let acts = ["EXTORT", "FORCED_DEAL", "MONOPOLY", "OCCUPY_LAND", "USURY", "DRUG_GAMBLE_SEX", "ILLEGAL_MINING"];
    if has(&facts.acts, &acts) {
        return Some("facts.acts");
    }
    has(&facts.categories, &["GC05", "GC06", "GC07", "GC08"]).then_some("facts.categories")
}

fn violence(matter: &Matter<'_>) -> Option<&'static str> {
    let facts = matter.report.facts();
    if has(&facts.acts, &["INTIMIDATE", "SOFT_VIOLENCE", "INJURE", "DETAIN"]) {
        return Some("facts.acts");
    }
    is_one_of(facts.weapons.as_ref(), &["YES", "GUN"]).then_some("facts.weapons")
}

fn control(matter: &Matter<'_>) -> Option<&'static str> {
    let facts = matter.report.facts();
    if has(&facts.acts, &["MONOPOLY", "ELECTION"]) {
        return Some("facts.acts");
    }
    if has(&facts.categories, &["GC02", "GC06"]) {
        return Some("facts.categories");
    }
    (!matter.words("gang_nature").is_empty()).then_some("facts.narrative")
}
