//! Fourth stage: the report is opened and held to the catalog, strictly; every byte of it is hostile.
//!
//! What comes out is typed. What does not hold goes to quarantine with the fields at fault, named by the catalog's paths;
//! nothing of the content is in the words.

use nightsafe_open::{parse_report, report::ReportError};
use nightsafe_schema::{
    catalog::{Catalog, FieldProblem},
    clue::{ClueNumber, content_digest},
    digest::Digest,
    intake::Intake,
    report::{Flow, Report},
};
use serde_json::Value;

use super::{
    door::Door,
    fault::{Fault, Reason},
    unlocked::{Parts, Plaintext, Unlocked},
};

/// An item whose content is known.
pub(crate) struct Parsed {
    pub(super) parts: Parts,
    pub(super) content: Content,
}

/// What an item holds.
pub(crate) enum Content {
    /// A report that holds to the catalog.
    Report(Box<ParsedReport>),
    /// The bytes of an attachment; whose it is, its report says.
    Attachment,
}

/// A report that holds to the catalog.
pub(crate) struct ParsedReport {
    /// The gateway's part.
    pub(crate) intake: Intake,
    /// The reporter's part.
    pub(crate) report: Report,
    /// Tells a retry from a change.
    pub(crate) content: Digest,
}

impl Parsed {
    /// Reads and checks what was unlocked.
    pub(crate) fn of(unlocked: Unlocked, catalog: &Catalog, door: Door) -> Result<Self, Fault> {
        let Unlocked { parts, plaintext } = unlocked;
        let content = match plaintext {
            Plaintext::Attachment => Content::Attachment,
            Plaintext::Report(plaintext) => Content::Report(Box::new(ParsedReport::of(&plaintext, catalog, door)?)),
        };
        Ok(Self { parts, content })
    }

    /// The number that a supplement cites: its case is found by it.
    pub(crate) fn cited_number(&self) -> Option<ClueNumber> {
        let Content::Report(parsed) = &self.content else { return None };
        (parsed.report.flow() == Flow::Supplement)
            .then(|| parsed.report.cites().cloned().unwrap_or_else(|| parsed.intake.clue_number.clone()))
    }
}

impl ParsedReport {
    fn of(plaintext: &[u8], catalog: &Catalog, door: Door) -> Result<Self, Fault> {
        let opened = parse_report(plaintext).map_err(|error| fault_of_open(&error))?;
        if !door.lets_in(&opened.intake) {
            return Err(Fault::item(Reason::WrongDoor, &WrongDoor));
        }
        let attachments: Vec<_> = opened.intake.attachments.iter().map(|attachment| attachment.sha256).collect();
        let content = content_digest(opened.report.get().as_bytes(), &attachments);
        let document: Value = serde_json::from_str(opened.report.get())
            .map_err(|error| Fault::item(Reason::EnvelopeUnreadable, &error))?;
        let checked = catalog
            .check(&document, door.strictness())
            .map_err(|problems| Fault::Item { reason: Reason::ReportInvalid, detail: words_of(&problems) })?;
        let report = Report::try_from(checked).map_err(|error| Fault::item(Reason::ReportInvalid, &error))?;
        Ok(Self { intake: opened.intake, report, content })
    }
}

/// The envelope says that it came by the other door.
#[derive(Debug, thiserror::Error)]
#[error("信封所称的渠道与来路不符 (the envelope names a channel of the other door)")]
struct WrongDoor;

fn fault_of_open(error: &ReportError) -> Fault {
    let reason = match error {
        ReportError::Payload(_) | ReportError::Read(_) | ReportError::Frame(_) => Reason::PayloadUnreadable,
        ReportError::TooLong
        | ReportError::NotAReport
        | ReportError::Padding
        | ReportError::NotText
        | ReportError::TooDeep
        | ReportError::Envelope(_) => Reason::EnvelopeUnreadable,
    };
    Fault::item(reason, error)
}

/// `facts.title TOO_LONG; subjects[0].name REQUIRED`: paths and codes, without what stood there.
fn words_of(problems: &[FieldProblem]) -> String {
    let named: Vec<String> = problems.iter().take(PROBLEMS_NAMED).map(words_of_one).collect();
    let more = problems.len().saturating_sub(PROBLEMS_NAMED);
    let more = if more > 0 { format!("; +{more}") } else { String::new() };
    named.join("; ") + &more
}

fn words_of_one(problem: &FieldProblem) -> String {
    // A path can hold the name of a field that the sender made up.
    let visible = problem.path.chars().filter(|character| !character.is_control());
    let path: String = visible.take(PATH_CHARACTERS).collect();
    format!("{path} {}", problem.code)
}

const PROBLEMS_NAMED: usize = 8;
const PATH_CHARACTERS: usize = 80;
