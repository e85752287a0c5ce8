//! What the cases that a case is linked to say about it, and what one report says beyond another.
//!
//! Filled by whoever knows the links; triage itself looks at no other case. Of other cases only counts come in here: who may
//! see this case must not learn which others there are.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Dossier;

/// The company of a case. The default is a case that is linked to none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companions {
    /// How many different people report this matter, this case's own reporter included: the cases of its series, those of
    /// one reporter counted once.
    pub independent_reports: u32,
    /// Another report of the series says that the matter was closed as 查否, or was itself closed so.
    pub unsubstantiated_before: bool,
    /// The same reporter reported the same matter before.
    pub repeats: Option<Repeat>,
}

impl Companions {
    /// Nothing is linked.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a repeated report adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Nothing: it is registered, kept and not handled again.
    NothingNew,
    /// New facts or evidence: the matter is taken up again.
    NewFacts,
}

/// The fields in which `later` says something that `earlier` does not; none if it only repeats.
///
/// Evidence and people count one by one. A narrative counts as new when most of its pairs of characters do: the same story
/// in other words shares about half of them (DOMAIN 5.3), another story hardly any.
pub fn new_facts(later: &Dossier<'_>, earlier: &Dossier<'_>) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let (new, old) = (Facts::of(later), Facts::of(earlier));
    for (field, new, old) in [("evidence", &new.evidence, &old.evidence), ("subjects", &new.people, &old.people)] {
        if !new.is_subset(old) {
            fields.push(field);
        }
    }
    let unheard = new.pairs.difference(&old.pairs).count();
    if new.pairs.len() >= SHORTEST_STORY && unheard * 4 > new.pairs.len() * 3 {
        fields.push("facts.narrative");
    }
    fields
}

/// What can be counted of a report.
struct Facts {
    evidence: BTreeSet<String>,
    people: BTreeSet<String>,
    pairs: BTreeSet<(char, char)>,
}

impl Facts {
    fn of(dossier: &Dossier<'_>) -> Self {
        let mut facts = Self { evidence: BTreeSet::new(), people: BTreeSet::new(), pairs: BTreeSet::new() };
        for report in dossier.reports() {
            let evidence = report.evidence();
            facts.evidence.extend(evidence.urls.iter().cloned());
            facts.evidence.extend(evidence.accounts.iter().map(|account| account.account.clone()));
            facts.evidence.extend(evidence.transactions.iter().map(|paid| format!("{paid:?}")));
            facts.evidence.extend(evidence.apps.iter().map(|app| format!("{app:?}")));
            let umbrella = report.umbrella().map(|umbrella| umbrella.persons.as_slice()).unwrap_or_default();
            let people = report.subjects().iter().flat_map(|subject| [&subject.name, &subject.org_name]);
            let officials = umbrella.iter().flat_map(|person| [&person.name, &person.org_name]);
            let told = |name: &&String| !super::NOTHING.contains(&name.trim());
            facts.people.extend(people.chain(officials).filter(told).map(|name| name.trim().to_owned()));
            let letters: Vec<char> =
                report.facts().narrative.chars().filter(|character| character.is_alphanumeric()).collect();
            facts.pairs.extend(letters.iter().copied().zip(letters.iter().copied().skip(1)));
        }
        let supplied = dossier.attachments.iter().filter_map(|attachment| attachment.supplied.as_ref());
        facts.evidence.extend(supplied.map(|file| file.sha256.to_string()));
        facts
    }
}

/// Pairs of characters below which a text tells no story of its own.
const SHORTEST_STORY: usize = 12;
