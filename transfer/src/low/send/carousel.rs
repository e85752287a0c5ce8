//! Repeats without a back channel: what was sent is sent again, oldest unacknowledged first, until it is acknowledged.
//!
//! A block that this session sent is repeated under its own number with other shards, so that whoever has part of it needs
//! only the rest. What it consisted of is remembered within bounds and read from the outbox again; what is no longer
//! remembered, or was sent by an earlier session, is packed anew. The first repeat of a block comes soon after it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use nightsafe_diode::content::{Draft, Filled};
use nightsafe_runtime::line_file::LineReader;
use nightsafe_schema::journal::{Entry, Seq, StreamId};
use nightsafe_schema::signed::LONGEST_LINE;

use super::open_item::Part;
use super::outlook::Pending;
use crate::limits;
use crate::low::outbox::Outbox;
use crate::regular_file;

/// Part of an item in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) stream: StreamId,
    pub(super) seq: Seq,
    /// The byte of the journal at which its line begins.
    pub(super) start: u64,
    pub(super) part: Part,
}

/// What is repeated.
#[derive(Debug)]
pub(super) struct Carousel {
    blocks: BTreeMap<u32, Composition>,
    of_entry: BTreeMap<(StreamId, Seq), Vec<u32>>,
    pieces: usize,
    /// Blocks whose first repeat is due at a time.
    soon: VecDeque<(Duration, u32)>,
    round: u64,
    /// Where each stream's journal is in this round, and how far it goes.
    walking: VecDeque<Walking>,
    next_round: Duration,
    pause: Duration,
}

#[derive(Debug)]
struct Composition {
    pieces: Vec<Piece>,
    passes: u16,
    round: u64,
}

/// A journal in a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walking {
    pub(super) stream: StreamId,
    pub(super) position: u64,
    pub(super) end: u64,
    /// Places up to this one need no repeat.
    pub(super) acknowledged: u64,
}

/// What a round came by.
#[derive(Debug)]
pub(super) enum Step {
    /// A block of this session.
    Block(u32),
    /// An entry that no remembered block holds.
    Entry(Box<Pending>),
    /// Nothing that is to be repeated.
    Nothing,
    /// The end of the round.
    End,
}

impl Carousel {
    /// Nothing was sent yet.
    pub(super) fn new(now: Duration) -> Self {
        let pause = Duration::from_secs(limits::ROUND_SECONDS.0);
        Self {
            blocks: BTreeMap::new(),
            of_entry: BTreeMap::new(),
            pieces: 0,
            soon: VecDeque::new(),
            round: 0,
            walking: VecDeque::new(),
            next_round: now + pause,
            pause,
        }
    }

    /// Remembers what a block consists of; the oldest blocks are forgotten for it.
    pub(super) fn remember(&mut self, block: u32, pieces: Vec<Piece>) {
        self.pieces += pieces.len();
        for piece in &pieces {
            self.of_entry.entry((piece.stream, piece.seq)).or_default().push(block);
        }
        self.blocks.insert(block, Composition { pieces, passes: 0, round: self.round });
        while self.pieces > limits::REMEMBERED_PIECES {
            let Some(oldest) = self.blocks.keys().next().copied() else { break };
            self.forget(oldest);
        }
    }

    /// New blocks have left: each is repeated soon, and the rounds begin to follow fast again.
    pub(super) fn left(&mut self, blocks: &[u32], now: Duration) {
        let due = now + Duration::from_millis(limits::FIRST_REPEAT_MS);
        self.soon.extend(blocks.iter().map(|block| (due, *block)));
        self.pause = Duration::from_secs(limits::ROUND_SECONDS.0);
        self.next_round = self.next_round.min(now + self.pause);
    }

    /// A block whose first repeat is due.
    pub(super) fn due(&mut self, now: Duration) -> Option<u32> {
        let (_, block) = self.soon.pop_front_if(|(due, _)| *due <= now)?;
        Some(block)
    }

    /// Whether a round is under way, or should begin.
    pub(super) fn wants_a_round(&self, now: Duration) -> bool {
        !self.walking.is_empty() || now >= self.next_round
    }

    /// Whether a round is under way.
    pub(super) fn is_walking(&self) -> bool {
        !self.walking.is_empty()
    }

    /// Begins a round over these journals.
    pub(super) fn begin_round(&mut self, journals: Vec<Walking>, now: Duration) {
        self.round += 1;
        self.walking = journals.into();
        let longest = Duration::from_secs(limits::ROUND_SECONDS.1);
        self.next_round = now + self.pause;
        self.pause = (self.pause * 2).min(longest);
    }

    /// The next of a round.
    pub(super) fn step(&mut self, outbox: &Outbox, verify: impl Fn(&[u8]) -> Option<Pending>) -> Step {
        let Some(walking) = self.walking.front_mut() else { return Step::End };
        if walking.position >= walking.end {
            self.walking.pop_front();
            return if self.walking.is_empty() { Step::End } else { Step::Nothing };
        }
        let Some((line, position)) = line_at(outbox, walking.stream, walking.position) else {
            self.walking.pop_front();
            return Step::Nothing;
        };
        let start = walking.position;
        walking.position = position;
        let (stream, acknowledged) = (walking.stream, walking.acknowledged);
        let Ok(claim) = Entry::parse(&line) else { return Step::Nothing };
        let seq = claim.fields().seq;
        if claim.fields().stream != stream || seq.value() <= acknowledged {
            return Step::Nothing;
        }
        let Some(blocks) = self.of_entry.get(&(stream, seq)) else {
            let pending = verify(&line).map(|pending| Box::new(Pending { start, ..pending }));
            return pending.map_or(Step::Nothing, Step::Entry);
        };
        let fresh = blocks
            .iter()
            .copied()
            .find(|block| self.blocks.get(block).is_some_and(|composition| composition.round < self.round));
        let Some(block) = fresh else { return Step::Nothing };
        if let Some(walking) = self.walking.front_mut() {
            // The entry may have more blocks: it is come by again.
            walking.position = start;
        }
        if let Some(composition) = self.blocks.get_mut(&block) {
            composition.round = self.round;
        }
        Step::Block(block)
    }

    /// Puts a block together again, for its next pass. `None` if it cannot be had as it was; then it is forgotten.
    pub(super) fn rebuild(&mut self, block: u32, outbox: &Outbox, mut draft: Draft) -> Option<(Filled, u16)> {
        let composition = self.blocks.get_mut(&block)?;
        composition.passes = composition.passes.saturating_add(1);
        composition.round = self.round;
        let passes = composition.passes;
        let mut opened: Option<(Seq, Vec<u8>, Option<File>)> = None;
        let is_whole = composition.pieces.iter().all(|piece| {
            if opened.as_ref().is_none_or(|(seq, _, _)| *seq != piece.seq) {
                opened = open(outbox, piece);
            }
            opened.as_ref().is_some_and(|(_, line, file)| put(piece.part, line, file.as_ref(), &mut draft))
        });
        let filled = draft.finish().filter(|_| is_whole);
        if filled.is_none() {
            self.forget(block);
        }
        Some((filled?, passes))
    }

    fn forget(&mut self, block: u32) {
        let Some(composition) = self.blocks.remove(&block) else { return };
        self.pieces = self.pieces.saturating_sub(composition.pieces.len());
        for piece in composition.pieces {
            let name = (piece.stream, piece.seq);
            if let Some(blocks) = self.of_entry.get_mut(&name) {
                blocks.retain(|other| *other != block);
                if blocks.is_empty() {
                    self.of_entry.remove(&name);
                }
            }
        }
    }
}

fn open(outbox: &Outbox, piece: &Piece) -> Option<(Seq, Vec<u8>, Option<File>)> {
    let (line, _) = line_at(outbox, piece.stream, piece.start)?;
    if piece.part.length == 0 {
        return Some((piece.seq, line, None));
    }
    let entry = Entry::parse(&line).ok()?;
    let file = regular_file::open(&outbox.item(&entry.fields().item)).ok()?;
    let has_its_size = file.metadata().is_ok_and(|found| found.len() == entry.fields().size);
    has_its_size.then_some((piece.seq, line, Some(file)))
}

fn put(part: Part, line: &[u8], file: Option<&File>, draft: &mut Draft) -> bool {
    let Some(room) = draft.add(line, part.offset, part.length) else { return false };
    room.len() as u64 == part.length
        && (room.is_empty() || file.is_some_and(|file| file.read_exact_at(room, part.offset).is_ok()))
}

/// A line of a journal, and the byte after it.
fn line_at(outbox: &Outbox, stream: StreamId, start: u64) -> Option<(Vec<u8>, u64)> {
    let mut reader = LineReader::open_at(&outbox.journal(&stream), LONGEST_LINE, start).ok()?;
    let line = reader.next_line().ok()??;
    Some((line, reader.position()))
}
