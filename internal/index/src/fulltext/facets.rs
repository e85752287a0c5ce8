//! What lists are counted by. All of it is packed into one number a case, so that counting reads one column.

use std::collections::BTreeMap;

/// A property of cases with few values, shown beside a list with its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// 状态.
    State,
    /// 类型: the flow.
    Flow,
    /// 优先级.
    Priority,
    /// 实名: the reporter's identity mode.
    Identity,
    /// 附件: none, all here, some still crossing.
    Attachments,
    /// 地区: the province of the place, as the first two digits of its code.
    Province,
    /// 渠道: how the report came.
    Channel,
}

/// How many of the listed cases have each value. Only values that occur are there.
pub type FacetCounts = BTreeMap<Facet, BTreeMap<String, u64>>;

/// The values of all facets of one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FacetCode(u64);

/// Counts by packed code, before they have names.
///
/// A list may match every case there is, and there are few different codes: what was counted last is in a small table by
/// the code's own bits, and moves to the map when another code needs its place.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    recent: Box<[(u64, u64); RECENT]>,
    counts: BTreeMap<u64, u64>,
}

impl Facet {
    /// Every facet.
    pub const ALL: [Self; 7] =
        [Self::State, Self::Flow, Self::Priority, Self::Identity, Self::Attachments, Self::Province, Self::Channel];

    /// The codes that a facet can have. The first stands for whatever is not in the list.
    const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::State => &[
                "OTHER",
                "REGISTERED",
                "SCREENED",
                "ASSESSED",
                "REOPENED",
                "RETURNED_ROUTE",
                "ESCALATED",
                "ASSIGNED",
                "FORWARDED",
                "SIGNED",
                "VERIFYING",
                "RETURNED_VERIFY",
                "RESULT_SUBMITTED",
                "GATE_PROV",
                "GATE_MPS",
                "CLOSED",
                "FED_BACK",
                "CALLED_BACK",
                "HELD",
                "MERGED",
                "TRANSFERRED_OUT",
                "NOT_ADMITTED",
                "ARCHIVED",
                "SEALED",
            ],
            Self::Flow => &["OTHER", "OFFICER_MISCONDUCT", "GANG_CRIME", "SECTOR_DISORDER", "SUPPLEMENT"],
            Self::Priority => &["OTHER", "P0", "P1", "P2", "P3", "P4"],
            Self::Identity => &["OTHER", "real_name", "contactable_anonymous", "anonymous"],
            Self::Attachments => &["OTHER", "none", "here", "crossing"],
            Self::Province => &[],
            Self::Channel => &["OTHER", "web", "api", "phone", "letter", "visit", "mail"],
        }
    }

    fn byte(self, code: &str) -> u8 {
        match self {
            Self::Province => code.parse().unwrap_or_default(),
            _ => self.codes().iter().position(|known| *known == code).and_then(|at| at.try_into().ok()).unwrap_or(0),
        }
    }

    fn code(self, byte: u8) -> String {
        match (self, self.codes().get(usize::from(byte))) {
            (Self::Province, _) => format!("{byte:02}"),
            (_, code) => code.copied().unwrap_or("OTHER").to_owned(),
        }
    }

    const fn shift(self) -> u32 {
        self as u32 * 8
    }
}

impl FacetCode {
    /// The same code with one facet set.
    pub(crate) fn with(self, facet: Facet, code: &str) -> Self {
        let cleared = self.0 & !(0xff << facet.shift());
        Self(cleared | u64::from(facet.byte(code)) << facet.shift())
    }

    pub(super) const fn packed(self) -> u64 {
        self.0
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self { recent: Box::new([(0, 0); RECENT]), counts: BTreeMap::new() }
    }
}

impl Tally {
    pub(super) fn count(&mut self, packed: u64) {
        // The bytes of a code differ in their low bits: multiplied, all of them reach the high ones.
        let place = usize::try_from(packed.wrapping_mul(SPREAD) >> PLACE_SHIFT).unwrap_or_default();
        let Some((code, count)) = self.recent.get_mut(place) else { return };
        if *code == packed {
            *count += 1;
        } else {
            if *count > 0 {
                *self.counts.entry(*code).or_default() += *count;
            }
            (*code, *count) = (packed, 1);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (packed, count) in other.all() {
            *self.counts.entry(packed).or_default() += count;
        }
    }

    /// How many cases were counted.
    pub(super) fn total(&self) -> u64 {
        self.all().map(|(_code, count)| count).sum()
    }

    /// The counts under their names.
    pub(super) fn named(&self) -> FacetCounts {
        let mut counts = FacetCounts::new();
        for (packed, count) in self.all() {
            for facet in Facet::ALL {
                let [.., byte] = (packed >> facet.shift()).to_be_bytes();
                *counts.entry(facet).or_default().entry(facet.code(byte)).or_default() += count;
            }
        }
        counts
    }

    /// Every code with a count; one may stand there twice.
    fn all(&self) -> impl Iterator<Item = (u64, u64)> {
        let recent = self.recent.iter().copied().filter(|(_code, count)| *count > 0);
        recent.chain(self.counts.iter().map(|(code, count)| (*code, *count)))
    }
}

const RECENT: usize = 256;
/// Leaves as many bits as [`RECENT`] has.
const PLACE_SHIFT: u32 = 56;
/// 2^64 divided by the golden ratio (Knuth, "The Art of Computer Programming", volume 3, section 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_counted_under_its_name() {
        let mut tally = Tally::default();
        let code = FacetCode::default().with(Facet::Flow, "SUPPLEMENT").with(Facet::Flow, "GANG_CRIME");
        tally.count(code.with(Facet::Province, "99").packed());
        tally.count(code.with(Facet::Province, "15").with(Facet::State, "REGISTERED").packed());
        let counts = tally.named();
        assert_eq!(counts[&Facet::Flow], BTreeMap::from([("GANG_CRIME".to_owned(), 2)]));
        assert_eq!(counts[&Facet::Province], BTreeMap::from([("15".to_owned(), 1), ("99".to_owned(), 1)]));
        assert_eq!(counts[&Facet::State], BTreeMap::from([("OTHER".to_owned(), 1), ("REGISTERED".to_owned(), 1)]));
        assert_eq!(tally.total(), 2);
    }

    #[test]
    fn more_codes_than_the_small_table_holds_are_all_counted() {
        let mut tally = Tally::default();
        for round in 0..3 {
            for code in 0..1000_u64 {
                tally.count(code << 8);
            }
            assert_eq!(tally.total(), (round + 1) * 1000);
        }
        let mut whole = Tally::default();
        whole.add(&tally);
        whole.add(&tally);
        assert_eq!(whole.total(), 6000);
    }

    #[test]
    fn an_unknown_value_is_counted_as_other() {
        let mut tally = Tally::default();
        tally.count(FacetCode::default().with(Facet::Flow, "NEW_FLOW").with(Facet::Province, "x").packed());
        assert_eq!(tally.named()[&Facet::Flow]["OTHER"], 1);
        assert_eq!(tally.named()[&Facet::Province]["00"], 1);
    }
}
