//! What stands for each text, prefecture by prefecture: one long row of bytes that is looked through from end to end.
//!
//! A prefecture has some thousands of reports in a million; looking through their sketches takes some ten microseconds and
//! finds every retelling, where banded hashes would miss those with a quarter of their words in common.

use std::collections::BTreeMap;

use nightsafe_casework::linking::{Area, Sketch};

use super::cases::Number;

/// Sketches of texts by prefecture.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Texts {
    pub(super) prefectures: BTreeMap<[u8; 4], Vec<Told>>,
}

/// A text of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) case: Number,
    /// Two digits; [`UNKNOWN`] if only the prefecture is known.
    pub(super) county: u8,
    pub(super) sketch: Sketch,
}

/// What a text may have in common with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alike {
    pub(super) case: Number,
    pub(super) hundredths: u8,
    pub(super) in_one_county: bool,
}

impl Texts {
    /// A case has a text in this area.
    pub(super) fn add(&mut self, area: Area, case: Number, sketch: Sketch) {
        let told = Told { case, county: area.county.unwrap_or(UNKNOWN), sketch };
        self.prefectures.entry(area.prefecture).or_default().push(told);
    }

    /// The texts of the prefecture that may have so many hundredths in common with this one; of the newest so many.
    pub(super) fn like(&self, area: Area, sketch: &Sketch, least: u8, newest: usize) -> impl Iterator<Item = Alike> {
        let all = self.prefectures.get(&area.prefecture).map(Vec::as_slice).unwrap_or_default();
        let from = all.len().saturating_sub(newest);
        all.iter().skip(from).filter_map(move |told| {
            let hundredths = sketch.containment(&told.sketch);
            let in_one_county = area.county == Some(told.county);
            (hundredths >= least).then_some(Alike { case: told.case, hundredths, in_one_county })
        })
    }

    pub(super) fn memory(&self) -> usize {
        self.prefectures.values().map(|texts| texts.capacity() * size_of::<Told>()).sum()
    }
}

/// No county has this number.
pub(super) const UNKNOWN: u8 = 255;
