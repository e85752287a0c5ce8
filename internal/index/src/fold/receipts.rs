//! Rows that tell the receipt what has been taken in already, and what waits for what.

use nightsafe_casework::{
    attachment::Attachment,
    event::{Body, EntryPosition},
};
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, submission::SubmissionId};

use super::Hashes;
use crate::projections::{Changes, Tree};

/// The rows of one event.
pub(super) fn rows(seq: u64, case: Option<CaseId>, body: &Body, hashes: &Hashes, changes: &mut Changes) {
    let mut receipt = Receipt { seq, changes };
    match body {
        Body::ReportReceived(received) => {
            receipt.item(received.sealed.item, Some(&received.sealed.entry));
            receipt.submission(case, &received.intake.submission_id, &received.content, hashes);
            receipt.wanted(case, &received.attachments);
        }
        Body::SupplementReceived(received) => {
            receipt.item(received.sealed.item, Some(&received.sealed.entry));
            receipt.submission(case, &received.intake.submission_id, &received.content, hashes);
            receipt.wanted(case, &received.attachments);
        }
        Body::RetryRecorded(retry) => receipt.item(retry.item, Some(&retry.entry)),
        Body::AttachmentUnlocked(unlocked) => {
            receipt.item(unlocked.sealed.item, Some(&unlocked.sealed.entry));
            receipt.changes.put(Tree::Waiting, unlocked.sealed.item.to_bytes(), seq.to_be_bytes());
        }
        Body::AttachmentClaimed(claimed) => {
            receipt.changes.remove(Tree::Waiting, claimed.sealed.item.to_bytes());
            if let Some(case) = case {
                receipt.changes.remove(Tree::Wanted, wanted_key(claimed.sealed.item, case));
            }
        }
        Body::AttachmentExpired(expired) => receipt.changes.remove(Tree::Waiting, expired.item.to_bytes()),
        Body::ItemQuarantined(quarantined) => receipt.item(quarantined.item, quarantined.entry.as_ref()),
        Body::NumberDerived(derived) => {
            receipt.changes.put(Tree::Numbers, *derived.lookup.as_bytes(), derived.case.to_bytes());
        }
        _ => {}
    }
}

/// The key of a row of [`Tree::Entries`].
pub(crate) fn entry_key(entry: &EntryPosition) -> Vec<u8> {
    [&entry.stream.as_bytes()[..], &entry.seq.to_be_bytes()].concat()
}

/// The beginning of the keys of a submission in [`Tree::Submissions`].
pub(crate) fn submission_prefix(submission: &SubmissionId, hashes: &Hashes) -> Vec<u8> {
    hashes.submissions.tag(&[submission.as_bytes()]).to_vec()
}

fn wanted_key(item: ItemId, case: CaseId) -> Vec<u8> {
    [&item.to_bytes()[..], &case.to_bytes()].concat()
}

struct Receipt<'a> {
    seq: u64,
    changes: &'a mut Changes,
}

impl Receipt<'_> {
    fn item(&mut self, item: ItemId, entry: Option<&EntryPosition>) {
        self.changes.put(Tree::Items, item.to_bytes(), self.seq.to_be_bytes());
        if let Some(entry) = entry {
            self.changes.put(Tree::Entries, entry_key(entry), self.seq.to_be_bytes());
        }
    }

    fn submission(&mut self, case: Option<CaseId>, id: &SubmissionId, content: &Digest, hashes: &Hashes) {
        if let Some(case) = case {
            let key = [submission_prefix(id, hashes), content.as_bytes().to_vec()].concat();
            self.changes.put(Tree::Submissions, key, case.to_bytes());
        }
    }

    fn wanted(&mut self, case: Option<CaseId>, attachments: &[Attachment]) {
        let supplied = attachments.iter().filter_map(|attachment| attachment.supplied.as_ref());
        for (case, supplied) in case.into_iter().flat_map(|case| supplied.clone().map(move |supplied| (case, supplied)))
        {
            self.changes.put(Tree::Wanted, wanted_key(supplied.item, case), b"");
        }
    }
}
