//! From drafts to chained lines: bounds, versions, sealed parts.

use std::collections::{HashMap, hash_map::Entry};

use data_encoding::BASE64;
use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    event::Draft,
    json::Json,
    key_table::{KeyPurpose, KeySlot, KeyTable, KeyTableError, SITE_OWNER, Under},
    ledger::{
        AppendError,
        positions::{CaseState, Passed, Place, Positions},
        reading::identity_owner,
    },
    limits::{BATCH_EVENTS, LARGEST_SEQ, NAME_BYTES, PART_BYTES},
    line::{EventLine, Part},
    sealed_part::{self, SealError},
    secret::SecretKey,
};

/// A draft within bounds.
pub(super) struct Prepared(Draft);

/// Lines that continue the chain, not written yet.
pub(super) struct StagedBatch {
    pub(super) bytes: Vec<u8>,
    pub(super) events: Vec<Passed>,
    /// The segment that they go to, and where in it.
    pub(super) place: Place,
}

pub(super) fn prepare(drafts: Vec<Draft>) -> Result<Vec<Prepared>, AppendError> {
    if drafts.is_empty() || drafts.len() > BATCH_EVENTS {
        return Err(AppendError::BatchSize);
    }
    drafts.into_iter().enumerate().map(|(index, draft)| prepare_one(index, draft)).collect()
}

fn prepare_one(index: usize, draft: Draft) -> Result<Prepared, AppendError> {
    let refused = |reason| AppendError::Draft { index, reason };
    for name in [&draft.actor, &draft.role, &draft.kind] {
        if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
            return Err(refused("actor, role and kind are 1 to 128 bytes without control characters"));
        }
    }
    if !draft.kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(refused("a kind is upper-case words joined by _"));
    }
    if draft.case.is_none() && (draft.identity.is_some() || draft.expected_version.is_some()) {
        return Err(refused("identity and version belong to a case"));
    }
    let too_long = |part: &Json| part.as_bytes().len() > PART_BYTES;
    if too_long(&draft.body) || draft.identity.as_ref().is_some_and(too_long) {
        return Err(refused("a part is too long"));
    }
    Ok(Prepared(draft))
}

/// Turns a batch into lines that follow `positions`, or into the one reason why not; changes nothing but the key table,
/// where keys of a batch that fails stay behind unused.
pub(super) fn stage(
    batch: &[Prepared],
    positions: &Positions,
    segment_bytes: u64,
    keys: &KeyTable,
) -> Result<StagedBatch, AppendError> {
    let mut staging = Staging {
        positions,
        keys,
        opened: HashMap::new(),
        changed: HashMap::new(),
        lines: Vec::new(),
        end: positions.end.tail(),
    };
    staging.check_versions(batch)?;
    for (left, prepared) in (0..batch.len()).rev().zip(batch) {
        staging.line(prepared, u32::try_from(left).map_err(|_| AppendError::BatchSize)?)?;
    }
    staging.placed(segment_bytes)
}

struct Staging<'a> {
    positions: &'a Positions,
    keys: &'a KeyTable,
    /// The keys that this batch has used.
    opened: HashMap<KeySlot, SecretKey>,
    /// Cases as this batch leaves them.
    changed: HashMap<CaseId, CaseState>,
    lines: Vec<StagedLine>,
    end: super::Tail,
}

struct StagedLine {
    bytes: Vec<u8>,
    seq: u64,
    digest: Digest,
    case: Option<(CaseId, CaseState)>,
}

impl Staging<'_> {
    /// Refuses the whole batch before a key is made for it.
    fn check_versions(&self, batch: &[Prepared]) -> Result<(), AppendError> {
        let mut versions = HashMap::new();
        for Prepared(draft) in batch {
            let Some(case) = draft.case else { continue };
            let version = versions
                .entry(case)
                .or_insert_with(|| self.positions.case(case).map_or(0, |state| u64::from(state.version)));
            if let Some(expected) = draft.expected_version.filter(|expected| expected != version) {
                return Err(AppendError::VersionConflict { case, expected, found: *version });
            }
            *version += 1;
        }
        Ok(())
    }

    fn line(&mut self, prepared: &Prepared, left: u32) -> Result<(), AppendError> {
        let Prepared(draft) = prepared;
        let case = match draft.case {
            Some(case) => Some((case, self.next_state(case)?)),
            None => None,
        };
        let key = case.map_or(KeySlot::SITE, |(_, state)| state.key);
        let identity = match (&draft.identity, case) {
            (Some(identity), Some((case, state))) => Some((identity, self.identity_key(case, state)?)),
            _ => None,
        };
        let seq = self.end.seq + 1;
        if seq > LARGEST_SEQ {
            return Err(AppendError::Full);
        }
        let mut line = EventLine {
            actor: draft.actor.as_str().into(),
            at: draft.at,
            body: "".into(),
            case: draft.case,
            identity: None,
            identity_key: identity.map(|(_, slot)| slot),
            key,
            kind: draft.kind.as_str().into(),
            left,
            prev: self.end.digest,
            role: draft.role.as_str().into(),
            seq,
            version: case.map(|(_, state)| u64::from(state.version)),
        };
        line.body = self.seal(&line, Part::Body, key, draft.body.as_bytes())?.into();
        if let Some((identity, slot)) = identity {
            line.identity = Some(self.seal(&line, Part::Identity, slot, identity.as_bytes())?.into());
        }
        let bytes = line.to_bytes().map_err(|_| AppendError::BatchSize)?;
        self.end = super::Tail { seq, digest: Digest::of(&bytes) };
        self.lines.push(StagedLine { bytes, seq, digest: self.end.digest, case });
        Ok(())
    }

    /// The case with one more event in it; a case's first event makes its key.
    fn next_state(&mut self, case: CaseId) -> Result<CaseState, AppendError> {
        let state = if let Some(state) = self.changed.get(&case).copied().or_else(|| self.positions.case(case)) {
            CaseState { version: state.version.checked_add(1).ok_or(AppendError::Full)?, ..state }
        } else {
            let made = self.keys.create_key(KeyPurpose::Case, &case.to_string(), Under::Store);
            let (slot, key) = made.map_err(refused)?;
            self.opened.insert(slot, key);
            CaseState { version: 1, key: slot }
        };
        self.changed.insert(case, state);
        Ok(state)
    }

    fn identity_key(&mut self, case: CaseId, state: CaseState) -> Result<KeySlot, AppendError> {
        let owner = identity_owner(case, u64::from(state.version));
        let made = self.keys.create_key(KeyPurpose::Identity, &owner, Under::Case(state.key));
        let (slot, key) = made.map_err(|error| match error {
            KeyTableError::CaseErased { .. } => AppendError::CaseErased { case },
            error => refused(error),
        })?;
        self.opened.insert(slot, key);
        Ok(slot)
    }

    fn seal(
        &mut self,
        line: &EventLine<'_>,
        part: Part,
        slot: KeySlot,
        plaintext: &[u8],
    ) -> Result<String, AppendError> {
        let key = match self.opened.entry(slot) {
            Entry::Occupied(opened) => opened.into_mut(),
            Entry::Vacant(unopened) => {
                // Identity keys are made for the event that they seal.
                let unwrapped = match line.case {
                    Some(case) => self.keys.unwrap(slot, KeyPurpose::Case, &case.to_string()),
                    None => self.keys.unwrap(slot, KeyPurpose::Site, SITE_OWNER),
                };
                match (unwrapped.map_err(refused)?, line.case) {
                    (Some(key), _) => unopened.insert(key),
                    (None, Some(case)) => return Err(AppendError::CaseErased { case }),
                    (None, None) => return Err(refused(KeyTableError::WrongStoreKey)),
                }
            }
        };
        let key = key.expose_whole().ok_or_else(|| refused(KeyTableError::NotTheirs { slot }))?;
        let context = line.context(part).map_err(|_| AppendError::BatchSize)?;
        match sealed_part::seal(key, &context, plaintext, self.keys.randomness()) {
            Ok(sealed) => Ok(BASE64.encode(&sealed)),
            Err(SealError::Randomness(error)) => Err(AppendError::Randomness(error)),
            Err(SealError::TooLong) => Err(AppendError::BatchSize),
        }
    }

    /// Gives the batch its place: behind the last line, or at the start of a new segment.
    fn placed(self, segment_bytes: u64) -> Result<StagedBatch, AppendError> {
        let length: u64 = self.lines.iter().map(|line| line.bytes.len() as u64 + 1).sum();
        let end = self.positions.end;
        let fits = end.segment != 0 && (end.offset == 0 || end.offset + length <= segment_bytes);
        let place = if fits {
            Place { segment: end.segment, offset: end.offset }
        } else {
            Place { segment: end.segment.checked_add(1).ok_or(AppendError::Full)?, offset: 0 }
        };
        let mut staged = StagedBatch { bytes: Vec::new(), events: Vec::with_capacity(self.lines.len()), place };
        for line in self.lines {
            let place = Place { segment: place.segment, offset: place.offset + staged.bytes.len() as u64 };
            let StagedLine { bytes, seq, digest, case } = line;
            staged.events.push(Passed { seq, digest, place, length: bytes.len() as u64 + 1, case });
            staged.bytes.extend_from_slice(&bytes);
            staged.bytes.push(b'\n');
        }
        Ok(staged)
    }
}

fn refused(error: KeyTableError) -> AppendError {
    AppendError::Keys(error.into())
}
