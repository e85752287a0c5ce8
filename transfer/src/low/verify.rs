//! `verify` on the low side: every journal from its first line, every item against its entry, every stray item.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::{StreamId, VerifiedEntry};
use nightsafe_schema::time::Clock;
use serde::Serialize;

use crate::limits;
use crate::low::export::HeldEntry;
use crate::low::flaw::{Flaw, NotedFlaw};
use crate::low::journal::{self, JournalError, JournalWalk};
use crate::low::memory::Held;
use crate::low::plan::PlanError;
use crate::low::side::LowSide;
use crate::low::{strays, troubles};
use crate::regular_file::{self, Contents, OpenError};
use crate::trouble::Troubles;

/// What a full look at the outbox found.
#[derive(Debug, Serialize)]
pub(crate) struct LowVerification {
    /// When the look began.
    pub(crate) at: Timestamp,
    /// Entries that were read.
    pub(crate) entries: u64,
    /// Items whose bytes are those of their entry.
    pub(crate) items: u64,
    /// Items that are not, above the acknowledged place.
    pub(crate) wrong: Vec<HeldEntry>,
    /// What is wrong with the journals and beside them.
    pub(crate) flaws: Vec<NotedFlaw>,
    /// Items that no entry names, older than any submission under way.
    pub(crate) stray: Vec<ItemId>,
    /// The same for people.
    pub(crate) troubles: Troubles,
}

impl LowVerification {
    fn new(at: Timestamp) -> Self {
        Self {
            at,
            entries: 0,
            items: 0,
            wrong: Vec::new(),
            flaws: Vec::new(),
            stray: Vec::new(),
            troubles: Troubles::default(),
        }
    }

    fn conclude(&mut self) {
        let wrong = self.wrong.iter().map(troubles::held);
        let flaws = self.flaws.iter().map(troubles::flaw);
        let stray = self.stray.iter().map(|item| troubles::stray(item, self.at));
        self.troubles = wrong.chain(flaws).chain(stray).collect();
    }

    /// The worst of what it found.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.troubles.exit_code()
    }
}

impl LowSide {
    /// Reads everything again.
    pub(crate) fn verify(&self, clock: &dyn Clock) -> Result<LowVerification, PlanError> {
        let now = clock.now();
        let mut found = LowVerification::new(now);
        for stream in self.outbox.streams().map_err(PlanError::Outbox)? {
            self.verify_stream(stream, &mut found).map_err(PlanError::Journal)?;
            if let Err(kind) = journal::head(&self.outbox.head(&stream), stream, &self.gateways) {
                found.flaws.push(self.noted(Flaw { stream, position: 0, kind }, now));
            }
        }
        found.stray = strays::search(&self.outbox, now)?;
        found.conclude();
        Ok(found)
    }

    fn verify_stream(&self, stream: StreamId, found: &mut LowVerification) -> Result<(), JournalError> {
        let acknowledged = self.memory.streams.get(&stream).map_or(0, |memory| memory.acknowledged);
        let mut walk = JournalWalk::start(&self.outbox.journal(&stream), stream, &self.gateways, 0, None)?;
        while let Some(walked) = walk.next_line()? {
            let at = found.at;
            found.flaws.extend(walked.flaw.map(|flaw| self.noted(flaw, at)));
            let Some(entry) = walked.entry else { continue };
            found.entries += 1;
            let seq = entry.fields().seq.value();
            match self.item_of(&entry) {
                Ok(()) => found.items += 1,
                Err(_) if seq <= acknowledged => {}
                Err(why) => found.wrong.push(HeldEntry { stream, seq, why, since: at }),
            }
        }
        Ok(())
    }

    /// A flaw with the time at which it was first seen.
    fn noted(&self, flaw: Flaw, now: Timestamp) -> NotedFlaw {
        let remembered = self.flaws().into_iter().find(|noted| noted.flaw == flaw);
        remembered.unwrap_or(NotedFlaw { flaw, since: now })
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
}
