//! 举报人保护: asked for, decided, carried out, ended (反有组织犯罪法 Art. 61).
//!
//! A reporter asks by a box of the form; a report of retaliation asks by itself; anybody who may see the case may ask for the
//! reporter. Each part has its own, because each unit protects within its own power.

use std::{collections::BTreeSet, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::progress::{Heard, Progress};
use crate::case::CaseState;

/// A measure of Art. 61.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Measure {
    /// 不公开真实姓名、住址和工作单位等个人信息.
    Secrecy,
    /// 采取不暴露外貌、真实声音等出庭作证措施.
    Testimony,
    /// 禁止特定的人接触被保护人员.
    NoContact,
    /// 对人身和住宅采取专门性保护措施.
    Guard,
    /// 变更被保护人员的身份，重新安排住所和工作单位.
    NewIdentity,
    /// 其他必要的保护措施.
    Other,
}

/// The text names no measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a measure: SECRECY, TESTIMONY, NO_CONTACT, GUARD, NEW_IDENTITY, OTHER")]
pub struct UnknownMeasure;

/// How far the protection has come by what people did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Nobody did anything.
    #[default]
    None,
    /// Somebody asked for it.
    Asked(Heard),
    /// It was granted; what was done since.
    Granted {
        /// Which measures.
        measures: BTreeSet<Measure>,
        /// Who decided, and why.
        decided: Heard,
        /// What was done.
        taken: Vec<Heard>,
    },
    /// It was not granted.
    Refused(Heard),
    /// It was granted, and is over.
    Ended(Heard),
}

impl Protection {
    /// Somebody is to decide, since then: a person asked, or the report does, or the reporter became known.
    pub fn asked_at(progress: &Progress, state: &CaseState) -> Option<Timestamp> {
        match &progress.protection {
            Self::None if asks_by_itself(state) => Some(state.recorded_at),
            _ => Self::asked_by(progress).map(|heard| heard.at),
        }
    }

    /// The person by whom it is asked for: who asked, or who recorded that the reporter became known since it was last
    /// decided. Whoever is known to have reported is in danger from then on.
    pub fn asked_by(progress: &Progress) -> Option<&Heard> {
        match &progress.protection {
            Self::Asked(heard) => Some(heard),
            Self::None => progress.leaks.first(),
            Self::Refused(decided) | Self::Ended(decided) => progress.leaks.iter().find(|leak| leak.at >= decided.at),
            Self::Granted { .. } => None,
        }
    }

    /// Granted, and not over.
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Granted { .. })
    }
}

/// The reporter ticked the box, or was threatened for reporting.
fn asks_by_itself(state: &CaseState) -> bool {
    let retaliation =
        state.triage.as_ref().is_some_and(|triage| triage.rules.iter().any(|rule| rule.rule == RETALIATION));
    state.reporter_says("protection_requested") || retaliation
}

impl Measure {
    /// Every measure, in the order of the article.
    pub const ALL: [Self; 6] =
        [Self::Secrecy, Self::Testimony, Self::NoContact, Self::Guard, Self::NewIdentity, Self::Other];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secrecy => "SECRECY",
            Self::Testimony => "TESTIMONY",
            Self::NoContact => "NO_CONTACT",
            Self::Guard => "GUARD",
            Self::NewIdentity => "NEW_IDENTITY",
            Self::Other => "OTHER",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Secrecy => ("不公开姓名、住址、单位", "name, address and workplace kept secret"),
            Self::Testimony => ("出庭不暴露外貌、声音", "face and voice hidden in court"),
            Self::NoContact => ("禁止特定的人接触", "certain people kept away"),
            Self::Guard => ("保护人身和住宅", "person and home guarded"),
            Self::NewIdentity => ("变更身份，另行安排住所和工作", "another identity, home and workplace"),
            Self::Other => ("其他必要措施", "other measures"),
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownMeasure;

    fn from_str(text: &str) -> Result<Self, UnknownMeasure> {
        Self::ALL.into_iter().find(|measure| measure.code() == text).ok_or(UnknownMeasure)
    }
}

/// The rule of triage that finds retaliation against a reporter.
const RETALIATION: &str = "P0_RETALIATION";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_read_as_it_is_written() {
        for measure in Measure::ALL {
            assert_eq!(measure.code().parse(), Ok(measure));
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.code());
        }
        assert!("BODYGUARD".parse::<Measure>().is_err());
    }
}
