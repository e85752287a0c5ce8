//! Sixth stage: a batch in the ledger, then every file key under its case's key.
//!
//! Whether an item opens a case, repeats one or adds to one is decided with the register locked, and recorded before the
//! lock is let go: the same submission twice at once is still one case. After the batch the item exists; what follows
//! (rewrapping, removal from the inbox) is repeated at the next start if a crash comes in between.
//!
//! Items that have nothing to do with each other share a batch, and with it one sync.

mod group;

use std::sync::Arc;

use nightsafe_casework::{
    attachment::{self, Attachment},
    case::{CaseState, Recorded as CaseRecorded},
    event::{
        AttachmentClaimed, AttachmentUnlocked, Body, Cites, IdentityPart, ReceivedIntake, ReportReceived,
        RetryRecorded, SupplementReceived, SupplementUnlinked, UnlockedItem,
    },
    routing::{self, Router},
    triage::{Companions, Dossier, Triage, assess},
};
use nightsafe_ledger::{AppendError, BlobStore as _, KeyPurpose, KeyTableError, Under, VaultError};
use nightsafe_runtime::failpoint;
use nightsafe_schema::{
    case::CaseId,
    digest::Digest,
    item::ItemId,
    randomness::NoRandomness,
    report::{Flow, ReportError},
};
use serde_json::Value;

use super::{
    fault::Fault,
    kept::Kept,
    parsed::{Content, ParsedReport},
};
use crate::{
    cases,
    linking::marks_of,
    records::{Actor, NewEvent, RecordError, typed},
    register::{Item, Owner, Promise, Register},
    site::Site,
    stores::slot,
};

/// What became of an item; the ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The item.
    pub(crate) item: ItemId,
    /// What it was.
    pub(crate) outcome: Outcome,
}

/// What an item was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A report that opened a case.
    Opened(CaseId),
    /// More about a case.
    Supplemented(CaseId),
    /// The same again.
    Retried(CaseId),
    /// An attachment of a case.
    Claimed(CaseId),
    /// An attachment ahead of its report.
    Waiting,
    /// It was recorded before; a crash came before it left the inbox.
    Before,
}

/// A kept item, and the key derived from the number that it cites if it is a supplement.
pub(crate) struct Due {
    pub(crate) kept: Kept,
    pub(crate) lookup: Option<Digest>,
}

impl Recorded {
    /// Records these items, as many in one batch as have nothing to do with each other; what became of each.
    pub(crate) fn all(mut due: Vec<Due>, router: &Router<'_>, site: &Site) -> Vec<(Due, Result<Self, Fault>)> {
        // A report finds the attachments that came with it.
        due.sort_by_key(|due| matches!(due.kept.content, Content::Report(_)));
        let mut results = Vec::with_capacity(due.len());
        let mut rest = due.as_slice();
        while let Some((group, after)) =
            rest.split_at_checked(group::independent(rest)).filter(|(group, _)| !group.is_empty())
        {
            results.extend(Self::group(group, router, site));
            rest = after;
        }
        due.into_iter().zip(results).collect()
    }

    fn group(group: &[Due], router: &Router<'_>, site: &Site) -> Vec<Result<Self, Fault>> {
        match Self::batch(group, router, site) {
            Ok(recorded) => recorded.into_iter().map(Ok).collect(),
            // One of them may be at fault: the others are not made to wait for it.
            Err(error) if group.len() > 1 && !error.is_of_the_disk() => {
                group.chunks(1).flat_map(|alone| Self::group(alone, router, site)).collect()
            }
            Err(error) => {
                let why = Arc::new(error);
                group.iter().map(|_due| Err(Fault::passing(Arc::clone(&why)))).collect()
            }
        }
    }

    /// One batch in the ledger, and what follows from it for vault and key table.
    fn batch(group: &[Due], router: &Router<'_>, site: &Site) -> Result<Vec<Self>, RecordingError> {
        let mut steps = Vec::with_capacity(group.len());
        site.records.decide(&Actor::daemon(), &*site.clock, |register| {
            let mut events = Vec::new();
            for due in group {
                let (step, of_item) = Step::of(due, router, register, site)?;
                steps.push(step);
                events.extend(of_item);
            }
            Ok::<_, RecordingError>(events)
        })?;
        failpoint::hit("receipt.after-append");
        for step in &steps {
            step.settle(site)?;
        }
        site.stores.keys.sync()?;
        let retried =
            group.iter().zip(&steps).filter(|(_due, step)| matches!(step.recorded.outcome, Outcome::Retried(_)));
        discard(site, retried.map(|(due, _step)| &due.kept.sealed))?;
        failpoint::hit("receipt.after-rewrap");
        Ok(steps.into_iter().map(|step| step.recorded).collect())
    }
}

/// What became of an item, and the items whose file keys now belong to its case.
struct Step {
    recorded: Recorded,
    claimed: Vec<UnlockedItem>,
}

impl Step {
    fn of(
        due: &Due,
        router: &Router<'_>,
        register: &Register,
        site: &Site,
    ) -> Result<(Self, Vec<NewEvent>), RecordingError> {
        let sealed = &due.kept.sealed;
        match &due.kept.content {
            Content::Attachment => Ok(Self::attachment(sealed, register)),
            Content::Report(parsed) => {
                let fresh = CaseId::random(&*site.randomness)?;
                let decision = Decision::of(parsed, due.lookup, fresh, register);
                let (events, claimed) = decision.events(due, parsed, router, register, site)?;
                let recorded = Recorded { item: sealed.item, outcome: decision.outcome() };
                Ok((Self { recorded, claimed }, events))
            }
        }
    }

    /// An attachment goes to its case, or waits for one.
    fn attachment(sealed: &UnlockedItem, register: &Register) -> (Self, Vec<NewEvent>) {
        let item = sealed.item;
        let promise = register.promised(item).filter(|promise| promise.sha256 == sealed.sha256);
        let sealed = sealed.clone();
        let Some(Promise { case, .. }) = promise else {
            let recorded = Recorded { item, outcome: Outcome::Waiting };
            return (Self { recorded, claimed: Vec::new() }, vec![NewEvent::of_site(AttachmentUnlocked { sealed })]);
        };
        let recorded = Recorded { item, outcome: Outcome::Claimed(case) };
        let event = NewEvent::of_case(case, AttachmentClaimed { sealed: sealed.clone() });
        (Self { recorded, claimed: vec![sealed] }, vec![event])
    }

    /// What the event means for the key table; durable after its next sync.
    fn settle(&self, site: &Site) -> Result<(), RecordingError> {
        match self.recorded.outcome {
            Outcome::Opened(case) | Outcome::Supplemented(case) | Outcome::Claimed(case) => {
                rewrap(site, case, &self.claimed)
            }
            Outcome::Retried(_) | Outcome::Waiting | Outcome::Before => Ok(()),
        }
    }
}

/// What a report is to the cases that exist.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Open(CaseId),
    Add(CaseId, Cites),
    Retry(CaseId),
}

impl Decision {
    fn of(parsed: &ParsedReport, lookup: Option<Digest>, fresh: CaseId, register: &Register) -> Self {
        let earlier = register.submitted_as(&parsed.intake.submission_id);
        if let Some(same) = earlier.iter().find(|submitted| submitted.content == parsed.content) {
            return Self::Retry(same.case);
        }
        if let Some(first) = earlier.first() {
            return Self::Add(first.case, Cites::SubmissionId);
        }
        match lookup.and_then(|lookup| register.case_of_number(&lookup)) {
            Some(case) if parsed.report.flow() == Flow::Supplement => Self::Add(case, Cites::ClueNumber),
            _ => Self::Open(fresh),
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Open(case) => Outcome::Opened(case),
            Self::Add(case, _cites) => Outcome::Supplemented(case),
            Self::Retry(case) => Outcome::Retried(case),
        }
    }

    /// Its events, and the items whose file keys now belong to the case.
    fn events(
        self,
        due: &Due,
        parsed: &ParsedReport,
        router: &Router<'_>,
        register: &Register,
        site: &Site,
    ) -> Result<(Vec<NewEvent>, Vec<UnlockedItem>), RecordingError> {
        let (sealed, lookup) = (due.kept.sealed.clone(), due.lookup);
        let intake = ReceivedIntake::of(&parsed.intake);
        let identity = identity_of(parsed);
        let marks = marks_of(&parsed.report, &identity, site);
        let attachments = attachment::matched(parsed.report.document(), &parsed.intake.attachments);
        let content = parsed.content;
        let report = body_of(parsed);
        let mut events = Vec::new();
        let case = match self {
            Self::Retry(case) => {
                let accepted_hour = parsed.intake.accepted_hour;
                let retry = RetryRecorded { item: sealed.item, entry: sealed.entry, accepted_hour };
                return Ok((vec![NewEvent::of_case(case, retry)], Vec::new()));
            }
            Self::Open(case) => {
                let (found, destination) = judged(parsed, &attachments, router, site);
                let received = ReportReceived { sealed: sealed.clone(), intake, report, attachments, content, marks };
                events.push(NewEvent::opening(case, received, identity));
                events.push(NewEvent::of_case(case, found));
                events.push(NewEvent::of_case(case, destination));
                // A supplement without its case waits for the number that it cites.
                let unlinked = lookup.filter(|_| parsed.report.flow() == Flow::Supplement);
                events.extend(unlinked.map(|lookup| NewEvent::of_case(case, SupplementUnlinked { lookup })));
                case
            }
            Self::Add(case, cites) => {
                let received =
                    SupplementReceived { sealed: sealed.clone(), cites, intake, report, attachments, content, marks };
                let following = followed(case, &received, router, register, site)?;
                events.push(NewEvent::of_case(case, received).with_identity(identity));
                events.extend(following);
                case
            }
        };
        let mut claimed = vec![sealed];
        for supplied in &parsed.intake.attachments {
            let Some(loose) = loose_attachment(supplied.item, supplied.item_sha256, register, site)? else { continue };
            events.push(NewEvent::of_case(case, AttachmentClaimed { sealed: loose.clone() }));
            claimed.push(loose);
        }
        Ok((events, claimed))
    }
}

/// Triage and route of a report that opens a case.
fn judged(
    parsed: &ParsedReport,
    attachments: &[Attachment],
    router: &Router<'_>,
    site: &Site,
) -> (Triage, routing::Decision) {
    let companions = Companions::default();
    let accepted = Some(Site::day_of(parsed.intake.accepted_hour.as_timestamp()));
    let report = &parsed.report;
    let dossier = Dossier { report, attachments, supplements: &[], companions: &companions, accepted };
    let triage = assess(&dossier, &site.data.catalog);
    let decision = router.route(report, &triage);
    (triage, decision)
}

/// What follows in a case from a supplement that is about to be recorded: triage, forbidden units and route anew. A case that
/// cannot be folded (its key is erased) still takes it, and forbids what the supplement names.
pub(crate) fn followed(
    case: CaseId,
    received: &SupplementReceived,
    router: &Router<'_>,
    register: &Register,
    site: &Site,
) -> Result<Vec<NewEvent>, RecordingError> {
    let Some(before) = cases::state(site, register, case)? else { return Ok(Vec::new()) };
    let recorded = CaseRecorded { seq: before.last_seq, version: before.version, at: site.clock.now() };
    let companions = before.triage.as_ref().map(|triage| triage.companions.clone()).unwrap_or_default();
    let after = CaseState::after(Some(before), &recorded, &Body::from(received.clone())).map_err(RecordError::Fold)?;
    cases::reassessed(site, router, case, &after, &companions).map_err(RecordingError::Report)
}

/// The reporter's identity and the number: what no body holds. A supplement's number is the one it cites.
fn identity_of(parsed: &ParsedReport) -> IdentityPart {
    let clue_number = parsed.report.cites().unwrap_or(&parsed.intake.clue_number).clone();
    let mut identity = parsed.report.identity();
    let reporter = identity.get_mut("reporter").map(Value::take).unwrap_or_default();
    IdentityPart { clue_number, reporter }
}

/// The report as the body keeps it: without identity and without the number it cites.
fn body_of(parsed: &ParsedReport) -> Value {
    let mut report = parsed.report.without_identity();
    if let Some(fields) = report.as_object_mut() {
        fields.shift_remove("cites");
    }
    report
}

/// An attachment that came before its report.
fn loose_attachment(
    item: ItemId,
    sha256: Digest,
    register: &Register,
    site: &Site,
) -> Result<Option<UnlockedItem>, RecordError> {
    let Some(Item::Kept { seq, owner: Owner::Nobody { .. }, .. }) = register.item(item) else { return Ok(None) };
    let Some(Body::AttachmentUnlocked(unlocked)) = typed(&site.records.event(seq)?)? else { return Ok(None) };
    if unlocked.sealed.sha256 != sha256 {
        tracing::error!(%item, "an attachment is not the one that its report names: it stays unclaimed");
        return Ok(None);
    }
    Ok(Some(unlocked.sealed))
}

/// Wraps the items' file keys under the case key; after the next sync of the key table the wraps under the store key are
/// gone.
pub(crate) fn rewrap(site: &Site, case: CaseId, items: &[UnlockedItem]) -> Result<(), RecordingError> {
    let case_key = site.records.ledger().case_key(case).ok_or(RecordingError::NoCaseKey { case })?;
    for sealed in items {
        let owner = sealed.item.to_string();
        site.stores.keys.rewrap(slot(sealed.file_key), KeyPurpose::File, &owner, Under::Case(case_key))?;
    }
    Ok(())
}

/// Forgets items that are not kept: their payloads, then their keys.
pub(crate) fn discard<'a>(
    site: &Site,
    items: impl IntoIterator<Item = &'a UnlockedItem>,
) -> Result<(), RecordingError> {
    let mut slots = Vec::new();
    for sealed in items {
        site.stores.vault.remove(sealed.item)?;
        slots.push(slot(sealed.file_key));
    }
    Ok(site.stores.keys.erase(&slots)?)
}

/// The items whose header and file key stand in this event.
pub(crate) fn sealed_in(body: &Body) -> Option<&UnlockedItem> {
    match body {
        Body::ReportReceived(received) => Some(&received.sealed),
        Body::SupplementReceived(received) => Some(&received.sealed),
        Body::AttachmentClaimed(claimed) => Some(&claimed.sealed),
        Body::AttachmentUnlocked(unlocked) => Some(&unlocked.sealed),
        _ => None,
    }
}

/// Why a batch of items is not recorded. The ledger has all of it or nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    /// The ledger did not take it, or cannot be read.
    #[error("未能记入账本 (it is not in the ledger)")]
    Record(#[from] RecordError),
    /// The key table refused.
    #[error("密钥表不可用 (the key table cannot be used)")]
    Keys(#[from] KeyTableError),
    /// The vault refused.
    #[error("保管库不可用 (the vault cannot be used)")]
    Vault(#[from] VaultError),
    /// A recorded report cannot be read again.
    #[error("已记录的举报不可读 (a recorded report cannot be read)")]
    Report(#[source] ReportError),
    /// No case number could be drawn.
    #[error("无法生成案件号 (no case number could be drawn)")]
    Randomness(#[from] NoRandomness),
    /// The ledger does not know the case that it was just told of.
    #[error("案件 {case} 没有密钥 (the case has no key)")]
    NoCaseKey {
        /// The case.
        case: CaseId,
    },
}

impl RecordingError {
    /// Whether it is about the disk and not about one of the items.
    fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Record(RecordError::Append(error)) => matches!(error, AppendError::Disk(_) | AppendError::Keys(_)),
            Self::Record(RecordError::Read(_)) | Self::Keys(_) | Self::Vault(_) | Self::Randomness(_) => true,
            Self::Record(_) | Self::Report(_) | Self::NoCaseKey { .. } => false,
        }
    }
}

impl Outcome {
    /// Its name in telemetry.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Supplemented(_) => "supplemented",
            Self::Retried(_) => "retried",
            Self::Claimed(_) => "claimed",
            Self::Waiting => "waiting",
            Self::Before => "before",
        }
    }
}
