//! A report as the rules read it: a typed view of a checked document.
//!
//! Codes of the catalog stay text, because lists are data; only what rules branch on structurally is an enum. The view never loses
//! anything: the document stays beside it, with fields this program has never heard of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{catalog::CheckedReport, clue::ClueNumber, division::DivisionCode};

mod evidence;
mod identity;
mod people;
#[cfg(test)]
pub(crate) mod samples;

pub use evidence::{Account, App, DeclaredAttachment, Evidence, PriorReport, Transaction};
pub use identity::reunited;
pub use people::{IdentityMode, Official, Reporter, ReporterKind, Subject, SubjectKind, Umbrella};

/// The kinds of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Flow {
    /// 政法干警违纪违法.
    OfficerMisconduct,
    /// 涉黑涉恶违法犯罪.
    GangCrime,
    /// 行业乱象.
    SectorDisorder,
    /// 补充材料: adds to the report whose clue number it cites.
    Supplement,
}

/// A code of a catalog list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

/// One report.
#[derive(Clone, Debug)]
pub struct Report {
    document: Value,
    identity_paths: Vec<Vec<String>>,
    view: View,
}

/// The document is no report this program can read, although the catalog accepted it.
#[derive(Debug, thiserror::Error)]
#[error("the catalog accepted a document that does not have the structure programs rely on")]
pub struct ReportError(#[source] serde_json::Error);

/// What is said to have happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// One sentence.
    pub title: String,
    /// The reporter's own words.
    pub narrative: String,
    /// Codes of the flow's categories.
    pub categories: Vec<Code>,
    /// NC1 to NC7.
    pub internet_types: Vec<Code>,
    /// S01 to S99.
    pub sectors: Vec<Code>,
    /// What they did.
    pub acts: Vec<Code>,
    /// A partial date; empty = unknown.
    pub occurred_from: String,
    /// A partial date; empty = unknown.
    pub occurred_to: String,
    /// NOW, WEEK, MONTH, YEAR, EARLIER.
    pub about_when: Option<Code>,
    /// SAW, TOLD, DOCUMENTS, SELF.
    pub how_known: Option<Code>,
    /// YES, NO.
    pub ongoing: Option<Code>,
    /// Where.
    pub place: Place,
    /// How many they are.
    pub member_count: Option<Code>,
    /// How many victims.
    pub victim_count: Option<Code>,
    /// The loss.
    pub loss_range: Option<Code>,
    /// NONE, MENTAL, MINOR, SERIOUS, DEATH.
    pub injury: Option<Code>,
    /// NO, YES, GUN.
    pub weapons: Option<Code>,
    /// YES, NO.
    pub minors_involved: Option<Code>,
    /// Somebody is in danger now.
    pub imminent_danger: bool,
    /// State of the case in court.
    pub litigation_status: Option<Code>,
    /// The case's own number.
    pub case_ref: String,
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Its division; `None` = unknown.
    #[serde(deserialize_with = "division")]
    pub code: Option<DivisionCode>,
    /// In the reporter's words.
    pub detail: String,
}

impl Report {
    /// A report that has lost its identity part, as the ledger keeps it.
    pub fn recorded(document: Value) -> Result<Self, ReportError> {
        let view = View::read(&document)?;
        Ok(Self { document, identity_paths: Vec::new(), view })
    }

    /// What kind of report it is.
    pub const fn flow(&self) -> Flow {
        self.view.flow
    }

    /// The campaign it answers.
    pub fn campaign(&self) -> Option<&str> {
        self.view.campaign.as_deref()
    }

    /// For a supplement: the clue number it adds to.
    pub const fn cites(&self) -> Option<&ClueNumber> {
        self.view.cites.as_ref()
    }

    /// Who reports.
    pub const fn reporter(&self) -> &Reporter {
        &self.view.reporter
    }

    /// Whom it is about.
    pub fn subjects(&self) -> &[Subject] {
        &self.view.subjects
    }

    /// What is said to have happened.
    pub const fn facts(&self) -> &Facts {
        &self.view.facts
    }

    /// Who is said to shield them.
    pub const fn umbrella(&self) -> Option<&Umbrella> {
        self.view.umbrella.as_ref()
    }

    /// Earlier reports of the same matter.
    pub fn prior_reports(&self) -> &[PriorReport] {
        &self.view.prior_reports
    }

    /// Addresses, accounts, payments, apps; attachments are described in the intake.
    pub const fn evidence(&self) -> &Evidence {
        &self.view.evidence
    }

    /// The whole document, with `reporter.identity_mode` as derived.
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// Every text a person wrote, without the reporter's own data: what word lists look at.
    pub fn texts(&self) -> Vec<&str> {
        let facts = self.facts();
        let mut texts = vec![facts.title.as_str(), &facts.narrative, &facts.place.detail];
        for subject in self.subjects() {
            texts.extend([
                subject.name.as_str(),
                &subject.org_name,
                &subject.post,
                &subject.occupation,
                &subject.address,
            ]);
            texts.extend(subject.alias.iter().map(String::as_str));
        }
        if let Some(umbrella) = self.umbrella() {
            texts.push(&umbrella.detail);
            texts.extend(
                umbrella.persons.iter().flat_map(|person| [person.name.as_str(), &person.org_name, &person.post]),
            );
        }
        texts.retain(|text| !text.is_empty());
        texts
    }
}

impl TryFrom<CheckedReport> for Report {
    type Error = ReportError;

    fn try_from(checked: CheckedReport) -> Result<Self, ReportError> {
        let identity_paths = checked.identity().to_vec();
        let mut document = checked.into_document();
        let mut view = View::read(&document)?;
        view.reporter.identity_mode = view.reporter.derived_mode();
        if let Some(Value::Object(reporter)) = document.get_mut("reporter") {
            let mode = serde_json::to_value(view.reporter.identity_mode).map_err(ReportError)?;
            reporter.insert("identity_mode".to_owned(), mode);
        }
        Ok(Self { document, identity_paths, view })
    }
}

impl Flow {
    /// As in `flow` of a report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfficerMisconduct => "OFFICER_MISCONDUCT",
            Self::GangCrime => "GANG_CRIME",
            Self::SectorDisorder => "SECTOR_DISORDER",
            Self::Supplement => "SUPPLEMENT",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 4] = [Self::OfficerMisconduct, Self::GangCrime, Self::SectorDisorder, Self::Supplement];
}

impl Code {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says 不清楚.
    pub fn is_unknown(&self) -> bool {
        self.0 == "UNKNOWN"
    }
}

impl From<&str> for Code {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The document's fields that rules read. Fields beyond these are none of its business.
#[derive(Clone, Debug, Deserialize)]
struct View {
    flow: Flow,
    campaign: Option<String>,
    cites: Option<ClueNumber>,
    #[serde(default)]
    reporter: Reporter,
    #[serde(default)]
    subjects: Vec<Subject>,
    #[serde(default)]
    facts: Facts,
    umbrella: Option<Umbrella>,
    #[serde(default)]
    prior_reports: Vec<PriorReport>,
    #[serde(default)]
    evidence: Evidence,
}

impl View {
    fn read(document: &Value) -> Result<Self, ReportError> {
        Self::deserialize(document).map_err(ReportError)
    }
}

/// A division code where the empty text means unknown.
fn division<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<DivisionCode>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}
