//! The attachments of a case: what is said of each, and its safe copy where there is one.

use nightsafe_casework::{
    case::{CaseAttachment, Crossing},
    safe_copy::CopyKind,
};
use nightsafe_schema::{case::CaseId, item::ItemId};

use crate::{
    desk::{CaseDetail, CopyState, MediaRow},
    pages::words::{self, Both},
    visible::Visible,
};

/// An attachment. Its original is never rendered; its copy is what a process that has locked itself in drew anew.
pub(in crate::pages) struct File {
    pub(in crate::pages) position: u32,
    pub(in crate::pages) name: Visible,
    pub(in crate::pages) media_type: Visible,
    pub(in crate::pages) size: String,
    pub(in crate::pages) state: (&'static str, Both),
    pub(in crate::pages) differences: Vec<Both>,
    pub(in crate::pages) note: Visible,
    /// Its page, once it has come.
    pub(in crate::pages) href: Option<String>,
    /// What is said of its copy.
    pub(in crate::pages) copy: Option<Both>,
    /// How it is shown.
    pub(in crate::pages) preview: Option<Preview>,
}

/// How a copy is shown.
pub(in crate::pages) struct Preview {
    pub(in crate::pages) element: Element,
    pub(in crate::pages) parts: u32,
}

/// The element that shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Element {
    Image,
    Audio,
    Video,
}

impl File {
    pub(in crate::pages) fn all(entries: &[CaseAttachment], detail: &CaseDetail) -> Vec<Self> {
        let media = |entry: &CaseAttachment| entry.item().and_then(|item| Some((item, detail.media.get(&item)?)));
        entries.iter().map(|entry| Self::of(entry, detail.summary.case, media(entry))).collect()
    }

    pub(in crate::pages) fn of(entry: &CaseAttachment, case: CaseId, media: Option<(ItemId, &MediaRow)>) -> Self {
        let attachment = &entry.attachment;
        let (supplied, declared) = (attachment.supplied.as_ref(), attachment.declared.as_ref());
        let name = supplied.map(|file| &file.name).or(declared.map(|claim| &claim.name));
        let kind = supplied.map(|file| &file.media_type).or(declared.map(|claim| &claim.media_type));
        let length = supplied.map(|file| file.length).or(declared.and_then(|claim| claim.size));
        let crossing = if media.is_some() && entry.crossing == Crossing::StillCrossing {
            ("arrived", Both::new("已到", "arrived"))
        } else {
            words::crossing(&entry.crossing)
        };
        Self {
            position: attachment.position,
            name: Visible(name.cloned().unwrap_or_default()),
            media_type: Visible(kind.cloned().unwrap_or_default()),
            size: length.map(words::size).unwrap_or_default(),
            state: crossing,
            differences: attachment.differences.iter().copied().map(words::difference).collect(),
            note: Visible(declared.map(|claim| claim.note.clone()).unwrap_or_default()),
            href: media.map(|(item, _row)| format!("/c/{case}/files/{item}")),
            copy: media.map(|(_item, row)| words::copy(row.copy)),
            preview: media.and_then(|(_item, row)| Preview::of(row.copy?)),
        }
    }
}

impl Preview {
    fn of((kind, state): (CopyKind, CopyState)) -> Option<Self> {
        let CopyState::Made { parts } = state else { return None };
        let element = match kind {
            CopyKind::Picture | CopyKind::Pages => Element::Image,
            CopyKind::Sound => Element::Audio,
            CopyKind::Video => Element::Video,
        };
        Some(Self { element, parts })
    }

    pub(in crate::pages) fn is_image(&self) -> bool {
        self.element == Element::Image
    }

    pub(in crate::pages) fn is_audio(&self) -> bool {
        self.element == Element::Audio
    }
}
