//! `verify` on the low side: every journal from its first line, every item against its entry, every stray item.

use std::collections::BTreeSet;
use std::fs;
use std::time::UNIX_EPOCH;

use nightsafe_runtime::ExitCode;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::{StreamId, VerifiedEntry};
use nightsafe_schema::time::Clock;
use serde::Serialize;

use crate::limits;
use crate::low::export::HeldEntry;
use crate::low::flaw::{Flaw, FlawKind};
use crate::low::journal::{self, JournalError, JournalWalk};
use crate::low::memory::Held;
use crate::low::outbox::OutboxError;
use crate::low::plan::PlanError;
use crate::low::side::LowSide;
use crate::regular_file::{self, Contents, OpenError};

/// What a full look at the outbox found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct LowVerification {
    /// Entries that were read.
    pub(crate) entries: u64,
    /// Items whose bytes are those of their entry.
    pub(crate) items: u64,
    /// Items that are not, above the acknowledged place.
    pub(crate) wrong: Vec<HeldEntry>,
    /// What is wrong with the journals and beside them.
    pub(crate) flaws: Vec<Flaw>,
    /// Items that no entry names, older than any submission under way.
    pub(crate) stray: Vec<ItemId>,
}

impl LowVerification {
    /// The worst of what it found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let wrong = self.wrong.iter().map(|held| held.why.exit_code());
        let flaws = self.flaws.iter().map(|_| FlawKind::EXIT_CODE);
        let stray = self.stray.iter().map(|_| FlawKind::EXIT_CODE);
        wrong.chain(flaws).chain(stray).collect()
    }
}

impl LowSide {
    /// Reads everything again.
    pub(crate) fn verify(&self, clock: &dyn Clock) -> Result<LowVerification, PlanError> {
        let mut found = LowVerification::default();
        let mut named = BTreeSet::new();
        for stream in self.outbox.streams().map_err(PlanError::Outbox)? {
            self.verify_stream(stream, &mut found, &mut named).map_err(PlanError::Journal)?;
            if let Err(kind) = journal::head(&self.outbox.head(&stream), stream, &self.gateways) {
                found.flaws.push(Flaw { stream, position: 0, kind });
            }
        }
        found.stray = self.stray_items(&named, clock).map_err(PlanError::Outbox)?;
        Ok(found)
    }

    fn verify_stream(
        &self,
        stream: StreamId,
        found: &mut LowVerification,
        named: &mut BTreeSet<ItemId>,
    ) -> Result<(), JournalError> {
        let acknowledged = self.memory.streams.get(&stream).map_or(0, |memory| memory.acknowledged);
        let mut walk = JournalWalk::start(&self.outbox.journal(&stream), stream, &self.gateways, 0, None)?;
        while let Some(walked) = walk.next_line()? {
            found.flaws.extend(walked.flaw);
            let Some(entry) = walked.entry else { continue };
            found.entries += 1;
            named.insert(entry.fields().item);
            let seq = entry.fields().seq.value();
            match self.item_of(&entry) {
                Ok(()) => found.items += 1,
                Err(_) if seq <= acknowledged => {}
                Err(why) => found.wrong.push(HeldEntry { stream, seq, why }),
            }
        }
        Ok(())
    }

    fn item_of(&self, entry: &VerifiedEntry) -> Result<(), Held> {
        let fields = entry.fields();
        let mut file = regular_file::open(&self.outbox.item(&fields.item)).map_err(|error| match error {
            OpenError::Absent | OpenError::NotRegular => Held::Absent,
            OpenError::Refused(_) => Held::Unreadable,
        })?;
        let contents = regular_file::contents(&mut file, limits::LARGEST_ITEM).map_err(|_| Held::Unreadable)?;
        if contents == (Contents { size: fields.size, sha256: fields.sha256 }) { Ok(()) } else { Err(Held::Differs) }
    }

    fn stray_items(&self, named: &BTreeSet<ItemId>, clock: &dyn Clock) -> Result<Vec<ItemId>, OutboxError> {
        let folder = self.outbox.items();
        let refused = |source| OutboxError::List { folder: folder.clone(), source };
        let mut stray = Vec::new();
        for entry in fs::read_dir(&folder).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let name = entry.file_name();
            let Some(item) = name.to_str().and_then(|name| ItemId::from_file_name(name).ok()) else { continue };
            let written = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
            let seconds = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |age| age.as_secs());
            let age = clock.now().as_second().saturating_sub(i64::try_from(seconds).unwrap_or(0));
            if !named.contains(&item) && age > limits::ORPHAN_HOURS * 3600 {
                stray.push(item);
            }
        }
        Ok(stray)
    }
}
