//! The questions of the receipt: what has been taken in, and what waits for what. Positions and numbers, no content.

use nightsafe_casework::event::EntryPosition;
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, submission::SubmissionId};

use super::Index;
use crate::{damage::Damage, error::IndexError, fold, limits, projections::Tree};

/// What was taken in under one submission id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The case that it is in.
    pub case: CaseId,
    /// The digest of its content: the same content again is a retry.
    pub content: Digest,
}

impl Index {
    /// The event that took this item in or set it aside.
    pub fn item(&self, item: ItemId) -> Result<Option<u64>, IndexError> {
        self.seq(Tree::Items, &item.to_bytes())
    }

    /// The event that took in or set aside the item of this journal entry.
    pub fn entry(&self, entry: &EntryPosition) -> Result<Option<u64>, IndexError> {
        self.seq(Tree::Entries, &fold::entry_key(entry))
    }

    /// What was taken in under this submission id, by content.
    pub fn submitted(&self, submission: &SubmissionId) -> Result<Vec<Submitted>, IndexError> {
        let mut found = Vec::new();
        let prefix = fold::submission_prefix(submission, &self.hashes);
        self.ask(|stores| {
            stores.projections.each(Tree::Submissions, &prefix, |key, value| {
                let content = key.last_chunk().copied().map(Digest::from_bytes);
                let case = value.try_into().ok().and_then(CaseId::from_bytes);
                let submitted = content.zip(case).map(|(content, case)| Submitted { case, content });
                found.push(submitted.ok_or_else(|| Damage::projections("a submission that cannot be read"))?);
                Ok(found.len() < limits::CONTENTS_OF_A_SUBMISSION)
            })?;
            Ok(found)
        })
    }

    /// The case of a clue number, by the number's lookup key.
    pub fn case_of_number(&self, lookup: &Digest) -> Result<Option<CaseId>, IndexError> {
        let value = self.ask(|stores| Ok(stores.projections.row(Tree::Numbers, lookup.as_bytes())?))?;
        let case = |value: &[u8]| value.try_into().ok().and_then(CaseId::from_bytes);
        value
            .map(|value| case(&value).ok_or_else(|| Damage::projections("a case number that cannot be read").into()))
            .transpose()
    }

    /// The event that unlocked this attachment, if no case has claimed it yet.
    pub fn waiting(&self, item: ItemId) -> Result<Option<u64>, IndexError> {
        self.seq(Tree::Waiting, &item.to_bytes())
    }

    /// Attachments that no case has claimed yet, with the events that unlocked them.
    pub fn all_waiting(&self) -> Result<Vec<(ItemId, u64)>, IndexError> {
        let mut found = Vec::new();
        self.ask(|stores| {
            stores.projections.each(Tree::Waiting, &[], |key, value| {
                let item = key.try_into().ok().map(ItemId::from_bytes);
                let seq = value.try_into().ok().map(u64::from_be_bytes);
                found.push(item.zip(seq).ok_or_else(|| Damage::projections("an item that cannot be read"))?);
                Ok(true)
            })?;
            Ok(found)
        })
    }

    /// The cases that name this attachment and do not have it yet.
    pub fn wanted_by(&self, item: ItemId) -> Result<Vec<CaseId>, IndexError> {
        let mut found = Vec::new();
        self.ask(|stores| {
            stores.projections.each(Tree::Wanted, &item.to_bytes(), |key, _| {
                found.extend(key.last_chunk().copied().and_then(CaseId::from_bytes));
                Ok(found.len() < limits::CASES_WANTING_AN_ITEM)
            })?;
            Ok(found)
        })
    }

    /// Events that the index could not read, with the reason: for a person to look at.
    pub fn unreadable(&self) -> Result<Vec<(u64, String)>, IndexError> {
        let mut found = Vec::new();
        self.ask(|stores| {
            stores.projections.each(Tree::Unreadable, &[], |key, value| {
                let seq = key.try_into().ok().map(u64::from_be_bytes);
                found.extend(seq.map(|seq| (seq, String::from_utf8_lossy(value).into_owned())));
                Ok(found.len() < limits::UNREADABLE_LISTED)
            })?;
            Ok(found)
        })
    }

    fn seq(&self, tree: Tree, key: &[u8]) -> Result<Option<u64>, IndexError> {
        let value = self.ask(|stores| Ok(stores.projections.row(tree, key)?))?;
        let seq = |value: &[u8]| value.try_into().ok().map(u64::from_be_bytes);
        value
            .map(|value| seq(&value).ok_or_else(|| Damage::projections("a position that cannot be read").into()))
            .transpose()
    }
}
