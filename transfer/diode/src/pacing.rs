//! The token bucket: how soon the next burst may leave. A diode gives no feedback, so that a sender that is too fast loses
//! data silently: pacing is not an option.

use std::time::Duration;

/// A bucket of bytes that fills at a constant rate. Time is a parameter.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    bytes_a_second: u64,
    depth: u64,
    tokens: u64,
    at: Duration,
}

impl TokenBucket {
    /// A full bucket. `depth` is the most that leaves at once after a pause.
    pub const fn new(bytes_a_second: u64, depth: u64, now: Duration) -> Self {
        Self { bytes_a_second, depth, tokens: depth, at: now }
    }

    /// Takes `bytes` out, or says how long to wait for them. What is larger than the bucket waits until it is full.
    pub fn take(&mut self, bytes: u64, now: Duration) -> Result<(), Duration> {
        self.fill(now);
        let needed = bytes.min(self.depth);
        if self.tokens >= needed {
            self.tokens -= needed;
            return Ok(());
        }
        let missing = u128::from(needed - self.tokens) * NANOSECONDS;
        let wait = missing.div_ceil(u128::from(self.bytes_a_second.max(1)));
        Err(Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos();
        let gained = passed.saturating_mul(u128::from(self.bytes_a_second)) / NANOSECONDS;
        if gained == 0 {
            // The part of a byte that has come is not lost.
            return;
        }
        let gained = u64::try_from(gained).unwrap_or(u64::MAX);
        self.tokens = self.tokens.saturating_add(gained).min(self.depth);
        self.at = self.at.max(now);
    }
}

const NANOSECONDS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However it is asked, no more leaves than the rate allows and one bucket.
        #[test]
        fn the_rate_is_kept(
            rate in 1_000_u64..1_000_000_000, depth in 1_000_u64..200_000,
            bursts in prop::collection::vec((1_u64..70_000, 0_u64..3_000_000), 1..200),
        ) {
            let mut bucket = TokenBucket::new(rate, depth, Duration::ZERO);
            let (mut now, mut sent) = (Duration::ZERO, 0_u128);
            for (bytes, pause) in bursts {
                now += Duration::from_nanos(pause);
                while let Err(wait) = bucket.take(bytes, now) {
                    prop_assert!(wait > Duration::ZERO);
                    now += wait;
                }
                sent += u128::from(bytes.min(depth));
                let most = u128::from(rate) * now.as_nanos() / NANOSECONDS + u128::from(depth);
                prop_assert!(sent <= most, "{sent} of {most}");
            }
        }
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::new(1000, 500, Duration::from_secs(9));
        assert_eq!(bucket.take(500, Duration::from_secs(9)), Ok(()));
        assert_eq!(bucket.take(100, Duration::from_secs(8)), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(100, Duration::from_millis(9100)), Ok(()));
    }
}
