//! Where a report goes, and where it must never go (DOMAIN 7).
//!
//! ```text
//! report ─▶ place ─▶ accused ─▶ forbidden set F ─▶ a level for each part ─▶ upwards until not in F ─▶ Decision
//! ```
//!
//! A pure function of the report, its triage and the tables. Whatever it cannot tell it takes for the worse: a name that
//! fits several units forbids them all, an unknown unit is looked for one level up, and what nobody may have is sealed.

mod accused;
mod decision;
mod forbidden;
mod level;
mod naming;
mod place;
mod search;
mod served;

use std::collections::BTreeSet;

use jiff::civil::Date;
use nightsafe_schema::{
    catalog::Catalog,
    division::{DivisionCode, Divisions},
    officer::Officers,
    report::{Flow, Report},
    routing_table::{MissingRow, Queue, RoutingTable, Wanted},
    unit::{Level, System, UnitId, UnitRegistry},
};

pub use self::decision::{Candidate, Decision, Forbidden, Ground, Outcome, Part, Task, Widening};
use self::{accused::Accused, forbidden::ForbiddenSet, level::Start, naming::Names, search::Search, served::Served};
use crate::triage::{Priority, Triage, claims_umbrella};

/// The tables that decisions are made by.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// Which unit has which queue.
    pub table: &'a RoutingTable,
    /// Who stands above whom.
    pub units: &'a UnitRegistry,
    /// What lies in what.
    pub divisions: &'a Divisions,
    /// Word lists and campaigns.
    pub catalog: &'a Catalog,
}

/// Routes reports. Made once for many reports: it reads the names of all units.
pub struct Router<'a> {
    tables: Tables<'a>,
    names: Names<'a>,
    served: Option<Served<'a>>,
}

/// The routing table lacks a row that some report will need: an error at the start, never a guess at two in the morning.
#[derive(Debug, thiserror::Error)]
#[error("the routing table is incomplete")]
pub struct IncompleteTable(#[source] MissingRow);

/// What a report's own words say about who must not see it.
struct Suspicion<'a> {
    place: Option<DivisionCode>,
    rules: Vec<&'static str>,
    accused: Vec<Accused<'a>>,
    forbidden: ForbiddenSet,
}

impl<'a> Router<'a> {
    /// A router by these tables, if the routing table has every row that the rules ask for.
    pub fn new(tables: Tables<'a>) -> Result<Self, IncompleteTable> {
        for (queue, system, level) in NEEDED {
            let wanted = Wanted { queue, system, level, division: DivisionCode::NATION };
            let answer = tables.table.unit_for(wanted, tables.divisions, tables.units);
            if let Err(missing @ MissingRow::Row { .. }) = answer {
                return Err(IncompleteTable(missing));
            }
        }
        Ok(Self { tables, names: Names::new(tables.units, tables.divisions), served: None })
    }

    /// The same router with the officers register as of a day: where named officers worked within two years of it.
    #[must_use]
    pub fn with_officers(self, officers: &'a Officers, on: Date) -> Self {
        Self { served: Some(Served { officers, on }), ..self }
    }

    /// Where a report goes.
    pub fn route(&self, report: &Report, triage: &Triage) -> Decision {
        self.decided(report, triage, self.suspicion(report, None))
    }

    /// Where a case goes after something was added to it: what was forbidden stays so, what supplements say is added.
    pub fn route_again(
        &self,
        report: &Report,
        supplements: &[Report],
        triage: &Triage,
        place: Option<DivisionCode>,
        known: &[Forbidden],
    ) -> Decision {
        let mut suspicion = self.suspicion(report, place);
        for supplement in supplements {
            let more = self.suspicion(supplement, suspicion.place);
            suspicion.accused.extend(more.accused);
            suspicion.forbidden.add(more.forbidden);
        }
        suspicion.forbidden.inherit(known, &self.tables);
        self.decided(report, triage, suspicion)
    }

    fn decided(&self, report: &Report, triage: &Triage, suspicion: Suspicion<'_>) -> Decision {
        let Suspicion { place, mut rules, accused, forbidden } = suspicion;
        let mut search = Search::new(self.tables, &forbidden);
        let parts = parts(report, &accused);
        if parts.len() > 1 {
            rules.push("R_SPLIT");
        }
        let mut tasks = Vec::new();
        for &part in &parts {
            let start = self.start(part, report, triage, place, &accused, &forbidden);
            rules.extend(&start.rules);
            if start.division.is_none() {
                rules.push("R_POOL");
            }
            tasks.extend(find(part, &start, triage, parts.len() == 1, &mut search));
        }
        let Search { candidates, climbed, .. } = search;
        if climbed {
            rules.push("R_CLIMB");
        }
        if tasks.iter().any(|task: &Task| task.part == Part::Sector) && triage.escalate {
            rules.push("R_ESCALATE");
        }
        // 7.5: a national unit is accused, or for some part nobody is left. A case is seen as a whole, so it is sealed
        // as a whole.
        let sealed = forbidden.highest() == Some(Level::Nation) || tasks.len() < parts.len();
        if sealed {
            tasks.clear();
            rules.push("R_SEALED");
        }
        let mut seen = BTreeSet::new();
        rules.retain(|rule| seen.insert(*rule));
        Decision {
            tasks,
            forbidden: forbidden.recorded(),
            candidates,
            rules: rules.into_iter().map(str::to_owned).collect(),
            place,
            sealed,
            table: self.tables.table.version().to_string(),
            units: self.tables.units.version().to_string(),
            officers: self.served.map(|served| served.officers.version().to_string()).unwrap_or_default(),
        }
    }

    /// The units that a supplement adds to the forbidden set of its case, if any. `place` is the case's.
    pub fn widening(
        &self,
        supplement: &Report,
        place: Option<DivisionCode>,
        known: &BTreeSet<UnitId>,
    ) -> Option<Widening> {
        let found = self.suspicion(supplement, place).forbidden.recorded();
        let added: Vec<Forbidden> = found.into_iter().filter(|forbidden| !known.contains(&forbidden.unit)).collect();
        (!added.is_empty()).then_some(Widening { added })
    }

    fn suspicion(&self, report: &Report, known_place: Option<DivisionCode>) -> Suspicion<'a> {
        let Tables { divisions, catalog, .. } = self.tables;
        let known = known_place.map(|place| (place, Vec::new()));
        let of_facts = known.or_else(|| place::of_facts(report, divisions));
        let near = of_facts.as_ref().map(|(place, _)| *place);
        let accused = accused::in_fields(report, near, &self.names, catalog);
        let found = of_facts.or_else(|| {
            let workplace = accused.iter().find_map(|accused| accused.division);
            place::otherwise(report, workplace, divisions, catalog)
        });
        let (place, rules) = found.map_or((None, Vec::new()), |(place, rules)| (Some(place), rules));
        let mut forbidden = ForbiddenSet::of(report, &accused, place, &self.names, &self.tables);
        if let Some(served) = self.served {
            served.forbid(report, place, &self.names, &self.tables, &mut forbidden);
        }
        Suspicion { place, rules, accused, forbidden }
    }

    fn start(
        &self,
        part: Part,
        report: &Report,
        triage: &Triage,
        place: Option<DivisionCode>,
        accused: &[Accused<'_>],
        forbidden: &ForbiddenSet,
    ) -> Start {
        let divisions = self.tables.divisions;
        let suspected = triage.police_suspected && forbidden.suspects_police();
        match part {
            Part::Crime => level::of_crime(triage, place, place::reach(report, place, divisions), suspected),
            Part::Official => level::of_officials(accused, place, divisions),
            Part::Sector => level::of_sector(place, suspected),
            Part::Supplement => Start { level: Level::Nation, division: None, rules: vec![] },
        }
    }
}

/// 7.1: gang facts and officials are two linked tasks.
fn parts(report: &Report, accused: &[Accused<'_>]) -> Vec<Part> {
    match report.flow() {
        Flow::OfficerMisconduct => vec![Part::Official],
        Flow::SectorDisorder => vec![Part::Sector],
        Flow::Supplement => vec![Part::Supplement],
        Flow::GangCrime if claims_umbrella(report) || accused.iter().any(|accused| accused.official) => {
            vec![Part::Crime, Part::Official]
        }
        Flow::GangCrime => vec![Part::Crime],
    }
}

/// The task of one part; none if nobody may have it.
fn find(part: Part, start: &Start, triage: &Triage, alone: bool, search: &mut Search<'_>) -> Option<Task> {
    let urgent = triage.priority == Priority::P0;
    let Some(place) = start.division else {
        let unit = search.pool(part)?;
        let above: &[Level] = if urgent && part != Part::Official { &[Level::Nation] } else { &[] };
        let copies = search.copies(Part::Crime, above, DivisionCode::NATION, &unit);
        return Some(Task { part, unit, copies });
    };
    let unit = search.upwards(part, start.level, place, Outcome::Taken)?;
    let copies = match part {
        Part::Crime if urgent => search.copies(Part::Crime, &SUPERIORS, place, &unit),
        Part::Official if urgent && alone => search.copies(Part::Official, &SUPERIORS, place, &unit),
        Part::Sector if urgent || triage.escalate => {
            let level = if urgent { Level::Prefecture } else { Level::County };
            let police = search.upwards(Part::Crime, level, place, Outcome::Copied);
            let mut copies: Vec<UnitId> = police.into_iter().collect();
            let superiors = if urgent { search.copies(Part::Crime, &SUPERIORS, place, &unit) } else { Vec::new() };
            copies.extend(superiors.into_iter().filter(|unit| !copies.contains(unit)).collect::<Vec<_>>());
            copies
        }
        _ => Vec::new(),
    };
    Some(Task { part, unit, copies })
}

/// Who is told of what is urgent.
const SUPERIORS: [Level; 2] = [Level::Province, Level::Nation];

/// The rows that the rules ask for.
const NEEDED: [(Queue, &str, Level); 21] = {
    use Level::{County, Nation, Prefecture, Province};
    [
        (Queue::Crime, System::POLICE, County),
        (Queue::Crime, System::POLICE, Prefecture),
        (Queue::Crime, System::POLICE, Province),
        (Queue::Crime, System::POLICE, Nation),
        (Queue::Official, System::DISC, County),
        (Queue::Official, System::DISC, Prefecture),
        (Queue::Official, System::DISC, Province),
        (Queue::Official, System::DISC, Nation),
        (Queue::Sector, System::OFFICE, County),
        (Queue::Sector, System::OFFICE, Prefecture),
        (Queue::Sector, System::OFFICE, Province),
        (Queue::Sector, System::OFFICE, Nation),
        (Queue::Coordination, System::OFFICE, County),
        (Queue::Coordination, System::OFFICE, Prefecture),
        (Queue::Coordination, System::OFFICE, Province),
        (Queue::Coordination, System::OFFICE, Nation),
        (Queue::Coordination, System::PLC, County),
        (Queue::Coordination, System::PLC, Prefecture),
        (Queue::Coordination, System::PLC, Province),
        (Queue::Coordination, System::PLC, Nation),
        (Queue::Pool, System::OFFICE, Nation),
    ]
};

impl std::fmt::Debug for Router<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").finish_non_exhaustive()
    }
}
