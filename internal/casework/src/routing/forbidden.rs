//! The forbidden set F (DOMAIN 7.4): who must never see the report, each with its grounds.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_schema::{
    division::DivisionCode,
    report::Report,
    routing_table::{Queue, Wanted},
    unit::{Level, System, UnitId},
};

use super::{
    Forbidden, Ground, Tables,
    accused::{self, Accused, Body},
    naming::Names,
};

/// The forbidden units of a report, closed under descendants and organs.
#[derive(Debug, Default)]
pub(super) struct ForbiddenSet {
    grounds: BTreeMap<UnitId, BTreeSet<Ground>>,
    highest: Option<Level>,
    suspected: bool,
}

impl ForbiddenSet {
    /// All grounds that one report gives.
    pub(super) fn of(
        report: &Report,
        accused: &[Accused<'_>],
        place: Option<DivisionCode>,
        names: &Names<'_>,
        tables: &Tables<'_>,
    ) -> Self {
        let mut set = Self::default();
        for accused in accused {
            set.accuse(accused, tables);
        }
        for (field, units) in accused::in_text(report, names, tables.catalog) {
            set.units(units.iter().map(|unit| &unit.id), "F_SUSPECTED", field, tables);
            let level = units.iter().map(|unit| unit.level.min(Level::County)).min();
            set.reaches(level);
        }
        if accused::police_in_text(report, accused, tables.catalog) {
            set.suspect_local_police(place, tables);
        }
        for (field, units) in accused::handled_before(report, place, names) {
            set.units(units.iter().map(|unit| &unit.id), "F_DISPUTED", &field, tables);
        }
        set
    }

    /// Adds another set.
    pub(super) fn add(&mut self, other: Self) {
        for (unit, grounds) in other.grounds {
            self.grounds.entry(unit).or_default().extend(grounds);
        }
        self.reaches(other.highest);
        self.suspected |= other.suspected;
    }

    /// Adds what was forbidden before, or in another case of its series; closed anew under descendants.
    pub(super) fn inherit(&mut self, known: &[Forbidden], tables: &Tables<'_>) {
        for Forbidden { unit, why } in known {
            for ground in why {
                self.grounds.entry(unit.clone()).or_default().insert(ground.clone());
            }
            let organ = tables.units.organ_of(unit).map_or(unit, |organ| &organ.id);
            for below in tables.units.descendants(organ) {
                self.ground(below, "F_BELOW", organ.as_str());
            }
            let accused = why.iter().any(|ground| ACCUSED.contains(&ground.rule.as_str()));
            let level = tables.units.unit(unit).map(|unit| unit.level.min(Level::County));
            self.reaches(level.filter(|_| accused));
        }
    }

    /// Whether a unit must never see it.
    pub(super) fn contains(&self, unit: &UnitId) -> bool {
        self.grounds.contains_key(unit)
    }

    /// The highest level of an accused unit; a unit that takes over stands strictly above it.
    pub(super) const fn highest(&self) -> Option<Level> {
        self.highest
    }

    /// Whether the local police were added because the text names them.
    pub(super) const fn suspects_police(&self) -> bool {
        self.suspected
    }

    /// The set as a decision records it.
    pub(super) fn recorded(self) -> Vec<Forbidden> {
        let record = |(unit, why): (UnitId, BTreeSet<Ground>)| Forbidden { unit, why: why.into_iter().collect() };
        self.grounds.into_iter().map(record).collect()
    }

    fn accuse(&mut self, accused: &Accused<'_>, tables: &Tables<'_>) {
        match &accused.body {
            Body::Units(units) => {
                let rule = if units.len() > 1 { "F_AMBIGUOUS" } else { "F_ACCUSED" };
                self.units(units.iter().map(|unit| &unit.id), rule, &accused.field, tables);
            }
            Body::Government(division) => {
                let within =
                    |code: Option<DivisionCode>| code.is_some_and(|code| tables.divisions.contains(*division, code));
                let units = tables.units.units().filter(|unit| within(unit.division)).map(|unit| &unit.id);
                self.units(units, "F_GOVERNMENT", &accused.field, tables);
            }
            Body::Other => {}
        }
        self.reaches(accused.level);
        if let (true, Some(level), Some(division)) = (accused.head, accused.level, accused.division) {
            self.coordinating(level, division, &accused.field, tables);
        }
    }

    /// 7.4 c: a unit where a named officer works or worked.
    pub(super) fn served(&mut self, unit: &UnitId, field: &str, tables: &Tables<'_>) {
        self.units([unit], "F_SERVED", field, tables);
    }

    /// The same, and the officer headed it.
    pub(super) fn headed(&mut self, level: Level, division: DivisionCode, field: &str, tables: &Tables<'_>) {
        self.coordinating(level, division, field, tables);
    }

    /// 7.4 d: the offices that coordinate with an accused head.
    fn coordinating(&mut self, level: Level, division: DivisionCode, field: &str, tables: &Tables<'_>) {
        for system in [System::OFFICE, System::PLC] {
            let wanted = Wanted { queue: Queue::Coordination, system, level, division };
            if let Ok(unit) = tables.table.unit_for(wanted, tables.divisions, tables.units) {
                self.units([&unit], "F_HEAD", field, tables);
            }
        }
    }

    /// 7.6: the police of the place's county; of its prefecture, if no county is known.
    fn suspect_local_police(&mut self, place: Option<DivisionCode>, tables: &Tables<'_>) {
        let Some(place) = place else { return };
        for level in [Level::County, Level::Prefecture] {
            let wanted = Wanted { queue: Queue::Crime, system: System::POLICE, level, division: place };
            if let Ok(unit) = tables.table.unit_for(wanted, tables.divisions, tables.units) {
                self.units([&unit], "F_SUSPECTED", "facts.narrative", tables);
                self.reaches(Some(level));
                self.suspected = true;
                return;
            }
        }
    }

    /// Forbids units, what they count as, and everything below.
    fn units<'u>(
        &mut self,
        units: impl IntoIterator<Item = &'u UnitId>,
        rule: &'static str,
        from: &str,
        tables: &Tables<'_>,
    ) {
        for unit in units {
            self.ground(unit, rule, from);
            let organ = tables.units.organ_of(unit).map_or(unit, |organ| &organ.id);
            if organ != unit {
                self.ground(organ, "F_ORGAN", unit.as_str());
            }
            for below in tables.units.descendants(organ) {
                self.ground(below, "F_BELOW", organ.as_str());
            }
        }
    }

    fn ground(&mut self, unit: &UnitId, rule: &'static str, from: &str) {
        let ground = Ground { rule: rule.to_owned(), from: from.to_owned() };
        self.grounds.entry(unit.clone()).or_default().insert(ground);
    }

    fn reaches(&mut self, level: Option<Level>) {
        self.highest = self.highest.into_iter().chain(level).min();
    }
}

/// The grounds of units that are accused themselves, above which whoever takes over must stand.
const ACCUSED: [&str; 5] = ["F_ACCUSED", "F_AMBIGUOUS", "F_GOVERNMENT", "F_SUSPECTED", "F_PERSON"];
