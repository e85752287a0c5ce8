//! What the next volume should hold: what is new, what was held back, what was asked for again, and the newest heads.

use std::collections::BTreeMap;

use nightsafe_schema::journal::{Seq, StreamId, VerifiedEntry, VerifiedHead};
use nightsafe_schema::time::Hour;

use crate::disk::Space;
use crate::limits;
use crate::low::flaw::{Flaw, FlawKind};
use crate::low::journal::{self, JournalError, JournalWalk};
use crate::low::memory::{LastEntry, Memory};
use crate::low::outbox::OutboxError;
use crate::low::side::LowSide;
use crate::seq_set::SeqSet;

/// The contents of one volume to be.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In the order in which they will stand in the volume.
    pub(crate) entries: Vec<PlannedEntry>,
    /// The heads that go with them, by stream.
    pub(crate) heads: BTreeMap<StreamId, VerifiedHead>,
    /// The hour of each stream's newest head, whether it goes with them or waits for its entries.
    pub(crate) heads_seen: BTreeMap<StreamId, Hour>,
    /// How far each journal has been read for this plan.
    pub(crate) reached: BTreeMap<StreamId, Reached>,
    /// What was found wrong on the way.
    pub(crate) flaws: Vec<Flaw>,
    /// The item that was left out because the medium has no room for it.
    pub(crate) left_out: Option<u64>,
    bytes: u64,
    room: Room,
}

/// How much a volume may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes of items in one volume.
    volume: u64,
    /// The medium, and what is left of it for this volume. Without one everything fits.
    medium: Option<(Space, u64)>,
}

/// Whether one more entry goes into a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    /// The next volume takes it.
    NextVolume,
    /// The medium has no room for it.
    NotHere,
}

/// An entry for the volume.
#[derive(Debug)]
pub(crate) struct PlannedEntry {
    pub(crate) entry: VerifiedEntry,
    pub(crate) occasion: Occasion,
}

/// Why an entry goes into the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It never has before.
    New,
    /// Its item could not go with it before.
    Held,
    /// It was asked for.
    AskedFor,
}

/// The place in a journal after the plan.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) position: u64,
    pub(crate) last: Option<LastEntry>,
    /// Whether nothing was left to read.
    pub(crate) whole: bool,
    /// Where the entries that were read begin.
    pub(crate) marks: Vec<(Seq, u64)>,
}

impl Room {
    /// Volumes of this size, wherever they go.
    pub(crate) fn volume(bytes: u64) -> Self {
        Self { volume: bytes, medium: None }
    }

    /// Volumes of this size on a medium of which some bytes are free.
    pub(crate) fn on(volume: u64, medium: Option<Space>) -> Self {
        let left = |space: Space| (space, space.free.saturating_sub(limits::RESERVE_BYTES));
        Self { volume, medium: medium.map(left) }
    }

    fn take(&mut self, size: u64) {
        if let Some((space, left)) = &mut self.medium {
            *left = left.saturating_sub(space.cost(size));
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::volume(limits::VOLUME_BYTES)
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The outbox cannot be listed.
    #[error("cannot look into the outbox")]
    Outbox(#[source] OutboxError),
    /// A journal cannot be read.
    #[error("cannot follow a journal of the outbox")]
    Journal(#[source] JournalError),
}

impl nightsafe_runtime::HasExitCode for PlanError {
    fn exit_code(&self) -> nightsafe_runtime::ExitCode {
        match self {
            Self::Outbox(source) => source.exit_code(),
            Self::Journal(source) => source.exit_code(),
        }
    }
}

/// Which volume of a run is being planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// The first: items that were held back are tried again.
    First,
    /// A later one: they were just tried.
    Later,
}

impl Plan {
    /// Plans the next volume.
    pub(crate) fn make(side: &LowSide, round: Round, room: Room) -> Result<Self, PlanError> {
        let mut plan = Self { room, ..Self::default() };
        let streams = side.outbox.streams().map_err(PlanError::Outbox)?;
        for stream in &streams {
            // Heads first: an entry that comes while the journal is being read is then in the volume but not yet named
            // by the head, and not the other way round.
            plan.add_head(side, *stream);
        }
        for stream in &streams {
            plan.add_again(side, *stream, round).map_err(PlanError::Journal)?;
        }
        for stream in &streams {
            plan.add_new(side, *stream).map_err(PlanError::Journal)?;
        }
        plan.keep_reached_heads();
        Ok(plan)
    }

    /// Whether a volume of it would tell the high side something: an entry, or a head it has not seen.
    pub(crate) fn is_worth_a_volume(&self, memory: &Memory) -> bool {
        let seen = |stream: &StreamId| memory.streams.get(stream).and_then(|stream| stream.head);
        !self.entries.is_empty() || self.heads.iter().any(|(stream, head)| seen(stream) != Some(head.digest()))
    }

    /// The bytes of the items that it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn fit(&mut self, entry: &VerifiedEntry) -> Fit {
        let size = entry.fields().size;
        if self.room.medium.is_some_and(|(space, left)| space.cost(size) > left) {
            self.left_out.get_or_insert(size);
            return Fit::NotHere;
        }
        let is_full = self.entries.len() >= limits::MOST_ENTRIES || self.bytes.saturating_add(size) > self.room.volume;
        // A larger item than a volume takes has a volume of its own.
        if is_full && !self.entries.is_empty() { Fit::NextVolume } else { Fit::Yes }
    }

    fn add(&mut self, entry: VerifiedEntry, occasion: Occasion) {
        self.room.take(entry.fields().size);
        self.bytes = self.bytes.saturating_add(entry.fields().size);
        self.entries.push(PlannedEntry { entry, occasion });
    }

    fn add_head(&mut self, side: &LowSide, stream: StreamId) {
        match journal::head(&side.outbox.head(&stream), stream, &side.gateways) {
            Ok(Some(head)) => {
                self.heads_seen.insert(stream, head.fields().hour);
                self.heads.insert(stream, head);
            }
            Ok(None) => {}
            Err(kind) => self.flaws.push(Flaw { stream, position: 0, kind }),
        }
    }

    /// Entries that crossed before and are to cross again; the journal is read from its start for them.
    fn add_again(&mut self, side: &LowSide, stream: StreamId, round: Round) -> Result<(), JournalError> {
        let Some(memory) = side.memory.streams.get(&stream) else { return Ok(()) };
        let mut wanted: SeqSet = memory.resend.clone();
        if round == Round::First {
            for seq in memory.held.keys().filter_map(|place| (*place).try_into().ok()) {
                wanted.insert(seq);
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let path = side.outbox.journal(&stream);
        let first = wanted.places().next().unwrap_or(0);
        let bytes = memory.byte_before(first)..memory.position;
        for entry in journal::find(&path, stream, &side.gateways, &wanted, bytes)? {
            if self.fit(&entry) != Fit::Yes {
                break;
            }
            let asked_for = memory.resend.contains(entry.fields().seq);
            self.add(entry, if asked_for { Occasion::AskedFor } else { Occasion::Held });
        }
        Ok(())
    }

    fn add_new(&mut self, side: &LowSide, stream: StreamId) -> Result<(), JournalError> {
        let memory = side.memory.streams.get(&stream);
        let position = memory.map_or(0, |memory| memory.position);
        let chain = memory.and_then(super::memory::StreamMemory::chain);
        let mut reached =
            Reached { position, last: memory.and_then(|memory| memory.last), whole: true, marks: Vec::new() };
        let path = side.outbox.journal(&stream);
        let mut walk = match JournalWalk::start(&path, stream, &side.gateways, position, chain) {
            Err(JournalError::Shortened { .. }) => {
                self.flaws.push(Flaw { stream, position, kind: FlawKind::Shortened });
                return Ok(());
            }
            started => started?,
        };
        while let Some(walked) = walk.next_line()? {
            if let Some(entry) = walked.entry {
                if self.fit(&entry) != Fit::Yes {
                    reached.whole = false;
                    break;
                }
                reached.last = Some(LastEntry { seq: entry.fields().seq, sha256: entry.digest() });
                reached.marks.push((entry.fields().seq, walked.start));
                self.add(entry, Occasion::New);
            }
            self.flaws.extend(walked.flaw);
            reached.position = walked.position;
        }
        self.reached.insert(stream, reached);
        Ok(())
    }

    /// The head of a journal that did not fit whole would name holes that the next volume of the same run fills. A head
    /// beyond a journal that was read whole stays: it names a tail that is missing from the outbox itself.
    fn keep_reached_heads(&mut self) {
        let reached = &self.reached;
        self.heads.retain(|stream, head| match reached.get(stream) {
            Some(Reached { whole: false, last, .. }) => head.fields().seq <= last.map_or(0, |last| last.seq.value()),
            _ => true,
        });
    }
}
