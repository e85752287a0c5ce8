//! Counts facts into the tables.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightsafe_schema::unit::UnitId;

use super::{
    facts::{Admission, Contact, Facts, GateFacts, PartFacts, Satisfaction, Sign, Standing, hours},
    period::{Period, day_of_number},
    table::{Table, TableKey},
};
use crate::{linking::LinkKind, workflow::VerificationResult};

/// What a viewer compares: everything, or one province, the rest of the country being one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The first two digits of the only province that is told apart, and the units in it.
    pub province: Option<(String, BTreeSet<UnitId>)>,
}

/// Counts so far.
#[derive(Clone, Debug)]
pub struct Tally {
    period: Period,
    scope: Scope,
    now: i64,
    tables: BTreeMap<TableKey, Table>,
}

impl Tally {
    /// Nothing counted yet, of this period, as it stands now.
    pub fn new(period: Period, scope: Scope, now: Timestamp) -> Self {
        let tables = TableKey::ALL.into_iter().map(|key| (key, Table::new(key))).collect();
        Self { period, scope, now: hours(now), tables }
    }

    /// Counts this many cases of which the same is counted; those of other days are passed over.
    pub fn add(&mut self, facts: &Facts, times: u64) {
        if times == 0 || !self.period.days().contains(&facts.day) {
            return;
        }
        self.case(facts, times);
        for part in &facts.parts {
            self.part(facts, part, times);
        }
        for disposal in facts.parts.iter().flat_map(|part| &part.disposals).collect::<BTreeSet<_>>() {
            self.count(TableKey::Disposal, disposal.code(), 0, times);
        }
    }

    /// The tables, in their order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// The period.
    pub const fn period(&self) -> Period {
        self.period
    }

    fn case(&mut self, facts: &Facts, times: u64) {
        let admission = match facts.admission {
            Admission::Accepted => 0,
            Admission::NotAdmitted => 1,
            Admission::Undecided => 2,
        };
        let channel = serde_json::to_value(facts.channel).ok();
        let channel = channel.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        self.count(TableKey::Flow, &facts.flow, admission, times);
        self.count(TableKey::Channel, channel, admission, times);
        let province = self.province(&facts.province).to_owned();
        self.count(TableKey::Province, &province, admission, times);
        let day = self.day(facts.day);
        self.count(TableKey::Day, &day, admission, times);
        self.count(TableKey::Identity, &facts.identity, 0, times);
        let relation = match facts.relation {
            Some(LinkKind::Duplicate) => "repeat",
            Some(_) => "series",
            None => "single",
        };
        self.count(TableKey::Relation, relation, 0, times);
        self.count(TableKey::Umbrella, if facts.signs.contains(&Sign::Umbrella) { "yes" } else { "no" }, 0, times);
        self.count(TableKey::Rank, if facts.rank.is_empty() { "none" } else { &facts.rank }, 0, times);
        let escalated = facts.signs.contains(&Sign::Escalated);
        self.count(TableKey::Escalation, if escalated { "yes" } else { "no" }, 0, times);
        for sector in &facts.sectors {
            self.count(TableKey::Sector, sector, 0, times);
        }
        for internet in &facts.internet {
            self.count(TableKey::Internet, internet, 0, times);
        }
        for gang in &facts.gangs {
            self.count(TableKey::Gang, gang, 0, times);
        }
        for band in &facts.rewards {
            self.count(TableKey::Reward, band, 0, times);
        }
        for (sign, row) in [(Sign::Known, "known"), (Sign::Leak, "leak"), (Sign::Retaliation, "retaliation")] {
            if facts.signs.contains(&sign) {
                self.count(TableKey::Leak, row, 0, times);
            }
        }
    }

    fn part(&mut self, facts: &Facts, part: &PartFacts, times: u64) {
        let is_closed = part.standing == Standing::Closed;
        let of_closed = |yes: bool| if is_closed { usize::from(!yes) } else { 2 };
        let state = match part.standing {
            Standing::Closed => 0,
            Standing::Open(due) => 1 + usize::from(due.is_some_and(|due| due < self.now)),
            Standing::Ended => 3,
        };
        let feedback = if is_closed && facts.identity == "real_name" { usize::from(!part.fed_back) } else { 2 };
        let contact = match part.contact {
            Contact::InTime => 0,
            Contact::Late => 1,
            Contact::Owed(due) if due < self.now => 1,
            Contact::Owed(_) | Contact::None => 2,
        };
        let gate = |gate: GateFacts| match gate {
            GateFacts::Rejected => 0,
            GateFacts::Passed => 1,
            GateFacts::None => 2,
        };
        let callback = match part.satisfaction {
            Some(Satisfaction::Satisfied) => 0,
            Some(Satisfaction::Dissatisfied) => 1,
            None => 2,
        };
        let columns = [
            (TableKey::UnitState, state),
            (TableKey::UnitResult, of_closed(part.result.is_some_and(VerificationResult::is_substantiated))),
            (TableKey::UnitPunctual, of_closed(!part.late)),
            (TableKey::UnitFeedback, feedback),
            (TableKey::UnitContact, contact),
            (TableKey::UnitFirstGate, gate(part.first_gate)),
            (TableKey::UnitSecondGate, gate(part.second_gate)),
            (TableKey::UnitCallback, callback),
            (TableKey::UnitEscalation, usize::from(!part.escalated)),
        ];
        let unit = match &self.scope.province {
            Some((_, units)) if !units.contains(&part.unit) => ELSEWHERE,
            _ => part.unit.as_str(),
        };
        for (key, column) in columns {
            if let Some(table) = self.tables.get_mut(&key) {
                table.count(unit, column, times);
            }
        }
    }

    fn count(&mut self, key: TableKey, row: &str, column: usize, times: u64) {
        if let Some(table) = self.tables.get_mut(&key) {
            table.count(row, column, times);
        }
    }

    fn province<'a>(&self, province: &'a str) -> &'a str {
        match &self.scope.province {
            Some((own, _)) if own != province && !province.is_empty() => ELSEWHERE,
            _ if province.is_empty() => NOWHERE,
            _ => province,
        }
    }

    fn day(&self, day: i32) -> String {
        let day = day_of_number(day).map(|day| day.to_string()).unwrap_or_default();
        if self.period.is_long() { day.get(..7).unwrap_or_default().to_owned() } else { day }
    }
}

/// The row of whatever lies outside of the viewer's province.
pub(super) const ELSEWHERE: &str = "elsewhere";
/// The row of whatever has no place.
const NOWHERE: &str = "nowhere";

#[cfg(test)]
mod tests;
