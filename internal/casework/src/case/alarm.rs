//! The alarm of a case: raised by a P0 triage, signalled to a command of the site, acknowledged by a person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{account::AccountName, event::Signal, triage::Triage};

/// An alarm. It stays until a person has acknowledged it, and is raised again by a new reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When it was raised.
    pub raised_at: Timestamp,
    /// What became of telling the site's command, newest last; empty if it was not told yet or there is none.
    pub signals: Vec<Signal>,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<Acknowledgement>,
}

/// Somebody has taken the alarm up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
    /// What they did or will do, as typed.
    pub note: String,
}

impl Alarm {
    /// An alarm raised now.
    pub const fn raised(at: Timestamp) -> Self {
        Self { raised_at: at, signals: Vec::new(), acknowledged: None }
    }

    /// Nobody has acknowledged it.
    pub const fn is_open(&self) -> bool {
        self.acknowledged.is_none()
    }
}

/// Whether a triage raises an alarm that the one before it did not: it names a sign of danger that was not there.
pub fn raises(before: Option<&Triage>, now: &Triage) -> bool {
    now.alarm && before.is_none_or(|before| !now.dangers().is_subset(&before.dangers()))
}
