//! How urgent a report is: a list of fired rules, never a score (DOMAIN 4.4).

use serde::{Deserialize, Serialize};

/// How urgent a case is. The order is the order of work: P0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Life, weapons, detention, minors, a leak or retaliation: minutes.
    P0,
    /// Important: one working day.
    P1,
    /// Well supported or going on: three working days.
    P2,
    /// Everything else: five working days.
    P3,
    /// Empty, abusive, out of scope.
    P4,
}

/// What triage found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The priority: that of the most urgent rule that fired.
    pub priority: Priority,
    /// Why: every rule that fired, most urgent first.
    pub rules: Vec<FiredRule>,
    /// Someone must be called now.
    pub alarm: bool,
    /// 涉恶词 in a report that is not about a gang: a copy goes to the police (ESCALATE).
    pub escalate: bool,
    /// The police are named in free text and no umbrella is (DOMAIN 7.6).
    pub police_suspected: bool,
    /// Categories that the words suggest to the analyst.
    pub suggested: Vec<String>,
    /// Reasons not to admit it that a person should consider: NA1 to NA6.
    pub not_admitted: Vec<FiredRule>,
}

/// A rule that fired, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiredRule {
    /// The rule's code, such as `P1_UMBRELLA`.
    pub rule: String,
    /// The fields it fired on, such as `umbrella.persons[0]`.
    pub fields: Vec<String>,
}
