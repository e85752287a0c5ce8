//! What an export remembers of a volume that is complete on the medium, and of the flaws it passed by.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightsafe_runtime::failpoint;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::volume::VolumeNumber;

use super::ExportError;
use crate::failpoints;
use crate::limits;
use crate::low::flaw::{Flaw, NotedFlaw};
use crate::low::memory::{Held, HeldBack};
use crate::low::plan::{Plan, PlannedEntry};
use crate::low::side::LowSide;
use crate::low::strays;

impl LowSide {
    /// Remembers a volume and what went into it. `outcomes` stand in the order of the plan's entries.
    pub(super) fn remember(
        &mut self,
        plan: &Plan,
        number: VolumeNumber,
        outcomes: &[Option<Held>],
        now: Timestamp,
    ) -> Result<(), ExportError> {
        for (planned, held) in plan.entries.iter().zip(outcomes) {
            self.remember_entry(planned, *held, now);
        }
        for (stream, head) in &plan.heads {
            self.memory.streams.entry(*stream).or_default().head = Some(head.digest());
        }
        self.memory.last_volume = number.value();
        self.health.newest_volume = Some(now);
        self.remember_positions(plan)?;
        failpoint::hit(failpoints::EXPORT_STATE_WRITTEN);
        Ok(())
    }

    fn remember_entry(&mut self, planned: &PlannedEntry, held: Option<Held>, now: Timestamp) {
        let fields = planned.entry.fields();
        let memory = self.memory.streams.entry(fields.stream).or_default();
        memory.resend.remove(fields.seq);
        let place = fields.seq.value();
        let before = memory.held.remove(&place);
        let Some(why) = held.filter(|_| place > memory.acknowledged) else { return };
        if before.is_none_or(|before| before.why != why) {
            tracing::error!(stream = %fields.stream, seq = place, reason = why.words().1, "item held back");
        }
        memory.held.insert(place, HeldBack { why, since: before.map_or(now, |before| before.since) });
    }

    /// Remembers how far the journals have been exported.
    pub(super) fn remember_positions(&mut self, plan: &Plan) -> Result<(), ExportError> {
        for (stream, reached) in &plan.reached {
            let memory = self.memory.streams.entry(*stream).or_default();
            memory.position = reached.position;
            memory.last = reached.last;
            for (seq, position) in &reached.marks {
                memory.mark(*seq, *position);
            }
        }
        self.save_memory()
    }

    /// Writes the memory, if it changed.
    pub(super) fn save_memory(&mut self) -> Result<(), ExportError> {
        if self.memory != self.remembered {
            self.memory.save(&self.state).map_err(ExportError::Memory)?;
            self.remembered = self.memory.clone();
        }
        Ok(())
    }

    /// Remembers flaws that the one-way link passed by.
    pub(crate) fn note_passed_by(&mut self, flaws: &[Flaw], now: Timestamp) {
        for flaw in flaws.iter().filter(|flaw| flaw.kind.is_passed_by()) {
            let memory = self.memory.streams.entry(flaw.stream).or_default();
            if !memory.knows(flaw) {
                tracing::error!(stream = %flaw.stream, position = flaw.position, reason = flaw.kind.words().1, "outbox");
                memory.note(flaw.clone(), now);
            }
        }
        if let Err(error) = self.save_memory() {
            tracing::error!(reason = crate::trouble::chain(&error), "a flaw of the outbox was not written down");
        }
    }

    /// What an export does beside exporting, for a side that only sends: the search for strays, and the last success.
    pub(crate) fn look_after(&mut self, now: Timestamp) -> Result<(), ExportError> {
        self.seek_strays(now)?;
        if crate::low::status::remembered_troubles(self).is_empty() {
            self.health.last_success = Some(now);
        }
        self.health.save(&self.state).map_err(ExportError::Health)
    }

    /// Remembers the flaws of a plan: those that it passes by, and those that will show again by themselves.
    pub(super) fn note_flaws(&mut self, plan: &Plan, now: Timestamp) {
        let mut standing: BTreeMap<StreamId, Vec<NotedFlaw>> = BTreeMap::new();
        for flaw in &plan.flaws {
            let memory = self.memory.streams.entry(flaw.stream).or_default();
            if memory.knows(flaw) {
                continue;
            }
            let since = memory.stands_since(flaw);
            if since.is_none() {
                tracing::error!(stream = %flaw.stream, position = flaw.position, reason = flaw.kind.words().1, "outbox");
            }
            if flaw.kind.is_passed_by() {
                memory.note(flaw.clone(), now);
            } else {
                let noted = NotedFlaw { flaw: flaw.clone(), since: since.unwrap_or(now) };
                standing.entry(flaw.stream).or_default().push(noted);
            }
        }
        for (stream, memory) in &mut self.memory.streams {
            memory.standing = standing.remove(stream).unwrap_or_default();
        }
    }

    /// Looks for items that no entry names, if that was not done lately.
    pub(super) fn seek_strays(&mut self, now: Timestamp) -> Result<(), ExportError> {
        let every = SignedDuration::from_hours(limits::STRAYS_EVERY_HOURS);
        // A clock that was set back does not put the search off.
        let is_recent = |sought: Timestamp| now.duration_since(sought).abs() < every;
        if self.health.strays_sought.is_some_and(is_recent) {
            self.memory.strays.open.retain(|item, _| self.outbox.item(item).exists());
            return self.save_memory();
        }
        let found = strays::search(&self.outbox, now).map_err(ExportError::Plan)?;
        self.memory.strays.update(&found, now);
        self.health.strays_sought = Some(now);
        self.save_memory()
    }
}
