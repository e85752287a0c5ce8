//! Whether windows of time follow each other without a gap. Pure.
//!
//! A moment in which no intake key is in use is a moment in which reports are turned away, so a ring with a gap is not
//! made at all.

use jiff::Timestamp;

/// From when (inclusive) until when (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// The first stretch of `whole` that none of `windows` covers.
pub(crate) fn first_gap(whole: Window, windows: impl IntoIterator<Item = Window>) -> Option<Window> {
    let mut windows: Vec<Window> = windows.into_iter().collect();
    windows.sort_unstable();
    let mut gap = whole;
    for window in windows {
        if window.from > gap.from {
            gap.until = gap.until.min(window.from);
            break;
        }
        gap.from = gap.from.max(window.until);
    }
    (gap.from < gap.until).then_some(gap)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn window((from, until): (i64, i64)) -> Window {
        Window { from: at(from), until: at(until) }
    }

    #[test]
    fn windows_that_touch_leave_no_gap() {
        assert_eq!(first_gap(window((0, 10)), [(5, 12), (0, 5)].map(window)), None);
    }

    #[test]
    fn the_gap_starts_where_the_cover_ends() {
        let gap = first_gap(window((0, 10)), [(0, 4), (6, 12)].map(window)).unwrap();
        assert_eq!(gap, window((4, 6)));
        assert_eq!(first_gap(window((3, 10)), []).unwrap().from, at(3));
    }

    proptest! {
        #[test]
        fn a_gap_is_found_exactly_when_some_second_is_uncovered(
            windows in proptest::collection::vec((0_i64..40, 0_i64..40), 0..6),
        ) {
            let uncovered = (5..30).find(|second| !windows.iter().any(|(from, until)| from <= second && second < until));
            let gap = first_gap(window((5, 30)), windows.iter().copied().map(window));
            prop_assert_eq!(gap.map(|gap| gap.from.as_second()), uncovered);
        }
    }
}
