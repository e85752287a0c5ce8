//! What a move is judged on: the case as it stands, who asks, when, and the tables that are in force.

use jiff::{Timestamp, civil::Date, tz::Offset};
use nightsafe_schema::{
    calendar::Calendar,
    division::Divisions,
    unit::{UnitId, UnitRegistry},
};

use super::{
    gate::GateTable,
    reward::{Reported, RewardBands},
};
use crate::{
    account::{Account, AccountName},
    case::CaseState,
    routing::{Part, Task},
};

/// See the module. The daemon fills it while nothing else is recorded.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The case.
    pub state: &'a CaseState,
    /// Which part; known once a wish is read.
    pub part: Option<Part>,
    /// Who asks; none is the system itself.
    pub actor: Option<&'a Account>,
    /// When.
    pub at: Timestamp,
    /// Who stands above whom.
    pub units: &'a UnitRegistry,
    /// What lies in what.
    pub divisions: &'a Divisions,
    /// Which days are worked.
    pub calendar: &'a Calendar,
    /// Who holds the gates.
    pub gates: &'a GateTable,
    /// The bands of rewards.
    pub rewards: &'a RewardBands,
    /// Whether it was the first report of its series.
    pub reported: Reported,
    /// What is known of accounts.
    pub people: &'a dyn People,
}

/// What the rules ask about accounts.
pub trait People {
    /// An account that is open.
    fn account(&self, name: &AccountName) -> Option<Account>;

    /// Whether the person has a valid undertaking on that day, or needs none.
    fn has_undertaken(&self, account: &Account, day: Date) -> bool;
}

impl<'a> Setting<'a> {
    /// The part's task.
    pub fn task(&self) -> Option<&'a Task> {
        self.state.decision.as_ref()?.tasks.iter().find(|task| Some(task.part) == self.part)
    }

    /// The day, in China.
    pub fn day(&self) -> Date {
        CHINA.to_datetime(self.at).date()
    }

    /// The organ that a unit counts as.
    pub fn organ(&self, unit: &'a UnitId) -> &'a UnitId {
        self.units.organ_of(unit).map_or(unit, |organ| &organ.id)
    }

    /// Whether `unit` is `other` or stands below it, where a station counts as its organ.
    pub fn is_at_or_below(&self, unit: &'a UnitId, other: &'a UnitId) -> bool {
        let (unit, other) = (self.organ(unit), self.organ(other));
        self.units.is_at_or_below(unit, other)
    }
}

/// One offset for the whole country, all year.
pub(super) const CHINA: Offset = jiff::tz::offset(8);
