//! What stands for each text, area by area: one long row of bytes that is looked through from end to end.
//!
//! A prefecture has some thousands of reports in a million; looking through their sketches takes some ten microseconds and
//! finds every retelling, where banded hashes would miss those with a quarter of their words in common.

use std::collections::BTreeMap;

use nightsafe_casework::linking::Sketch;

use super::cases::Number;

/// Sketches of texts by area.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Texts {
    pub(super) areas: BTreeMap<[u8; 4], Vec<(Number, Sketch)>>,
}

impl Texts {
    /// A case has a text in this area.
    pub(super) fn add(&mut self, area: [u8; 4], case: Number, sketch: Sketch) {
        self.areas.entry(area).or_default().push((case, sketch));
    }

    /// The cases of the area whose text may have so many hundredths in common with this one; of the newest so many.
    pub(super) fn like(&self, area: [u8; 4], sketch: &Sketch, least: u8, newest: usize) -> Vec<(Number, u8)> {
        let Some(all) = self.areas.get(&area) else { return Vec::new() };
        let from = all.len().saturating_sub(newest);
        let alike = |(case, other): &(Number, Sketch)| {
            let common = sketch.containment(other);
            (common >= least).then_some((*case, common))
        };
        all.iter().skip(from).filter_map(alike).collect()
    }

    pub(super) fn memory(&self) -> usize {
        self.areas.values().map(|texts| texts.capacity() * size_of::<(Number, Sketch)>()).sum()
    }
}
