//! How urgent a report is: a list of fired rules, never a score (DOMAIN 4.4).
//!
//! What one report alone allows: rules over a series (three independent reports, a matter closed and reported again) need
//! its linked cases and are not here. Nothing here refuses a report: reasons not to admit it are for a person to weigh.

mod admission;
mod gang;
mod urgency;

use nightsafe_schema::{
    catalog::Catalog,
    report::{Code, Flow, Report},
};
use serde::{Deserialize, Serialize};

use crate::attachment::Attachment;

/// How urgent a case is. The order is the order of work: P0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Life, weapons, detention, minors, a leak or retaliation: minutes.
    P0,
    /// Important: one working day.
    P1,
    /// Well supported or going on: three working days.
    P2,
    /// Everything else: five working days.
    P3,
    /// Empty, abusive, out of scope.
    P4,
}

/// What triage found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The priority: that of the most urgent rule that fired.
    pub priority: Priority,
    /// Why: every rule that fired, most urgent first.
    pub rules: Vec<FiredRule>,
    /// Someone must be called now.
    pub alarm: bool,
    /// 涉恶词 in a report that is not about a gang: a copy goes to the police (ESCALATE).
    pub escalate: bool,
    /// The police are named in free text and no umbrella is (DOMAIN 7.6).
    pub police_suspected: bool,
    /// Categories that the words suggest to the analyst.
    pub suggested: Vec<String>,
    /// Reasons not to admit it that a person should consider: NA1 to NA6.
    pub not_admitted: Vec<FiredRule>,
}

/// A rule that fired, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiredRule {
    /// The rule's code, such as `P1_UMBRELLA`.
    pub rule: String,
    /// The fields it fired on, such as `umbrella.persons[0]`.
    pub fields: Vec<String>,
}

/// The triage of a report with its attachments. Words are looked for in the catalog's lists, so an operator edits them
/// without touching code.
pub fn triage(report: &Report, attachments: &[Attachment], catalog: &Catalog) -> Triage {
    let matter = Matter { report, attachments, catalog };
    let not_admitted = admission::doubts(&matter);
    let mut rules = urgency::fired(&matter, &not_admitted);
    let priority = rules.iter().map(|(priority, _)| *priority).min().unwrap_or(Priority::P3);
    // P4 says that there is nothing in it; a rule that found something outranks it, and its doubt stays as a reason.
    rules.sort_by_key(|(priority, _)| *priority);
    Triage {
        priority,
        alarm: priority == Priority::P0,
        rules: rules.into_iter().map(|(_, rule)| rule).collect(),
        escalate: report.flow() == Flow::SectorDisorder && !matter.words("violence").is_empty(),
        police_suspected: matter.police_suspected(),
        suggested: matter.suggested(),
        not_admitted,
    }
}

/// A report as the rules look at it.
struct Matter<'a> {
    report: &'a Report,
    attachments: &'a [Attachment],
    catalog: &'a Catalog,
}

impl<'a> Matter<'a> {
    /// The words of a list that occur in what the reporter wrote.
    fn words(&self, list: &str) -> Vec<&'a str> {
        let Some(list) = self.catalog.words(list) else { return Vec::new() };
        let texts = self.report.texts();
        let found = list.words.iter().filter(|word| texts.iter().any(|text| text.contains(word.as_str())));
        found.map(String::as_str).collect()
    }

    /// DOMAIN 7.6: the police are named in free text, and no official is named in its own fields.
    fn police_suspected(&self) -> bool {
        let structured = match self.report.flow() {
            Flow::GangCrime => self.report.umbrella().is_some_and(|umbrella| !umbrella.persons.is_empty()),
            Flow::SectorDisorder | Flow::Supplement => false,
            Flow::OfficerMisconduct => true,
        };
        !structured && names_police(self.report, self.catalog)
    }

    fn suggested(&self) -> Vec<String> {
        let known = |code: &str| self.report.facts().categories.iter().any(|category| *category == *code);
        let hint = self.catalog.words("hint").and_then(|list| list.suggests.clone());
        hint.filter(|code| !known(code) && !self.words("hint").is_empty()).into_iter().collect()
    }
}

/// Whether the reporter's own words name a police organ or its head. Addresses are no accusation and do not count.
pub fn names_police(report: &Report, catalog: &Catalog) -> bool {
    let facts = report.facts();
    let mut texts = vec![facts.title.as_str(), &facts.narrative, &facts.place.detail];
    texts.extend(report.umbrella().map(|umbrella| umbrella.detail.as_str()));
    for subject in report.subjects() {
        texts.extend([subject.org_name.as_str(), &subject.post, &subject.occupation]);
    }
    let lists = ["police_organs", "police_chiefs"].into_iter().filter_map(|list| catalog.words(list));
    lists.into_iter().any(|list| texts.iter().any(|text| list.found_in(text).next().is_some()))
}

/// Whether the report says that officials shield the subjects, in whichever of its fields.
pub fn claims_umbrella(report: &Report) -> bool {
    let category = report.facts().categories.iter().any(|code| *code == "GC12" || *code == "PD07");
    let said = report.umbrella().is_some_and(|umbrella| {
        let denied = umbrella.known.as_ref().is_some_and(|known| *known == "NO");
        let detail = umbrella.detail.trim();
        is(umbrella.known.as_ref(), "YES")
            || !umbrella.persons.is_empty()
            || umbrella.acts.iter().any(|act| !act.is_unknown())
            || !(denied || NOTHING.contains(&detail))
    });
    category || said
}

fn is(code: Option<&Code>, wanted: &str) -> bool {
    code.is_some_and(|code| *code == *wanted)
}

fn is_one_of(code: Option<&Code>, wanted: &[&str]) -> bool {
    code.is_some_and(|code| wanted.contains(&code.as_str()))
}

fn has(codes: &[Code], wanted: &[&str]) -> bool {
    codes.iter().any(|code| wanted.contains(&code.as_str()))
}

/// What people write into a field that they cannot leave empty.
const NOTHING: [&str; 6] = ["", "不清楚", "不知道", "无", "没有", "暂无"];
