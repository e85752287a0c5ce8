//! Wrong passwords make a name wait, longer each time, and never for good.
//!
//! Kept in memory and by name, known or not, so that an answer does not tell which names exist. It holds no password
//! and forgets a name once its wait is long over.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::limits;

/// Counts wrong passwords a name.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    wrong: Mutex<HashMap<String, Wrong>>,
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    tries: u32,
    /// Monotonic time before which the name has to wait.
    until: Duration,
    /// Monotonic time of the last wrong password.
    last: Duration,
    /// Whether someone has been turned away during this wait.
    told: bool,
}

/// A name that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    /// How long.
    pub(crate) left: Duration,
    /// Whether this is the first attempt that this wait turns away.
    pub(crate) is_first: bool,
}

impl Throttle {
    /// Whether this name may try now, at monotonic time `now`; counts the try as wrong until [`Self::succeeded`].
    ///
    /// Counting ahead means that a thousand tries at once are a thousand, and not one.
    pub(crate) fn admit(&self, name: &str, now: Duration) -> Result<(), Wait> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = wrong.get_mut(name).filter(|entry| now < entry.until) {
            let is_first = !std::mem::replace(&mut entry.told, true);
            return Err(Wait { left: entry.until.saturating_sub(now), is_first });
        }
        if wrong.len() >= limits::LOGIN_NAMES && !wrong.contains_key(name) {
            wrong.retain(|_name, entry| now < entry.until.saturating_add(FORGET_AFTER));
            if wrong.len() >= limits::LOGIN_NAMES {
                return Err(Wait { left: limits::LOGIN_WAIT, is_first: false });
            }
        }
        let recent = wrong.get(name).filter(|entry| now <= entry.last.saturating_add(FORGET_AFTER));
        let tries = recent.map_or(1, |entry| entry.tries.saturating_add(1));
        let until = now.saturating_add(wait_after(tries));
        wrong.insert(name.to_owned(), Wrong { tries, until, last: now, told: false });
        Ok(())
    }

    /// The password was right: the name starts afresh.
    pub(crate) fn succeeded(&self, name: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

/// How long a name waits after this many wrong passwords in a row.
fn wait_after(tries: u32) -> Duration {
    let Some(beyond) = tries.checked_sub(limits::LOGIN_TRIES) else { return Duration::ZERO };
    let doubled = limits::LOGIN_WAIT.saturating_mul(1_u32.checked_shl(beyond.min(16)).unwrap_or(u32::MAX));
    doubled.min(limits::LOGIN_WAIT_MOST)
}

/// Twice the longest wait.
const FORGET_AFTER: Duration = Duration::from_mins(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_waits_and_the_wait_grows() {
        let throttle = Throttle::default();
        let start = Duration::from_secs(100);
        for _ in 0..limits::LOGIN_TRIES {
            throttle.admit("张", start).unwrap();
        }
        let turned_away = |is_first| Err(Wait { left: limits::LOGIN_WAIT, is_first });
        assert_eq!(throttle.admit("张", start), turned_away(true));
        assert_eq!(throttle.admit("张", start), turned_away(false));
        throttle.admit("李", start).unwrap();
        let later = start + limits::LOGIN_WAIT;
        throttle.admit("张", later).unwrap();
        let longer = Wait { left: limits::LOGIN_WAIT * 2, is_first: true };
        assert_eq!(throttle.admit("张", later), Err(longer));
    }

    #[test]
    fn a_right_password_starts_afresh() {
        let throttle = Throttle::default();
        for _ in 0..20 {
            throttle.admit("张", Duration::ZERO).unwrap();
            throttle.succeeded("张");
        }
    }

    #[test]
    fn invented_names_do_not_fill_the_memory() {
        let throttle = Throttle::default();
        for name in 0..limits::LOGIN_NAMES {
            throttle.admit(&name.to_string(), Duration::ZERO).unwrap();
        }
        assert!(throttle.admit("one more", Duration::ZERO).is_err());
        assert!(throttle.admit("one more", FORGET_AFTER + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn the_wait_has_an_end() {
        assert_eq!(wait_after(u32::MAX), limits::LOGIN_WAIT_MOST);
    }
}
