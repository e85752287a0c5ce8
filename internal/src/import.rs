//! Importing the tables that the rules work on: a dry run that says what would change, then the same as an event.
//!
//! A file is read whole and checked whole, together with all other tables; nothing is half applied. What is in force is
//! what the configuration names with the last imports over it, read from the ledger at each start: so after an import the
//! daemon opens its site anew.

mod difference;
mod users;

use nightsafe_casework::{
    event::{Body, Table, TableImported},
    workflow::Step,
};
use nightsafe_schema::{digest::Digest, unit::UnitId};

pub(crate) use self::{difference::Difference, users::NewUsers};
use crate::{
    config::Config,
    data::{Data, DataError},
    limits,
    records::{NewEvent, RecordError, Records, typed},
    register::Register,
};

/// The texts that were imported last; none where the configuration alone counts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Imported {
    pub(crate) units: Option<String>,
    pub(crate) routing: Option<String>,
    pub(crate) calendar: Option<String>,
    pub(crate) officers: Option<String>,
    pub(crate) gates: Option<String>,
}

impl Imported {
    /// As the ledger has them.
    pub(crate) fn read(records: &Records) -> Result<Self, RecordError> {
        let mut imported = Self::default();
        for table in Table::ALL {
            let parts = records.register().imported(table).to_vec();
            let mut text = String::new();
            for event in records.events(&parts)? {
                if let Some(Body::TableImported(part)) = typed(&event)? {
                    text.push_str(&part.text);
                }
            }
            if !parts.is_empty() {
                imported.set(table, text);
            }
        }
        Ok(imported)
    }

    /// The same with one of them replaced.
    pub(crate) fn with(&self, table: Table, text: &str) -> Self {
        let mut imported = self.clone();
        imported.set(table, text.to_owned());
        imported
    }

    fn set(&mut self, table: Table, text: String) {
        match table {
            Table::Units => self.units = Some(text),
            Table::Routing => self.routing = Some(text),
            Table::Calendar => self.calendar = Some(text),
            Table::Officers => self.officers = Some(text),
            Table::Gates => self.gates = Some(text),
            Table::Users => {}
        }
    }
}

/// A file that can take a table's place.
pub(crate) struct Candidate {
    /// What would change.
    pub(crate) difference: Difference,
    /// Units that would be gone.
    pub(crate) gone: Vec<UnitId>,
    table: Table,
    text: String,
}

impl Candidate {
    /// Reads a file as the new table; everything that is in force must still hold together with it.
    pub(crate) fn read(
        config: &Config,
        records: &Records,
        now: &Data,
        table: Table,
        text: &str,
    ) -> Result<Self, ImportError> {
        let imported = Imported::read(records)?.with(table, text);
        let after = Data::with(config, &imported)?;
        let difference = Difference::between(table, now, &after);
        let gone = now.units.units().map(|unit| unit.id.clone()).filter(|unit| !after.units.contains(unit)).collect();
        Ok(Self { difference, gone, table, text: text.to_owned() })
    }

    /// The events that put it in force.
    pub(crate) fn events(&self) -> Vec<NewEvent> {
        imported(self.table, &self.text, &self.text, &self.difference)
    }
}

/// The events of an import: `kept` is what the ledger keeps of the file.
pub(crate) fn imported(table: Table, file: &str, kept: &str, difference: &Difference) -> Vec<NewEvent> {
    let pieces = pieces(kept);
    let parts = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let sha256 = Digest::of(file.as_bytes());
    let event = |(part, text): (u32, &str)| {
        let difference = difference.counts();
        NewEvent::of_site(TableImported { table, sha256, part, parts, text: text.to_owned(), difference })
    };
    (1..).zip(pieces).map(event).collect()
}

/// The text in pieces that fit an event; at least one.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let mut end = rest.len().min(limits::IMPORT_PIECE_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        if after.is_empty() {
            return pieces;
        }
        rest = after;
    }
}

/// Units that hold a task or a copy of any case, as the ledger says: what must not vanish from the registry.
pub(crate) fn holding(records: &Records, register: &Register, units: &[UnitId]) -> Result<Vec<UnitId>, RecordError> {
    let mut held = std::collections::BTreeMap::new();
    for case in register.cases() {
        for event in records.events(&register.events_of(case))? {
            if event.case != Some(case) {
                continue;
            }
            match typed(&event)? {
                Some(Body::CaseRouted(decision)) => {
                    held.insert(case, decision.access().holders);
                }
                Some(Body::TaskMoved(moved)) => {
                    let holders = held.entry(case).or_default();
                    holders.remove(&moved.from);
                    holders.insert(moved.to);
                }
                Some(Body::TaskStepped(stepped)) => match stepped.step {
                    Step::Assign { to, .. } | Step::Forward { to, .. } | Step::CheckEarlier { to, .. } => {
                        held.entry(case).or_default().insert(to);
                    }
                    Step::Submit { gates } | Step::Regate { gates, .. } => {
                        held.entry(case).or_default().extend([gates.first, gates.second]);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    let all: std::collections::BTreeSet<&UnitId> = held.values().flatten().collect();
    Ok(units.iter().filter(|unit| all.contains(unit)).cloned().collect())
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// It is wrong in itself, or does not go with the other tables.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A user's row is wrong.
    #[error("line {line}, {field}: {what}")]
    User {
        /// The line of the file.
        line: u64,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// Units that would be gone hold cases.
    #[error("these units hold cases; transfer them first: {units}")]
    Holding {
        /// Which.
        units: String,
    },
    /// The ledger cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Record(#[from] RecordError),
}
