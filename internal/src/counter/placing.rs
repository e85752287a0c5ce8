//! From bytes to sealed files in the counter's inbox, in constant memory. Nothing readable is ever written.

use std::{
    io::{self, Read, Write as _},
    path::PathBuf,
};

use nightsafe_console::desk::{Enclosure, RegistrationProblem};
use nightsafe_runtime::{
    durable_file::{DurableError, NewFile},
    failpoint,
};
use nightsafe_schema::{
    catalog::Catalog,
    digest::Digest,
    intake::IntakeAttachment,
    item::{ItemClass, ItemId},
    media::{self, MediaKind},
    randomness::Randomness,
    time::Hour,
};
use nightsafe_seal::{AttachmentSealer, SealError, SealedItem, SealingRecipients};

use super::{CounterFolder, RegisterError};
use crate::limits;

/// Seals into one folder, to these keys.
pub(super) struct Placing<'a> {
    folder: &'a CounterFolder,
    recipients: &'a SealingRecipients,
    randomness: &'a dyn Randomness,
}

/// A sealed attachment without its name yet; dropped, it is gone.
pub(super) struct SealedEnclosure {
    pub(super) facts: IntakeAttachment,
    size: u64,
    file: NewFile,
    path: PathBuf,
}

/// An item under its final name that no line names yet; dropped, it is gone.
pub(super) struct PlacedItem {
    pub(super) item: ItemId,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    pub(super) class: ItemClass,
    path: Option<PathBuf>,
}

impl<'a> Placing<'a> {
    pub(super) const fn new(
        folder: &'a CounterFolder,
        recipients: &'a SealingRecipients,
        randomness: &'a dyn Randomness,
    ) -> Self {
        Self { folder, recipients, randomness }
    }

    pub(super) const fn recipients(&self) -> &SealingRecipients {
        self.recipients
    }

    /// Seals an attachment as its bytes come. Its kind is told by the bytes.
    pub(super) fn enclosure(
        &self,
        enclosure: &Enclosure,
        bytes: &mut dyn Read,
        catalog: &Catalog,
    ) -> Result<SealedEnclosure, RegisterError> {
        let item = ItemId::random(self.randomness)?;
        let path = self.folder.items().join(item.file_name());
        let mut sealer =
            AttachmentSealer::begin(self.recipients, item, NewFile::create(&path)?).map_err(RegisterError::Seal)?;
        let mut start = Vec::with_capacity(media::ENOUGH);
        let mut bytes = bytes.take(enclosure.length);
        let copied = (&mut bytes)
            .take(media::ENOUGH as u64)
            .read_to_end(&mut start)
            .and_then(|_read| sealer.write_all(&start))
            .and_then(|()| io::copy(&mut bytes, &mut sealer));
        copied.map_err(SealError::Write).map_err(RegisterError::Seal)?;
        if sealer.length() != enclosure.length {
            return Err(RegistrationProblem::Cut.into());
        }
        let (facts, file) = sealer.finish().map_err(RegisterError::Seal)?;
        let attachment = IntakeAttachment {
            item,
            name: enclosure.name.chars().take(limits::ENCLOSURE_NAME_CHARACTERS).collect(),
            media_type: media_type(&start, catalog),
            length: facts.length,
            sha256: facts.sha256,
            item_sha256: facts.item_sha256,
        };
        Ok(SealedEnclosure { facts: attachment, size: facts.size, file, path })
    }

    /// Writes the sealed report under its name.
    pub(super) fn report(&self, sealed: &SealedItem, hour: Hour) -> Result<PlacedItem, RegisterError> {
        let path = self.folder.items().join(sealed.id().file_name());
        let mut file = NewFile::create(&path)?;
        file.write_all(sealed.bytes()).map_err(SealError::Write).map_err(RegisterError::Seal)?;
        let placed = PlacedItem {
            item: *sealed.id(),
            size: sealed.size(),
            sha256: *sealed.digest(),
            class: ItemClass::Text,
            path: None,
        };
        Ok(placed.name(file, path, hour)?)
    }
}

impl SealedEnclosure {
    /// Gives it its name.
    pub(super) fn place(self, hour: Hour) -> Result<PlacedItem, DurableError> {
        let Self { facts, size, file, path } = self;
        let placed =
            PlacedItem { item: facts.item, size, sha256: facts.item_sha256, class: ItemClass::Media, path: None };
        placed.name(file, path, hour)
    }
}

impl PlacedItem {
    fn name(mut self, file: NewFile, path: PathBuf, hour: Hour) -> Result<Self, DurableError> {
        // Best effort: the ledger says the minute, but not to whoever has the disk alone.
        let _ = file.truncate_times(hour);
        file.commit_new()?;
        self.path = Some(path);
        failpoint::hit("counter.after-name");
        Ok(self)
    }

    /// A file that has its name already.
    #[cfg(test)]
    pub(super) fn at(path: PathBuf, item: ItemId, size: u64, sha256: Digest, class: ItemClass) -> Self {
        Self { item, size, sha256, class, path: Some(path) }
    }

    /// A line names it: it stays, whatever becomes of this value.
    pub(super) fn keep(&mut self) {
        self.path = None;
    }
}

impl Drop for PlacedItem {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // If this fails, the sweep at the next start removes it.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The media type of what begins like this: the catalog's name for its kind, or none that anybody would show.
fn media_type(start: &[u8], catalog: &Catalog) -> String {
    let kind = MediaKind::of(start).and_then(|kind| catalog.attachments().kind(kind.code()));
    let known = kind.and_then(|kind| kind.media_types.first()).map(String::as_str);
    known.unwrap_or("application/octet-stream").to_owned()
}
