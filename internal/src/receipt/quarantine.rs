//! Where items go that are at fault themselves: recorded, kept, shown to a person, in nobody's way.
//!
//! The event comes first, then the file moves to `quarantine/<item-id>.age` with `<item-id>.json` beside it that says
//! why, and holds its journal lines. Moved back into the inbox it is tried anew when somebody asks for it (`ingest`), and
//! at the next start.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use nightsafe_casework::event::{EntryPosition, ItemQuarantined};
use nightsafe_runtime::{
    durable_file::{self, DurableError, NewFile},
    failpoint,
};
use nightsafe_schema::item::ItemId;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    fault::{Fault, Reason},
    inbox::Inbox,
};
use crate::{
    records::{Actor, NewEvent, RecordError},
    register::Item,
    site::Site,
};

/// The quarantine folder.
#[derive(Debug)]
pub(crate) struct Quarantine {
    folder: PathBuf,
}

/// What stands beside a quarantined item.
#[derive(Debug, Serialize)]
struct Note<'a> {
    item: ItemId,
    reason: &'a str,
    detail: &'a str,
    entry: Option<EntryPosition>,
    at: jiff::Timestamp,
    /// The journal's lines that name it: with them and the file it can be handed over once more.
    lines: Vec<&'a RawValue>,
}

impl Quarantine {
    /// Makes the folder if it is missing and sweeps what a crash left in it.
    pub(crate) fn open(folder: &Path) -> Result<Self, DurableError> {
        durable_file::create_folder(folder)?;
        durable_file::sweep(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Records why and moves the item here. Repeated after a crash it records nothing twice.
    pub(crate) fn set_aside(
        &self,
        site: &Site,
        inbox: &mut Inbox,
        item: ItemId,
        entry: Option<EntryPosition>,
        reason: Reason,
        detail: &str,
    ) -> Result<(), Fault> {
        site.records
            .decide(&Actor::daemon(), &*site.clock, |register| {
                let known = register.item(item) == Some(Item::Quarantined);
                let (reason, detail) = (reason.code().to_owned(), detail.to_owned());
                let event = NewEvent::of_site(ItemQuarantined { item, entry, reason, detail });
                Ok::<_, RecordError>(if known { Vec::new() } else { vec![event] })
            })
            .map_err(Fault::passing)?;
        failpoint::hit("receipt.after-quarantine-event");
        let lines = inbox.lines(item).iter().filter_map(|line| serde_json::from_slice(line.line()).ok()).collect();
        let note = Note { item, reason: reason.code(), detail, entry, at: site.clock.now(), lines };
        let note = serde_json::to_vec_pretty(&note).map_err(Fault::passing)?;
        durable_file::replace(&self.folder.join(format!("{item}.json")), &note).map_err(Fault::passing)?;
        failpoint::hit("receipt.after-quarantine-note");
        self.take(&inbox.path_of(item), item).map_err(Fault::passing)?;
        inbox.forget(item);
        Ok(())
    }

    fn take(&self, from: &Path, item: ItemId) -> Result<(), MoveError> {
        let to = self.free_name(item);
        match durable_file::rename_new(from, &to) {
            Ok(()) => {
                durable_file::sync_folder(&self.folder)?;
                if let Some(inbox) = from.parent() {
                    durable_file::sync_folder(inbox)?;
                }
                Ok(())
            }
            // The inbox is on another disk.
            Err(_across) if from.exists() => {
                let mut copy = NewFile::create(&to)?;
                io::copy(&mut File::open(from).map_err(MoveError::Copy)?, &mut copy).map_err(MoveError::Copy)?;
                copy.commit_new()?;
                durable_file::sync_folder(&self.folder)?;
                Ok(durable_file::remove(from)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `<item-id>.age`, or `<item-id>-2.age` and so on if earlier ones of that name are still here.
    fn free_name(&self, item: ItemId) -> PathBuf {
        let first = self.folder.join(item.file_name());
        let later = (2..=COPIES).map(|count| self.folder.join(format!("{item}-{count}.age")));
        std::iter::once(first.clone()).chain(later).find(|name| !is_taken(name)).unwrap_or(first)
    }
}

fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Nobody lets the same item fail more often than this without looking.
const COPIES: u32 = 1_000;

#[derive(Debug, thiserror::Error)]
enum MoveError {
    #[error("the item cannot be moved to the quarantine")]
    Durable(#[from] DurableError),
    #[error("the item cannot be copied to the quarantine")]
    Copy(#[source] io::Error),
}
