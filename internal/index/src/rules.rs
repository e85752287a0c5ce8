//! What the index is computed from besides the ledger: who stands above whom, and what lies in what.

use std::sync::Arc;

use nightsafe_schema::{
    calendar::Calendar,
    digest::Digest,
    division::{DivisionCode, Divisions},
    unit::UnitRegistry,
};

/// Units and divisions, as the daemon loaded them. Other ones make another index: it is rebuilt.
#[derive(Clone, Debug)]
pub struct Rules {
    units: Arc<UnitRegistry>,
    divisions: Arc<Divisions>,
    calendar: Option<Arc<Calendar>>,
    digest: Digest,
}

impl Rules {
    /// The rules made of these.
    pub fn new(units: Arc<UnitRegistry>, divisions: Arc<Divisions>) -> Self {
        let mut text = units.version().to_string();
        for province in divisions.provinces() {
            describe(province.code, &divisions, &mut text);
        }
        let digest = Digest::of(text.as_bytes());
        Self { units, divisions, calendar: None, digest }
    }

    /// The same with a calendar of working days; without one they are Monday to Friday.
    #[must_use]
    pub fn with_calendar(self, calendar: Arc<Calendar>) -> Self {
        let digest = Digest::of(format!("{} {}", self.digest, calendar.version()).as_bytes());
        Self { calendar: Some(calendar), digest, ..self }
    }

    pub(crate) fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_deref()
    }

    pub(crate) fn units(&self) -> &UnitRegistry {
        &self.units
    }

    pub(crate) fn divisions(&self) -> &Divisions {
        &self.divisions
    }

    pub(crate) const fn digest(&self) -> Digest {
        self.digest
    }

    /// The division and everything around it, from the province down.
    pub(crate) fn around(&self, place: DivisionCode) -> Vec<DivisionCode> {
        let divisions = self.divisions();
        let above =
            [divisions.province_of(place), divisions.prefecture_of(place), divisions.county_of(place), Some(place)];
        let mut around: Vec<DivisionCode> = above.into_iter().flatten().collect();
        around.dedup();
        around
    }
}

/// Codes in order of the tree: that is all that visibility and labels take from it.
fn describe(code: DivisionCode, divisions: &Divisions, text: &mut String) {
    text.push('(');
    text.push_str(code.as_str());
    for child in divisions.children(code) {
        describe(child.code, divisions, text);
    }
    text.push(')');
}
