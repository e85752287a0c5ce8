//! What a ring allows at a given time: which keys seal now, and for how much longer.

use jiff::{SignedDuration, Timestamp};

use super::{RecipientUse, RingRecipient, VerifiedRing};

/// How a ring stands at a given time (DESIGN section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingStanding {
    /// In its window.
    Good {
        /// Whole days until it ends.
        days_left: i64,
    },
    /// In its window, which ends within 30 days.
    Ending {
        /// Whole days until it ends.
        days_left: i64,
    },
    /// Past its window; it still serves, loudly.
    Grace {
        /// Whole days until intake closes.
        days_left: i64,
    },
    /// Past its grace: intake is closed.
    Closed,
    /// Before its window: intake is closed, the clock or the ring is wrong.
    Early,
}

/// The two keys that every item is sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealingKeys<'a> {
    /// Opened day by day.
    pub intake: &'a RingRecipient,
    /// Kept apart.
    pub recovery: &'a RingRecipient,
}

/// No key may seal at this time; whatever is sealed now could perhaps be opened by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key of the ring may seal at this time")]
pub struct NoRecipient;

impl VerifiedRing {
    /// The keys that seal at `now`, the youngest of each use; in grace the ones that ended last.
    pub fn sealing_keys(&self, now: Timestamp) -> Result<SealingKeys<'_>, NoRecipient> {
        match self.standing(now) {
            RingStanding::Closed | RingStanding::Early => Err(NoRecipient),
            RingStanding::Good { .. } | RingStanding::Ending { .. } | RingStanding::Grace { .. } => Ok(SealingKeys {
                intake: self.key_at(RecipientUse::Intake, now).ok_or(NoRecipient)?,
                recovery: self.key_at(RecipientUse::Recovery, now).ok_or(NoRecipient)?,
            }),
        }
    }

    /// How the ring stands at `now`: as its own window and its last keys allow.
    pub fn standing(&self, now: Timestamp) -> RingStanding {
        let begins = self.keys(RecipientUse::Intake).map(|key| key.not_before).min();
        let begins = begins.unwrap_or(Timestamp::MAX).max(self.fields().not_before);
        if now < saturating_add(begins, SignedDuration::ZERO - SKEW) {
            return RingStanding::Early;
        }
        let ends =
            self.end_of(RecipientUse::Intake).min(self.end_of(RecipientUse::Recovery)).min(self.fields().not_after);
        let closes = saturating_add(ends, GRACE);
        let days_until = |end: Timestamp| end.duration_since(now).as_hours() / 24;
        if now >= closes {
            RingStanding::Closed
        } else if now >= ends {
            RingStanding::Grace { days_left: days_until(closes) }
        } else if saturating_add(now, WARNING) >= ends {
            RingStanding::Ending { days_left: days_until(ends) }
        } else {
            RingStanding::Good { days_left: days_until(ends) }
        }
    }

    fn key_at(&self, purpose: RecipientUse, now: Timestamp) -> Option<&RingRecipient> {
        let begun = |key: &&RingRecipient| saturating_add(key.not_before, SignedDuration::ZERO - SKEW) <= now;
        let valid = self.keys(purpose).filter(begun).filter(|key| now < key.not_after);
        valid
            .max_by_key(|key| key.not_before)
            .or_else(|| self.keys(purpose).filter(begun).max_by_key(|key| key.not_after))
    }

    fn end_of(&self, purpose: RecipientUse) -> Timestamp {
        self.keys(purpose).map(|key| key.not_after).max().unwrap_or(Timestamp::MIN)
    }

    fn keys(&self, purpose: RecipientUse) -> impl Iterator<Item = &RingRecipient> {
        self.fields().recipients.iter().filter(move |key| key.purpose == purpose)
    }
}

fn saturating_add(instant: Timestamp, duration: SignedDuration) -> Timestamp {
    instant.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

/// How wrong a clock may be before a ring counts as too early.
const SKEW: SignedDuration = SignedDuration::from_hours(24);
/// How long a ring serves past its window.
const GRACE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long before its end a ring's end is announced.
const WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);
