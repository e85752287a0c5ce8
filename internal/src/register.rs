//! What the daemon has to know of the ledger at every moment: accounts, items already taken in, submissions, loose
//! attachments, clue numbers.
//!
//! A projection in memory, kept up with every append. A start reads it as it was last kept, sealed, beside the ledger, and
//! replays what came after; without that it replays everything. It holds no text of a report and no identity.

mod callbacks;
mod cases;
mod kept;
mod media;
mod series;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use jiff::Timestamp;
use nightsafe_casework::{
    account::AccountName,
    attachment::Attachment,
    event::{Body, ReportReceived, Table, UnlockedItem},
    safe_copy::{CopyKind, NoCopy, OriginalRequest},
    workflow::Undertaking,
};
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, submission::SubmissionId};
use serde_json::Value;

pub(crate) use self::callbacks::{Callbacks, Drawing};
use self::{cases::Cases, media::Media, series::Series, work::Work};
use crate::{
    accounts::{Accounts, Held},
    records::NewEvent,
};

/// The projection.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Register {
    accounts: Accounts,
    items: HashMap<ItemId, Item>,
    submissions: HashMap<SubmissionId, Vec<Submitted>>,
    /// Attachments that a report or supplement names and that have not been claimed yet.
    promised: HashMap<ItemId, Promise>,
    numbers: HashMap<Digest, CaseId>,
    /// Cases whose clue number has not been derived yet, with the event that holds it.
    underived: BTreeMap<u64, CaseId>,
    underived_since: HashMap<CaseId, u64>,
    /// Which events make up a case.
    cases: Cases,
    /// What waits for the daemon or for somebody.
    work: Work,
    /// Which cases share what is forbidden.
    series: Series,
    /// What can be looked at, and how.
    media: Media,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// In the vault: the event that holds its header, and the slot of its file key.
    Kept {
        /// Number of the event.
        seq: u64,
        /// Slot in the key table.
        slot: u64,
        /// Whose it is, and since when it waits if it is nobody's.
        owner: Owner,
    },
    /// A retry; not kept.
    Retry,
    /// Set aside. Handed over anew it is tried anew.
    Quarantined,
    /// A loose attachment that was removed after its time.
    Expired,
}

/// Whose an item in the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A case's.
    Case(CaseId),
    /// An attachment's whose report has not come: since then.
    Nobody {
        /// When it was unlocked.
        since: Timestamp,
    },
}

/// One content under a submission id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// Digest over report and attachments.
    pub(crate) content: Digest,
    /// Its case.
    pub(crate) case: CaseId,
}

/// An attachment that a report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Promise {
    /// The report's case.
    pub(crate) case: CaseId,
    /// The digest of the sealed file, as the report says.
    pub sha256: Digest,
    /// The kind of safe copy that it can have.
    pub(crate) copy: Option<CopyKind>,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its number.
    pub(crate) seq: u64,
    /// Its time.
    pub(crate) at: Timestamp,
    /// Its case.
    pub(crate) case: Option<CaseId>,
    /// Who did it.
    pub(crate) actor: &'a str,
}

impl Register {
    /// Takes in the next event.
    pub(crate) fn follow(&mut self, place: Place<'_>, body: &Body) {
        self.cases.follow(place, body);
        self.work.follow(place, body, |lookup| self.numbers.get(lookup).copied());
        self.media.follow(place, body);
        if let Some(case) = place.case {
            self.series.follow(case, body);
        }
        match body {
            Body::ReportReceived(report) => self.opened(place, report),
            Body::SupplementReceived(supplement) => {
                let Some(case) = place.case else { return };
                self.keep(place.seq, &supplement.sealed, Owner::Case(case));
                self.submitted(supplement.intake.submission_id, supplement.content, case);
                self.promise(&supplement.attachments, case);
            }
            Body::RetryRecorded(retry) => self.became(retry.item, Item::Retry),
            Body::AttachmentUnlocked(attachment) => {
                self.keep(place.seq, &attachment.sealed, Owner::Nobody { since: place.at });
            }
            Body::AttachmentClaimed(claimed) => {
                let Some(case) = place.case else { return };
                let promise = self.promised.remove(&claimed.sealed.item);
                if let Some(kind) = promise.and_then(|promise| promise.copy) {
                    self.media.want(place.seq, claimed.sealed.item, kind);
                }
                self.keep(place.seq, &claimed.sealed, Owner::Case(case));
            }
            Body::AttachmentExpired(expired) => self.became(expired.item, Item::Expired),
            Body::ItemQuarantined(quarantined) => {
                self.items.entry(quarantined.item).or_insert(Item::Quarantined);
            }
            Body::NumberDerived(derived) => {
                // The first case that a number leads to keeps it.
                self.numbers.entry(derived.lookup).or_insert(derived.case);
                if let Some(seq) = self.underived_since.remove(&derived.case) {
                    self.underived.remove(&seq);
                }
            }
            Body::AccountAdded(added) => self.accounts.added(added.clone(), place.at),
            Body::AccountChanged(changed) => self.accounts.changed(changed.clone()),
            Body::LoggedIn(logged) => {
                if let Some(step) = logged.totp_step {
                    self.accounts.took_code(place.actor, step);
                }
            }
            Body::SupplementJoined(joined) => {
                // What is still crossing for the supplement belongs to its case now.
                let Some(case) = place.case else { return };
                for promise in self.promised.values_mut().filter(|promise| promise.case == case) {
                    promise.case = joined.to;
                }
            }
            Body::CaseTriaged(_)
            | Body::CaseRouted(_)
            | Body::ForbiddenWidened(_)
            | Body::AlarmSignalled(_)
            | Body::AlarmAcknowledged(_)
            | Body::TaskMoved(_)
            | Body::TaskStepped(_)
            | Body::UndertakingFiled(_)
            | Body::VerifierAssigned(_)
            | Body::VerifierRecused(_)
            | Body::SupplementUnlinked(_)
            | Body::SealedListed(_)
            | Body::CallbackCommitted(_)
            | Body::CallbackCandidates(_)
            | Body::CallbackDrawn(_)
            | Body::CallbackApproved(_)
            | Body::CallbackWithdrawn(_)
            | Body::CallbackHandedOver(_)
            | Body::TableImported(_)
            | Body::CaseLinked(_)
            | Body::LinksFollowed(_)
            | Body::CasesMerged(_)
            | Body::MergeUndone(_)
            | Body::NoteAdded(_)
            | Body::StarChanged(_)
            | Body::DoneAmongMany(_)
            | Body::CaseViewed(_)
            | Body::IdentityViewed(_)
            | Body::AttachmentViewed(_)
            | Body::CopyRefused(_)
            | Body::CopyAsked(_)
            | Body::OriginalAsked(_)
            | Body::OriginalGranted(_)
            | Body::OriginalDenied(_)
            | Body::OriginalTaken(_)
            | Body::ItemExported(_)
            | Body::StatisticsViewed(_)
            | Body::Searched(_)
            | Body::ReportRegistered(_)
            | Body::LoginRefused(_)
            | Body::LoggedOut(_) => {}
        }
    }

    fn opened(&mut self, place: Place<'_>, report: &ReportReceived) {
        let Some(case) = place.case else { return };
        self.keep(place.seq, &report.sealed, Owner::Case(case));
        self.submitted(report.intake.submission_id, report.content, case);
        self.promise(&report.attachments, case);
        // The number in a supplement is the one it cites: it leads to another case.
        if report.report.get("flow").and_then(Value::as_str) != Some(SUPPLEMENT) {
            self.underived.insert(place.seq, case);
            self.underived_since.insert(case, place.seq);
        }
    }

    fn became(&mut self, item: ItemId, state: Item) {
        self.items.insert(item, state);
    }

    /// What became of an item, if it ever came.
    pub(crate) fn item(&self, item: ItemId) -> Option<Item> {
        self.items.get(&item).copied()
    }

    /// What came under a submission id so far, the first first.
    pub(crate) fn submitted_as(&self, submission: &SubmissionId) -> &[Submitted] {
        self.submissions.get(submission).map_or(&[], Vec::as_slice)
    }

    /// The report or supplement that names this attachment.
    pub(crate) fn promised(&self, item: ItemId) -> Option<Promise> {
        self.promised.get(&item).copied()
    }

    /// Attachments that nobody has claimed and that were unlocked before `then`.
    pub(crate) fn loose_since_before(&self, then: Timestamp) -> Vec<(ItemId, Item)> {
        let loose = |item: &Item| matches!(item, Item::Kept { owner: Owner::Nobody { since }, .. } if *since < then);
        self.items.iter().filter(|(_item, state)| loose(state)).map(|(item, state)| (*item, *state)).collect()
    }

    /// The case that a clue number's lookup key leads to.
    pub(crate) fn case_of_number(&self, lookup: &Digest) -> Option<CaseId> {
        self.numbers.get(lookup).copied()
    }

    /// Cases whose clue number waits to be derived, oldest first, with the event that holds it; those behind an event,
    /// so many at most.
    pub(crate) fn underived_after(&self, seq: u64, most: usize) -> Vec<(u64, CaseId)> {
        let later = self.underived.range(seq.saturating_add(1)..);
        later.take(most).map(|(seq, case)| (*seq, *case)).collect()
    }

    /// The numbers of the events that make up a case, in order; one of its first may be another case's.
    pub(crate) fn events_of(&self, case: CaseId) -> Vec<u64> {
        self.cases.of(case)
    }

    /// The cases that a person marked, those marked last first.
    pub(crate) fn starred(&self, name: &AccountName) -> &[CaseId] {
        self.work.stars.get(name).map_or(&[], Vec::as_slice)
    }

    /// The undertaking of a person that was filed last.
    pub(crate) fn undertaking(&self, name: &AccountName) -> Option<&Undertaking> {
        self.work.undertakings.get(name)
    }

    /// Alarms that the site's command was not told of yet, oldest first.
    pub(crate) fn unsignalled(&self) -> Vec<CaseId> {
        self.work.unsignalled.values().copied().collect()
    }

    /// Where the monthly call-backs stand.
    pub(crate) const fn callbacks(&self) -> &Callbacks {
        &self.work.callbacks
    }

    /// Sealed cases, and since when.
    pub(crate) fn sealed(&self) -> &BTreeMap<CaseId, Timestamp> {
        &self.work.sealed
    }

    /// Supplements that stand alone and whose case has come meanwhile.
    pub(crate) fn joinable(&self) -> Vec<(CaseId, CaseId)> {
        self.work.joinable.iter().map(|(supplement, case)| (*supplement, *case)).collect()
    }

    /// The events that hold the last import of a table, in order.
    pub(crate) fn imported(&self, table: Table) -> &[u64] {
        self.work.imported.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Every case, in no order.
    pub(crate) fn cases(&self) -> impl Iterator<Item = CaseId> {
        self.cases.opened.keys().copied()
    }

    /// The events that are looks at an identity, in order.
    pub(crate) fn looks(&self) -> &[u64] {
        &self.work.looks
    }

    /// Every item that ever came, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = (ItemId, Item)> {
        self.items.iter().map(|(id, item)| (*id, *item))
    }

    /// Whether the item is in the vault.
    pub(crate) fn kept(&self, item: ItemId) -> bool {
        matches!(self.item(item), Some(Item::Kept { .. }))
    }

    /// Attachments of which a safe copy is wanted, by the event since when; those behind an event, so many at most.
    pub(crate) fn copies_wanted_after(&self, seq: u64, most: usize) -> Vec<(u64, ItemId, CopyKind)> {
        let later = self.media.wanted.range(seq.saturating_add(1)..);
        later.take(most).map(|(seq, (item, kind))| (*seq, *item, *kind)).collect()
    }

    /// The kind of safe copy that an attachment has or should have.
    pub(crate) fn copy_kind(&self, item: ItemId) -> Option<CopyKind> {
        self.media.kind(item)
    }

    /// Why an attachment cannot be shown.
    pub(crate) fn copy_refused(&self, item: ItemId) -> Option<NoCopy> {
        self.media.refused(item)
    }

    /// Who asked for the original of an attachment.
    pub(crate) fn original_request(&self, item: ItemId) -> Option<&OriginalRequest> {
        self.media.original(item)
    }

    /// The account of this name.
    pub(crate) fn account(&self, name: &AccountName) -> Option<&Held> {
        self.accounts.of(name)
    }

    /// All accounts, by name.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Held> {
        self.accounts.all()
    }

    /// A case and what is one series with it.
    pub(crate) fn series_of(&self, case: CaseId) -> BTreeSet<CaseId> {
        self.series.of(case)
    }

    /// A case and what people have merged it with.
    pub(crate) fn merged_with(&self, case: CaseId) -> BTreeSet<CaseId> {
        self.series.merged_with(case)
    }

    /// What other cases inherit from these events.
    pub(crate) fn inheritance(&self, events: &[NewEvent]) -> Vec<NewEvent> {
        self.series.inheritance(events)
    }

    fn keep(&mut self, seq: u64, sealed: &UnlockedItem, owner: Owner) {
        self.items.insert(sealed.item, Item::Kept { seq, slot: sealed.file_key, owner });
    }

    fn submitted(&mut self, submission: SubmissionId, content: Digest, case: CaseId) {
        self.submissions.entry(submission).or_default().push(Submitted { content, case });
    }

    fn promise(&mut self, attachments: &[Attachment], case: CaseId) {
        for supplied in attachments.iter().filter_map(|attachment| attachment.supplied.as_ref()) {
            // The first report that names an item has it; what its case holds already is awaited by nobody.
            if matches!(self.items.get(&supplied.item), Some(Item::Kept { owner: Owner::Case(_), .. })) {
                continue;
            }
            if let Entry::Vacant(vacant) = self.promised.entry(supplied.item) {
                let copy = CopyKind::of(&supplied.media_type);
                vacant.insert(Promise { case, sha256: supplied.item_sha256, copy });
            }
        }
    }
}

/// The flow whose reports add to another.
const SUPPLEMENT: &str = "SUPPLEMENT";
