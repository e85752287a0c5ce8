//! Fifth stage: one batch in the ledger, then every file key under its case's key.
//!
//! Whether an item opens a case, repeats one or adds to one is decided with the register locked, and recorded before the
//! lock is let go: the same submission twice at once is still one case. After the batch the item exists; what follows
//! (rewrapping, removal from the inbox) is repeated at the next start if a crash comes in between.

use std::collections::BTreeSet;

use nightsafe_casework::{
    attachment,
    event::{
        AttachmentClaimed, AttachmentUnlocked, Body, Cites, IdentityPart, ReceivedIntake, ReportReceived,
        RetryRecorded, SupplementReceived, UnlockedItem,
    },
    routing::Router,
    triage::triage,
};
use nightsafe_ledger::{BlobStore as _, KeyPurpose, Under};
use nightsafe_runtime::failpoint;
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, report::Flow};
use serde_json::Value;

use super::{fault::Fault, parsed::Parsed, unlocked::Unlocked};
use crate::{
    records::{Actor, NewEvent, RecordError, typed},
    register::{Item, Owner, Register},
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

impl Recorded {
    /// Records an attachment: in its case, or as waiting for one.
    pub(crate) fn attachment(unlocked: &Unlocked, site: &Site) -> Result<Self, Fault> {
        let item = unlocked.item();
        let mut outcome = Outcome::Waiting;
        site.records
            .decide(&Actor::daemon(), &*site.clock, |register| {
                let sealed = unlocked.sealed().clone();
                let promise = register.promised(item).filter(|promise| promise.sha256 == sealed.sha256);
                Ok::<_, RecordError>(vec![match promise {
                    Some(promise) => {
                        outcome = Outcome::Claimed(promise.case);
                        NewEvent::of_case(promise.case, AttachmentClaimed { sealed })
                    }
                    None => NewEvent::of_site(AttachmentUnlocked { sealed }),
                }])
            })
            .map_err(Fault::passing)?;
        failpoint::hit("receipt.after-append");
        if let Outcome::Claimed(case) = outcome {
            rewrap(site, case, &[unlocked.sealed().clone()])?;
        }
        Ok(Self { item, outcome })
    }

    /// Records a report: as a case, as more about one, or as a retry.
    ///
    /// `lookup` is the key derived from the number that a supplement cites.
    pub(crate) fn report(
        parsed: &Parsed,
        lookup: Option<Digest>,
        router: &Router<'_>,
        site: &Site,
    ) -> Result<Self, Fault> {
        let fresh = CaseId::random(&*site.randomness).map_err(Fault::passing)?;
        let mut decided = None;
        site.records
            .decide(&Actor::daemon(), &*site.clock, |register| {
                let decision = Decision::of(parsed, lookup, fresh, register);
                let (events, claimed) = decision.events(parsed, router, register, site)?;
                decided = Some((decision, claimed));
                Ok::<_, RecordError>(events)
            })
            .map_err(Fault::passing)?;
        failpoint::hit("receipt.after-append");
        let item = parsed.unlocked.item();
        let Some((decision, claimed)) = decided else { return Ok(Self { item, outcome: Outcome::Before }) };
        let outcome = match decision {
            Decision::Retry(case) => {
                discard(site, parsed.unlocked.sealed())?;
                Outcome::Retried(case)
            }
            Decision::Open(case) => {
                rewrap(site, case, &claimed)?;
                Outcome::Opened(case)
            }
            Decision::Add(case, _cites) => {
                rewrap(site, case, &claimed)?;
                Outcome::Supplemented(case)
            }
        };
        Ok(Self { item, outcome })
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
    fn of(parsed: &Parsed, lookup: Option<Digest>, fresh: CaseId, register: &Register) -> Self {
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

    /// The batch, and the items whose file keys now belong to the case.
    fn events(
        self,
        parsed: &Parsed,
        router: &Router<'_>,
        register: &Register,
        site: &Site,
    ) -> Result<(Vec<NewEvent>, Vec<UnlockedItem>), RecordError> {
        let sealed = parsed.unlocked.sealed().clone();
        let intake = ReceivedIntake::of(&parsed.intake);
        let identity = identity_of(parsed);
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
                let found = triage(&parsed.report, &attachments, &site.data.catalog);
                let destination = router.route(&parsed.report, &found);
                let received = ReportReceived { sealed: sealed.clone(), intake, report, attachments, content };
                events.push(NewEvent::opening(case, received, identity));
                events.push(NewEvent::of_case(case, found));
                events.push(NewEvent::of_case(case, destination));
                case
            }
            Self::Add(case, cites) => {
                let received =
                    SupplementReceived { sealed: sealed.clone(), cites, intake, report, attachments, content };
                events.push(NewEvent::of_case(case, received).with_identity(identity));
                // What it says may forbid more units; what is forbidden already does no harm twice.
                let widening = router.widening(&parsed.report, register.place(case), &BTreeSet::new());
                events.extend(widening.map(|widening| NewEvent::of_case(case, widening)));
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

/// The reporter's identity and the number: what no body holds. A supplement's number is the one it cites.
fn identity_of(parsed: &Parsed) -> IdentityPart {
    let clue_number = parsed.report.cites().unwrap_or(&parsed.intake.clue_number).clone();
    let mut identity = parsed.report.identity();
    let reporter = identity.get_mut("reporter").map(Value::take).unwrap_or_default();
    IdentityPart { clue_number, reporter }
}

/// The report as the body keeps it: without identity and without the number it cites.
fn body_of(parsed: &Parsed) -> Value {
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

/// Wraps the items' file keys under the case key; the wraps under the store key are gone when this returns.
pub(crate) fn rewrap(site: &Site, case: CaseId, items: &[UnlockedItem]) -> Result<(), Fault> {
    let Some(case_key) = site.records.ledger().case_key(case) else {
        return Err(Fault::passing(std::io::Error::from(std::io::ErrorKind::NotFound)));
    };
    for sealed in items {
        let key = slot(sealed.file_key);
        let owner = sealed.item.to_string();
        site.stores.keys.rewrap(key, KeyPurpose::File, &owner, Under::Case(case_key)).map_err(Fault::passing)?;
    }
    site.stores.keys.sync().map_err(Fault::passing)?;
    failpoint::hit("receipt.after-rewrap");
    Ok(())
}

/// Forgets an item that is not kept: its payload, then its key.
pub(crate) fn discard(site: &Site, sealed: &UnlockedItem) -> Result<(), Fault> {
    site.stores.vault.remove(sealed.item).map_err(Fault::passing)?;
    site.stores.keys.erase(&[slot(sealed.file_key)]).map_err(Fault::passing)
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
