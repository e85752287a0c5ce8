//! `Range` of RFC 9110, as players ask: one range of bytes. Anything else is answered as if nothing had been asked.

use std::ops::RangeInclusive;

/// What was asked for of so many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// From one byte to another, both of them there.
    Part(RangeInclusive<u64>),
    /// Nothing that is there.
    Beyond,
}

/// Reads the header's value.
pub(crate) fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some((first, last)) = header.and_then(one_range) else { return Wanted::Whole };
    let Some(end) = length.checked_sub(1) else { return Wanted::Beyond };
    match (first, last) {
        (Some(first), Some(last)) if last < first => Wanted::Whole,
        (Some(first), _) if first > end => Wanted::Beyond,
        (Some(first), last) => Wanted::Part(first..=last.unwrap_or(end).min(end)),
        (None, Some(0)) => Wanted::Beyond,
        (None, Some(tail)) => Wanted::Part(length.saturating_sub(tail)..=end),
        (None, None) => Wanted::Whole,
    }
}

type Ends = (Option<u64>, Option<u64>);

fn one_range(header: &str) -> Option<Ends> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(first) && digits(last)).then(|| (number(first), number(last)))
}

/// A number of these digits; none if there are none. What is too large is beyond every file.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u64::MAX)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn players_are_given_what_they_ask_for() {
        for (header, expected) in [
            ("bytes=0-", Wanted::Part(0..=9)),
            ("bytes=0-0", Wanted::Part(0..=0)),
            ("bytes=3-5", Wanted::Part(3..=5)),
            ("bytes=3-500", Wanted::Part(3..=9)),
            ("bytes=-4", Wanted::Part(6..=9)),
            ("bytes=-400", Wanted::Part(0..=9)),
            ("bytes=99999999999999999999-", Wanted::Beyond),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=5-3", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=x-", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
            ("bytes=+1-", Wanted::Whole),
        ] {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_what_is_given_is_there(header in "(bytes=)?[0-9, -]{0,30}", length in 0_u64..1000) {
            if let Wanted::Part(part) = wanted(Some(&header), length) {
                prop_assert!(part.start() <= part.end() && *part.end() < length);
            }
        }
    }
}
