//! An item of the outbox on its way into blocks: opened without following a link, read once, its digest taken on the way.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use nightsafe_diode::content::Draft;
use nightsafe_schema::digest::Digest;
use sha2::Digest as _;

use super::outlook::Pending;
use crate::limits;
use crate::low::memory::Held;
use crate::low::outbox::Outbox;
use crate::regular_file::{self, OpenError};

/// The item, as far as it has been read.
pub(super) struct OpenItem {
    pub(super) pending: Pending,
    /// `None` if the outbox does not have it as its entry says: then the entry crosses alone.
    file: Option<File>,
    offset: u64,
    hasher: sha2::Sha256,
    /// Why it does not cross.
    pub(super) held: Option<Held>,
}

/// A part of an item in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What came of putting an item into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// It is in, to its end.
    Ended(Part),
    /// Part of it is in, and the block is full.
    Part(Part),
    /// The block takes nothing of it.
    Full,
}

impl OpenItem {
    /// Opens the item of an entry.
    pub(super) fn open(outbox: &Outbox, pending: Pending) -> Self {
        let fields = pending.entry.fields();
        let opened = match regular_file::open(&outbox.item(&fields.item)) {
            Ok(file) if fields.size > limits::LARGEST_ITEM => Err((file, Held::Differs)),
            Ok(file) => match file.metadata() {
                Ok(found) if found.len() == fields.size => Ok(file),
                Ok(_) => Err((file, Held::Differs)),
                Err(_) => Err((file, Held::Unreadable)),
            },
            Err(OpenError::Absent | OpenError::NotRegular) => return Self::held(pending, Held::Absent),
            Err(OpenError::Refused(_)) => return Self::held(pending, Held::Unreadable),
        };
        match opened {
            Ok(file) => Self { pending, file: Some(file), offset: 0, hasher: sha2::Sha256::new(), held: None },
            Err((_, why)) => Self::held(pending, why),
        }
    }

    fn held(pending: Pending, why: Held) -> Self {
        Self { pending, file: None, offset: 0, hasher: sha2::Sha256::new(), held: Some(why) }
    }

    /// Puts as much of it into a block as fits.
    pub(super) fn put(&mut self, draft: &mut Draft) -> Put {
        let size = self.pending.entry.fields().size;
        let Some(file) = &self.file else {
            let alone = draft.add(self.pending.entry.line(), self.offset, 0);
            return alone.map_or(Put::Full, |_| Put::Ended(Part { offset: self.offset, length: 0 }));
        };
        let (mark, offset) = (draft.mark(), self.offset);
        let Some(room) = draft.add(self.pending.entry.line(), offset, size.saturating_sub(offset)) else {
            return Put::Full;
        };
        if file.read_exact_at(room, offset).is_err() {
            draft.undo(mark);
            return self.give_up(Held::Unreadable, draft);
        }
        self.hasher.update(&*room);
        let length = room.len() as u64;
        self.offset = offset.saturating_add(length);
        let part = Part { offset, length };
        if self.offset < size {
            return Put::Part(part);
        }
        let found = Digest::from_bytes(self.hasher.clone().finalize().into());
        if found == self.pending.entry.fields().sha256 {
            return Put::Ended(part);
        }
        if offset == 0 {
            // Nothing of it has left yet.
            draft.undo(mark);
            return self.give_up(Held::Differs, draft);
        }
        self.held = Some(Held::Differs);
        Put::Ended(part)
    }

    fn give_up(&mut self, why: Held, draft: &mut Draft) -> Put {
        self.held = Some(why);
        self.file = None;
        // The entry alone says that there is such a place.
        self.offset = 0;
        self.put(draft)
    }
}
