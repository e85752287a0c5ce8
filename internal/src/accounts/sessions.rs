//! Who is logged in, for eight hours at most: by token at the console, by user id on the control socket.
//!
//! Kept in memory: a restart logs everybody out. Tokens are kept as digests, so that a copy of the memory of this table
//! logs nobody in. It says which account a session belongs to and nothing about what that account may do.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use nightsafe_casework::account::AccountName;
use nightsafe_schema::digest::Digest;

use crate::limits;

/// What a session is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SessionKey {
    /// The digest of a console token.
    Token(Digest),
    /// A user id of this machine, as the kernel gives it for the control socket.
    User(u32),
}

/// The sessions of one daemon.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<SessionKey, Session>>,
}

#[derive(Debug)]
struct Session {
    account: AccountName,
    /// Monotonic time at which it ends.
    ends: Duration,
}

/// A session as its owner is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    /// By which door.
    pub(crate) key: SessionKey,
    /// How long it lasts yet.
    pub(crate) left: Duration,
}

impl Sessions {
    /// Opens a session at monotonic time `now`, in place of an earlier one under the same key.
    pub(crate) fn open(&self, key: SessionKey, account: &AccountName, now: Duration) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= limits::SESSIONS {
            open.retain(|_key, session| now < session.ends);
        }
        if open.len() >= limits::SESSIONS
            && let Some(oldest) = open.iter().min_by_key(|(_key, session)| session.ends).map(|(key, _session)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(key, Session { account: account.clone(), ends: now.saturating_add(limits::SESSION_LIFE) });
    }

    /// The account of a session that has not ended.
    pub(crate) fn account(&self, key: SessionKey, now: Duration) -> Option<AccountName> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get(&key)?;
        if now < session.ends {
            return Some(session.account.clone());
        }
        open.remove(&key);
        None
    }

    /// The sessions of an account, the one that lasts longest first.
    pub(crate) fn of(&self, account: &AccountName, now: Duration) -> Vec<Open> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.iter().filter(|(_key, session)| session.account == *account && now < session.ends);
        let mut own: Vec<Open> =
            own.map(|(key, session)| Open { key: *key, left: session.ends.saturating_sub(now) }).collect();
        own.sort_unstable_by_key(|open| std::cmp::Reverse(open.left));
        own
    }

    /// Ends the sessions of an account but for one, if one is given.
    pub(crate) fn end(&self, account: &AccountName, but: Option<SessionKey>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|key, session| session.account != *account || Some(*key) == but);
    }

    /// Ends a session; the account it belonged to.
    pub(crate) fn close(&self, key: SessionKey) -> Option<AccountName> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key).map(|session| session.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AccountName {
        text.parse().unwrap()
    }

    const KEY: SessionKey = SessionKey::User(1000);

    #[test]
    fn a_session_ends_after_eight_hours() {
        let sessions = Sessions::default();
        sessions.open(KEY, &name("zhang"), Duration::ZERO);
        let almost = limits::SESSION_LIFE.saturating_sub(Duration::from_secs(1));
        assert_eq!(sessions.account(KEY, almost), Some(name("zhang")));
        assert_eq!(sessions.account(KEY, limits::SESSION_LIFE), None);
    }

    #[test]
    fn one_key_is_one_account() {
        let sessions = Sessions::default();
        sessions.open(KEY, &name("zhang"), Duration::ZERO);
        sessions.open(KEY, &name("li"), Duration::ZERO);
        assert_eq!(sessions.account(KEY, Duration::ZERO), Some(name("li")));
        assert_eq!(sessions.account(SessionKey::User(1001), Duration::ZERO), None);
        assert_eq!(sessions.close(KEY), Some(name("li")));
        assert_eq!(sessions.account(KEY, Duration::ZERO), None);
    }

    #[test]
    fn the_oldest_gives_way() {
        let sessions = Sessions::default();
        for user in 0..=u32::try_from(limits::SESSIONS).unwrap() {
            sessions.open(SessionKey::User(user), &name("zhang"), Duration::from_secs(u64::from(user)));
        }
        assert_eq!(sessions.account(SessionKey::User(0), Duration::from_secs(1)), None);
        assert!(sessions.account(SessionKey::User(1), Duration::from_secs(1)).is_some());
    }
}
