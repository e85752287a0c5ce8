//! The way up: from the unit where a part starts to the first that may have it (DOMAIN 7.5, 7.7).

use nightsafe_schema::{
    division::DivisionCode,
    routing_table::{Queue, Wanted},
    unit::{Level, System, UnitId},
};

use super::{Candidate, Outcome, Part, Tables, forbidden::ForbiddenSet};

/// The search for units, and the record of it.
pub(super) struct Search<'a> {
    tables: Tables<'a>,
    forbidden: &'a ForbiddenSet,
    /// Every unit that was considered.
    pub(super) candidates: Vec<Candidate>,
    /// Whether a forbidden unit was passed over.
    pub(super) climbed: bool,
}

impl<'a> Search<'a> {
    pub(super) const fn new(tables: Tables<'a>, forbidden: &'a ForbiddenSet) -> Self {
        Self { tables, forbidden, candidates: Vec::new(), climbed: false }
    }

    /// The first unit from `start` upwards that may have this part. Never downwards and never sideways.
    pub(super) fn upwards(
        &mut self,
        part: Part,
        start: Level,
        place: DivisionCode,
        outcome: Outcome,
    ) -> Option<UnitId> {
        let mut blocked = false;
        for level in std::iter::successors(Some(start), |level| level.above()) {
            let unit = self.at(part, level, place);
            let verdict = self.verdict(unit.as_ref(), blocked, outcome);
            self.record(part, level, place, unit.clone(), verdict);
            if verdict == outcome {
                return unit;
            }
            blocked |= verdict == Outcome::Forbidden;
            self.climbed |= blocked;
        }
        None
    }

    /// The police units of these levels that get a copy: each that exists and may have one.
    pub(super) fn copies(&mut self, part: Part, levels: &[Level], place: DivisionCode, holder: &UnitId) -> Vec<UnitId> {
        let mut copies = Vec::new();
        for &level in levels {
            let unit = self.at(part, level, place);
            let verdict = self.verdict(unit.as_ref(), false, Outcome::Copied);
            if unit.as_ref() == Some(holder) {
                continue;
            }
            self.record(part, level, place, unit.clone(), verdict);
            if let (Outcome::Copied, Some(unit)) = (verdict, unit)
                && !copies.contains(&unit)
            {
                copies.push(unit);
            }
        }
        copies
    }

    /// The national pool, if it may have it.
    pub(super) fn pool(&mut self, part: Part) -> Option<UnitId> {
        let wanted =
            Wanted { queue: Queue::Pool, system: System::OFFICE, level: Level::Nation, division: DivisionCode::NATION };
        let unit = self.tables.table.unit_for(wanted, self.tables.divisions, self.tables.units).ok();
        let verdict = self.verdict(unit.as_ref(), false, Outcome::Taken);
        self.record(part, Level::Nation, DivisionCode::NATION, unit.clone(), verdict);
        unit.filter(|_| verdict == Outcome::Taken)
    }

    fn at(&self, part: Part, level: Level, division: DivisionCode) -> Option<UnitId> {
        let (queue, system) = part.queue();
        let wanted = Wanted { queue, system, level, division };
        self.tables.table.unit_for(wanted, self.tables.divisions, self.tables.units).ok()
    }

    /// A unit that takes over from a forbidden one stands strictly above every accused unit.
    fn verdict(&self, unit: Option<&UnitId>, blocked: bool, outcome: Outcome) -> Outcome {
        let Some(unit) = unit else { return Outcome::Missing };
        if self.forbidden.contains(unit) {
            return Outcome::Forbidden;
        }
        let level = self.tables.units.unit(unit).map(|unit| unit.level);
        let above = self.forbidden.highest().is_none_or(|highest| level.is_some_and(|level| level.is_above(highest)));
        if blocked && !above { Outcome::NotAbove } else { outcome }
    }

    fn record(&mut self, part: Part, level: Level, place: DivisionCode, unit: Option<UnitId>, outcome: Outcome) {
        let at = level.division_level().and_then(|level| self.tables.divisions.at_level(place, level));
        let division = if level == Level::Nation { DivisionCode::NATION } else { at.unwrap_or(place) };
        self.candidates.push(Candidate { part, level, division, unit, outcome });
    }
}

impl Part {
    /// The table's queue and system for a part.
    pub(super) const fn queue(self) -> (Queue, &'static str) {
        match self {
            Self::Crime => (Queue::Crime, System::POLICE),
            Self::Official => (Queue::Official, System::DISC),
            Self::Sector => (Queue::Sector, System::OFFICE),
            Self::Supplement => (Queue::Pool, System::OFFICE),
        }
    }
}
