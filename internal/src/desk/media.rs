//! Looking at attachments: safe copies, and originals that two people agree about. Each look is an event before a byte of it
//! is handed out; an original is taken by whoever asked, once, and is never shown in a page.

use std::{
    fs::File,
    io::{self, Read},
};

use nightsafe_casework::{
    account::Viewer,
    case::{CaseAttachment, CaseState},
    event::{
        AttachmentViewed, Body, CaseViewed, CopyAsked, CopyPart, OriginalAsked, OriginalDenied, OriginalGranted,
        OriginalTaken, UnlockedItem,
    },
    role::Permission,
    safe_copy::{CopyKind, Granted, OriginalRequest},
};
use nightsafe_console::desk::{Act, ActProblem, CaseDetail, CopyState, DeskError, Media, MediaRow, Shown, Source};
use nightsafe_open::AttachmentReader;
use nightsafe_schema::{case::CaseId, intake::IntakeAttachment, item::ItemId};

use super::{SiteDesk, failed, work::Undone};
use crate::{
    copies::{self, Standing, sealed::SealedReader},
    limits,
    receipt::recorded::sealed_in,
    records::{Actor, NewEvent, typed},
    register::{Item, Owner, Register},
};

impl SiteDesk {
    /// A part of an attachment's safe copy; recorded.
    pub(crate) fn show_copy(&self, viewer: &Viewer, case: CaseId, item: ItemId, part: u32) -> Result<Media, DeskError> {
        Self::require(viewer, Permission::ReadCases)?;
        let state = match self.visible(viewer, case) {
            Err(DeskError::NotFound) => self.sealed_for(viewer, case)?,
            other => other?,
        };
        let (sealed, _supplied) = self.arrived(&state, item)?;
        let copy = self.site.copies.open(&sealed, part, &self.site.stores).map_err(failed)?;
        let copy = copy.ok_or(DeskError::NotFound)?;
        let (shown, now) = (CopyPart { item, part }, self.now());
        if !self.looks.covers(viewer.account(), case, shown, now) {
            self.record(viewer, NewEvent::of_case(case, AttachmentViewed { via: self.via, item, part }))?;
            self.looks.recorded(viewer.account(), case, &[shown], now);
        }
        Ok(Media { media_type: copy.format.media_type(), length: copy.length, bytes: Box::new(copy.bytes) })
    }

    /// Records one look at a case with these of its copies, before any of it is shown.
    pub(super) fn record_look(&self, viewer: &Viewer, detail: &CaseDetail, shown: Shown) -> Result<(), DeskError> {
        let case = detail.summary.case;
        let copies = copies_of(detail, shown);
        let look = CaseViewed { via: self.via, copies: copies.clone() };
        self.record(viewer, NewEvent::of_case(case, look))?;
        self.looks.recorded(viewer.account(), case, &copies, self.now());
        Ok(())
    }

    /// The original of an attachment, for whoever asked for it, after somebody else agreed; recorded, and then never again.
    pub(crate) fn take_original(&self, viewer: &Viewer, case: CaseId, item: ItemId) -> Result<Media, DeskError> {
        Self::require(viewer, Permission::Work)?;
        let state = self.visible(viewer, case)?;
        let (sealed, supplied) = self.arrived(&state, item)?;
        let original = copies::original(&sealed, supplied.length, &self.site.stores).map_err(failed)?;
        let original = original.ok_or(DeskError::NotFound)?;
        let (via, by) = (self.via, viewer.account().clone());
        let site = &*self.site;
        let now = site.clock.now();
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            let granted = register.original_request(item).filter(|request| request.by == by);
            let granted = granted.and_then(|request| live(request, now)).ok_or(ActProblem::NotGranted)?;
            let taken = OriginalTaken { via, item, by: by.clone(), granted_by: granted.by.clone() };
            Ok::<_, Undone>(vec![NewEvent::of_case(case, taken)])
        });
        decided.map_err(DeskError::from)?;
        Ok(Media { media_type: OCTETS, length: original.length(), bytes: Box::new(Original(original)) })
    }

    /// The events of an act on an attachment.
    pub(super) fn events_of_media(
        &self,
        viewer: &Viewer,
        case: CaseId,
        state: &CaseState,
        act: &Act,
        register: &Register,
    ) -> Result<Vec<NewEvent>, Undone> {
        let (via, by) = (self.via, viewer.account().clone());
        let now = self.site.clock.now();
        let body = match act {
            Act::AskCopy { item } => {
                has_come(state, register, *item)?;
                if register.copy_kind(*item).is_none() {
                    return Err(ActProblem::NoSuchAttachment.into());
                }
                let standing = self.site.copies.standing(*item, register);
                if matches!(standing, Standing::Made(_) | Standing::Making) {
                    return Err(ActProblem::Already.into());
                }
                Body::from(CopyAsked { via, item: *item, by })
            }
            Act::AskOriginal { item, reason } => {
                has_come(state, register, *item)?;
                let pending = register.original_request(*item);
                if pending.is_some_and(|request| request.granted.is_none() || live(request, now).is_some()) {
                    return Err(ActProblem::Already.into());
                }
                Body::from(OriginalAsked { via, item: *item, by, reason: reason.as_str().to_owned() })
            }
            Act::GrantOriginal { item } => {
                has_come(state, register, *item)?;
                let request = register.original_request(*item).ok_or(ActProblem::NotAsked)?;
                if request.granted.is_some() {
                    return Err(ActProblem::Already.into());
                }
                if request.by == by {
                    return Err(ActProblem::SamePerson.into());
                }
                Body::from(OriginalGranted { via, item: *item, by, to: request.by.clone() })
            }
            Act::DenyOriginal { item, reason } => {
                has_come(state, register, *item)?;
                register.original_request(*item).ok_or(ActProblem::NotAsked)?;
                Body::from(OriginalDenied { via, item: *item, by, reason: reason.as_str().to_owned() })
            }
            _ => return Err(ActProblem::NoSuchAct.into()),
        };
        Ok(vec![NewEvent::of_case(case, body)])
    }

    /// Says of each attachment how it can be looked at.
    pub(super) fn with_media(&self, mut detail: CaseDetail) -> CaseDetail {
        let register = self.site.records.register();
        let row = |entry: &CaseAttachment| {
            let item = entry.item().filter(|item| is_here(&register, *item))?;
            let kind = CopyKind::of(&entry.attachment.supplied.as_ref()?.media_type);
            let copy = kind.map(|kind| (kind, copy_state(self.site.copies.standing(item, &register))));
            let original = register.original_request(item).cloned();
            Some((item, MediaRow { copy, original }))
        };
        let later = detail.supplements.iter().flat_map(|supplement| &supplement.attachments);
        detail.media = detail.attachments.iter().chain(later).filter_map(row).collect();
        detail
    }

    /// An attachment of the case that has come: its item, and what the report says of it.
    fn arrived(&self, state: &CaseState, item: ItemId) -> Result<(UnlockedItem, IntakeAttachment), DeskError> {
        let supplied = supplied(state, item).ok_or(DeskError::NotFound)?.clone();
        let kept = self.site.records.register().item(item);
        let Some(Item::Kept { seq, owner: Owner::Case(_), .. }) = kept else { return Err(DeskError::NotFound) };
        let body = typed(&self.site.records.event(seq).map_err(failed)?).map_err(failed)?;
        let sealed = body.as_ref().and_then(sealed_in).cloned().ok_or(DeskError::NotFound)?;
        Ok((sealed, supplied))
    }
}

/// The copies of a case that such a page shows: those that were made.
fn copies_of(detail: &CaseDetail, shown: Shown) -> Vec<CopyPart> {
    let made = |row: &MediaRow| match row.copy {
        Some((kind, CopyState::Made { parts })) => Some((kind, parts)),
        _ => None,
    };
    match shown {
        Shown::Nothing => Vec::new(),
        Shown::Pictures => {
            let seen = |kind| matches!(kind, CopyKind::Picture | CopyKind::Pages);
            let pictures = detail.media.iter().filter(|(_item, row)| made(row).is_some_and(|(kind, _)| seen(kind)));
            pictures.map(|(item, _row)| CopyPart { item: *item, part: 1 }).collect()
        }
        Shown::Part(item, wanted) => {
            let parts = detail.media.get(&item).and_then(made).map(|(_kind, parts)| parts);
            parts.map(|parts| CopyPart { item, part: wanted.clamp(1, parts.max(1)) }).into_iter().collect()
        }
    }
}

fn supplied(state: &CaseState, item: ItemId) -> Option<&IntakeAttachment> {
    let entry = state.all_attachments().find(|entry| entry.item() == Some(item))?;
    entry.attachment.supplied.as_ref()
}

fn has_come(state: &CaseState, register: &Register, item: ItemId) -> Result<(), ActProblem> {
    let known = supplied(state, item).is_some() && is_here(register, item);
    if known { Ok(()) } else { Err(ActProblem::NoSuchAttachment) }
}

fn is_here(register: &Register, item: ItemId) -> bool {
    matches!(register.item(item), Some(Item::Kept { owner: Owner::Case(_), .. }))
}

/// The agreement, unless its time is over.
fn live(request: &OriginalRequest, now: jiff::Timestamp) -> Option<&Granted> {
    let lasts = |granted: &&Granted| granted.at.checked_add(limits::ORIGINAL_GRANTED_FOR).is_ok_and(|ends| now < ends);
    request.granted.as_ref().filter(lasts)
}

/// An original on its way out: from its first byte to its last.
struct Original(AttachmentReader<File>);

impl Read for Original {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Source for Original {}

impl Source for SealedReader<File> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.pass(bytes)
    }
}

fn copy_state(standing: Standing) -> CopyState {
    match standing {
        Standing::Waiting => CopyState::Waiting,
        Standing::Making => CopyState::Making,
        Standing::Made(parts) => CopyState::Made { parts },
        Standing::Refused(why) => CopyState::Refused(why),
    }
}

/// What nobody's browser opens by itself.
const OCTETS: &str = "application/octet-stream";
