//! Statistics: counted within what the viewer may see, kept back as the rules say, and recorded before they are shown.
//!
//! What was counted is kept for as long as no case has changed and the hour is the same. What was shown to the people of a
//! unit is remembered for a while, so that a period within another does not tell what lies between them.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use nightsafe_casework::{
    account::{AccountName, Viewer},
    event::StatisticsViewed,
    statistics::{Earlier, Period, Scope, Statistics, Tally},
};
use nightsafe_console::{
    desk::DeskError,
    statistics::{Named, Names},
};
use nightsafe_index::Revision;
use nightsafe_schema::{
    division::DivisionCode,
    unit::{Level, UnitId},
};

use super::{SiteDesk, failed};
use crate::{limits, records::NewEvent};

/// What was counted and what was shown.
#[derive(Default)]
pub(crate) struct Counted {
    tallies: Mutex<VecDeque<(Question, Arc<Tally>)>>,
    /// By unit, those asked last behind the others.
    shown: Mutex<VecDeque<(UnitId, VecDeque<Earlier>)>>,
}

/// All that a count depends on.
#[derive(Clone, PartialEq, Eq)]
struct Question {
    account: AccountName,
    unit: UnitId,
    period: Period,
    hour: i64,
    revision: Revision,
}

impl SiteDesk {
    /// The tables of a period, of this month without one; recorded.
    pub(crate) fn show_statistics(&self, viewer: &Viewer, period: Option<Period>) -> Result<Statistics, DeskError> {
        self.reads(viewer)?;
        let period = period.unwrap_or_else(|| Period::month_of(self.site.clock.now()));
        let tally = self.tally_of(viewer, period)?;
        self.record(viewer, NewEvent::of_site(StatisticsViewed { via: self.via, period: period.to_string() }))?;
        Ok(self.counted.show(viewer.unit(), &tally))
    }

    /// What is counted of the cases that this viewer may see, before anything is kept back.
    pub(super) fn tally_of(&self, viewer: &Viewer, period: Period) -> Result<Arc<Tally>, DeskError> {
        let now = self.site.clock.now();
        let question = Question {
            account: viewer.account().clone(),
            unit: viewer.unit().clone(),
            period,
            hour: now.as_second().div_euclid(3_600),
            revision: self.index.revision(&self.site).map_err(failed)?,
        };
        if let Some(tally) = self.counted.known(&question) {
            return Ok(tally);
        }
        let new = || Tally::new(period, self.scope_of(viewer), now);
        let tally = Arc::new(self.index.count(&self.site, viewer, &new).map_err(failed)?);
        self.counted.keep(question, Arc::clone(&tally));
        Ok(tally)
    }

    /// The same in words.
    pub(crate) fn named(&self, statistics: &Statistics) -> Named {
        let data = &self.site.data;
        Names { catalog: &data.catalog, divisions: &data.divisions, units: &data.units }.named(statistics)
    }

    /// The national level compares provinces; everybody else compares within their own.
    fn scope_of(&self, viewer: &Viewer) -> Scope {
        let units = &self.site.data.units;
        let unit = units.unit(viewer.unit());
        if unit.is_some_and(|unit| unit.level == Level::Nation) {
            return Scope::default();
        }
        let own = self.province_of(viewer.unit());
        let within = |id: &UnitId| own.is_some() && self.province_of(id) == own;
        let within: BTreeSet<UnitId> = units.units().map(|unit| unit.id.clone()).filter(within).collect();
        let digits = own.and_then(|province| province.as_str().get(..2).map(str::to_owned));
        Scope { province: Some((digits.unwrap_or_default(), within)) }
    }

    /// The province that a unit, or the nearest one above it that has a division, lies in.
    fn province_of(&self, unit: &UnitId) -> Option<DivisionCode> {
        let units = &self.site.data.units;
        let chain = units.unit(unit).into_iter().chain(units.ancestors(unit));
        let division = chain.filter(|unit| unit.level != Level::Nation).find_map(|unit| unit.division)?;
        self.site.data.divisions.province_of(division)
    }
}

impl Counted {
    fn known(&self, question: &Question) -> Option<Arc<Tally>> {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.iter().find(|(known, _)| known == question).map(|(_, tally)| Arc::clone(tally))
    }

    fn keep(&self, question: Question, tally: Arc<Tally>) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.push_back((question, tally));
        if tallies.len() > limits::TALLIES {
            tallies.pop_front();
        }
    }

    /// What of this may be shown to the people of a unit after what they were shown before.
    fn show(&self, unit: &UnitId, tally: &Tally) -> Statistics {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let place = shown.iter().position(|(known, _)| known == unit);
        let mut before = place.and_then(|place| shown.remove(place)).map(|(_, before)| before).unwrap_or_default();
        let statistics = Statistics::of(tally, before.make_contiguous());
        before.retain(|earlier| earlier.period() != statistics.period);
        before.push_back(Earlier::of(&statistics));
        if before.len() > limits::STATISTICS_REMEMBERED {
            before.pop_front();
        }
        shown.push_back((unit.clone(), before));
        if shown.len() > limits::UNITS_REMEMBERED {
            shown.pop_front();
        }
        statistics
    }
}
