//! How urgent a report is: a list of fired rules, never a score (DOMAIN 4.4).
//!
//! A pure function of the case (its report and what was added to it) and of what linked cases say about it; it is asked again
//! whenever one of these changes. Nothing here refuses a report: reasons not to admit it are for a person to weigh.

mod admission;
mod companions;
mod gang;
mod urgency;

use std::{borrow::Cow, collections::BTreeSet};

use jiff::civil::Date;
use nightsafe_schema::{
    catalog::{Campaign, Catalog},
    partial_date::PartialDate,
    report::{Code, Flow, Report},
};
use serde::{Deserialize, Serialize};

pub use self::companions::{Companions, Repeat, new_facts};
use crate::{attachment::Attachment, plain::plain};

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

/// The text names no priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a priority: P0 to P4")]
pub struct UnknownPriority;

impl std::str::FromStr for Priority {
    type Err = UnknownPriority;

    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        match text {
            "P0" => Ok(Self::P0),
            "P1" => Ok(Self::P1),
            "P2" => Ok(Self::P2),
            "P3" => Ok(Self::P3),
            "P4" => Ok(Self::P4),
            _ => Err(UnknownPriority),
        }
    }
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
    /// What a person should know and no priority follows from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FiredRule>,
    /// What linked cases said about it when it was judged.
    #[serde(default, skip_serializing_if = "Companions::are_none")]
    pub companions: Companions,
}

/// All that triage looks at.
#[derive(Clone, Copy, Debug)]
pub struct Dossier<'a> {
    /// The report that opened the case.
    pub report: &'a Report,
    /// All attachments, those of supplements included.
    pub attachments: &'a [Attachment],
    /// What was said later, in order.
    pub supplements: &'a [Report],
    /// What linked cases say about it.
    pub companions: &'a Companions,
    /// The day on which the report was accepted, in China; none if that does not matter.
    pub accepted: Option<Date>,
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

/// The triage of a report with its attachments, which nothing was added to and nothing is linked to.
pub fn triage(report: &Report, attachments: &[Attachment], catalog: &Catalog) -> Triage {
    let companions = Companions::default();
    assess(&Dossier { report, attachments, supplements: &[], companions: &companions, accepted: None }, catalog)
}

/// The triage of a case. Words are looked for in the catalog's lists, so an operator edits them without touching code.
pub fn assess(dossier: &Dossier<'_>, catalog: &Catalog) -> Triage {
    let matter = Matter::of(dossier, catalog);
    let not_admitted = admission::doubts(&matter);
    let mut rules = urgency::fired(&matter, &not_admitted);
    let priority = rules.iter().map(|(priority, _)| *priority).min().unwrap_or(Priority::P3);
    // P4 says that there is nothing in it; a rule that found something outranks it, and its doubt stays as a reason.
    rules.sort_by_key(|(priority, _)| *priority);
    let sector = dossier.report.flow() == Flow::SectorDisorder;
    Triage {
        priority,
        alarm: priority == Priority::P0,
        rules: rules.into_iter().map(|(_, rule)| rule).collect(),
        escalate: sector && !matter.words("violence").is_empty(),
        police_suspected: matter.police_suspected(),
        suggested: matter.suggested(),
        not_admitted,
        notes: matter.notes(),
        companions: dossier.companions.clone(),
    }
}

impl Triage {
    /// The reason not to admit the report that is proposed to a person, if any: the first of its doubts.
    pub fn disposition(&self) -> Option<&str> {
        self.not_admitted.first().map(|doubt| doubt.rule.as_str())
    }

    /// The signs of danger that fired: the rules of P0.
    pub fn dangers(&self) -> BTreeSet<&str> {
        self.rules.iter().map(|fired| fired.rule.as_str()).filter(|rule| rule.starts_with(DANGER)).collect()
    }
}

impl<'a> Dossier<'a> {
    /// The report and what was added to it.
    pub fn reports(&self) -> impl Iterator<Item = &'a Report> {
        std::iter::once(self.report).chain(self.supplements)
    }
}

/// Whether a campaign takes reports on a day. Dates that cannot be read limit nothing.
pub fn is_open(campaign: &Campaign, day: Date) -> bool {
    let read = |text: &str| text.parse::<PartialDate>().ok();
    read(&campaign.opens).is_none_or(|opens| opens.first_day() <= day)
        && read(&campaign.closes).is_none_or(|closes| day <= closes.last_day())
}

/// A case as the rules look at it.
struct Matter<'a> {
    dossier: &'a Dossier<'a>,
    report: &'a Report,
    catalog: &'a Catalog,
    /// What was written, as words are looked for in it.
    texts: Vec<Cow<'a, str>>,
}

impl<'a> Matter<'a> {
    fn of(dossier: &'a Dossier<'a>, catalog: &'a Catalog) -> Self {
        let texts = dossier.reports().flat_map(Report::texts).map(plain).collect();
        Self { dossier, report: dossier.report, catalog, texts }
    }

    /// The words of a list that occur in what the reporter wrote.
    fn words(&self, list: &str) -> Vec<&'a str> {
        let Some(list) = self.catalog.words(list) else { return Vec::new() };
        let found = list.words.iter().filter(|word| self.texts.iter().any(|text| list.says(word, text)));
        found.map(String::as_str).collect()
    }

    /// What a person should know besides.
    fn notes(&self) -> Vec<FiredRule> {
        let campaign = self.report.campaign().and_then(|code| self.catalog.campaign(code));
        let closed = campaign.zip(self.dossier.accepted).filter(|(campaign, day)| !is_open(campaign, *day));
        let note = |_| FiredRule { rule: "N_CAMPAIGN_CLOSED".to_owned(), fields: vec!["campaign".to_owned()] };
        closed.map(note).into_iter().collect()
    }

    /// DOMAIN 7.6: the police are named in free text, and no official is named in its own fields.
    fn police_suspected(&self) -> bool {
        let structured = match self.report.flow() {
            Flow::GangCrime => self.report.umbrella().is_some_and(|umbrella| !umbrella.persons.is_empty()),
            Flow::SectorDisorder | Flow::Supplement => false,
            Flow::OfficerMisconduct => true,
        };
        !structured && self.dossier.reports().any(|report| names_police(report, self.catalog))
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
    let texts: Vec<Cow<'_, str>> = texts.into_iter().map(plain).collect();
    let mut lists = ["police_organs", "police_chiefs"].into_iter().filter_map(|list| catalog.words(list));
    lists.any(|list| texts.iter().any(|text| list.found_in(text).next().is_some()))
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

/// What the codes of the rules of P0 begin with.
const DANGER: &str = "P0_";

/// What people write into a field that they cannot leave empty.
const NOTHING: [&str; 6] = ["", "不清楚", "不知道", "无", "没有", "暂无"];
