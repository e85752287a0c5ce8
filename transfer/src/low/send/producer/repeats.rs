//! What is repeated when nothing new waits: first what is due for its first repeat, then what a round comes by.

use std::collections::BTreeMap;

use nightsafe_schema::journal::{EntryFields, StreamId};
use nightsafe_schema::time::Clock as _;

use super::{Producer, ProducerError};
use crate::limits;
use crate::low::memory::Memory;
use crate::low::send::carousel::{Step, Walking};
use crate::low::send::lanes::{Group, Lane};
use crate::low::send::outlook::{Outlook, Pending};

impl Producer<'_> {
    /// Repeats what is due, else what a round comes by.
    pub(super) fn repeat(&mut self) -> Result<bool, ProducerError> {
        let now = self.clock.elapsed();
        if self.repeat.is_some() || !self.again.is_empty() {
            return self.pack(Lane::Repeat);
        }
        let mut blocks = Vec::new();
        while let Some(block) = self.carousel.due(now) {
            blocks.push(block);
            if blocks.len() >= self.interleave {
                break;
            }
        }
        if blocks.is_empty() && self.carousel.wants_a_round(now) {
            if !self.carousel.is_walking() {
                self.carousel.begin_round(self.outlook.journals(&self.acknowledged), now);
            }
            self.walk(&mut blocks);
        }
        let mut group = Group { lane: Lane::Repeat, blocks: Vec::new(), ends: Vec::new() };
        for block in blocks {
            let rebuilt = self.carousel.rebuild(block, &self.outlook.outbox, self.maker.draft());
            if let Some((filled, pass)) = rebuilt {
                group.blocks.push(self.maker.again(block, filled, pass).map_err(ProducerError::Code)?);
            }
        }
        let made = !group.blocks.is_empty();
        if made {
            self.lanes.push(group);
        }
        Ok(made || !self.again.is_empty())
    }

    /// Goes on with a round until there is enough for a group.
    fn walk(&mut self, blocks: &mut Vec<u32>) {
        let gateways = &self.outlook.gateways;
        let verify = |line: &[u8]| {
            let (entry, _) = gateways.verify::<EntryFields>(line).ok()?;
            Some(Pending { entry, start: 0 })
        };
        for _ in 0..limits::READ_AHEAD {
            match self.carousel.step(&self.outlook.outbox, verify) {
                Step::Block(block) => blocks.push(block),
                Step::Entry(pending) => self.again.push_back(*pending),
                Step::Nothing => {}
                Step::End => return,
            }
            if blocks.len() >= self.interleave || self.again.len() >= AGAIN {
                return;
            }
        }
    }
}

/// Up to where each stream is acknowledged: place, and the byte after its line.
pub(super) fn acknowledged(memory: &Memory) -> BTreeMap<StreamId, (u64, u64)> {
    let of = |(stream, memory): (&StreamId, &crate::low::memory::StreamMemory)| {
        (*stream, (memory.acknowledged, memory.forgotten.map_or(0, |forgotten| forgotten.position)))
    };
    memory.streams.iter().map(of).collect()
}

impl Outlook {
    /// What a round of repeats goes through: everything that was sent and is not acknowledged.
    fn journals(&self, acknowledged: &BTreeMap<StreamId, (u64, u64)>) -> Vec<Walking> {
        let walking = |(stream, end): (StreamId, u64)| {
            let (acknowledged, position) = acknowledged.get(&stream).copied().unwrap_or_default();
            Walking { stream, position, end, acknowledged }
        };
        self.reached().map(walking).filter(|walking| walking.position < walking.end).collect()
    }
}

/// Entries that are packed anew in one go of a round.
const AGAIN: usize = 256;
