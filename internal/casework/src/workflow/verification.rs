//! What a verification found: the result, what is done about it, and on what it rests (DOMAIN 4.2).

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::Timestamp;
use nightsafe_schema::unit::UnitId;
use serde::{Deserialize, Serialize};

use crate::account::AccountName;

/// 核查结论.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Result {
    /// 查实.
    Substantiated,
    /// 部分查实.
    Partly,
    /// 查否.
    Unsubstantiated,
    /// 查无: nothing to verify it by.
    Unverifiable,
    /// 移送.
    Transferred,
    /// 重复.
    Duplicate,
}

/// 处置.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Disposal {
    /// 立案侦查.
    CriminalCase,
    /// 行政处罚.
    AdministrativePenalty,
    /// 移送纪检监察.
    ToDiscipline,
    /// 移送主管部门.
    ToRegulator,
    /// 三书一函.
    Letters,
    /// 了结.
    Settled,
    /// 澄清正名 (反有组织犯罪法 Art. 53).
    Cleared,
}

/// The record of a verification as the verifier wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What was found.
    pub result: Result,
    /// What is done about it; at least one.
    pub disposals: BTreeSet<Disposal>,
    /// On what it rests, as typed.
    pub basis: String,
    /// Who wrote it.
    pub by: AccountName,
    /// Of which unit.
    pub unit: UnitId,
    /// When.
    pub at: Timestamp,
}

/// The text names no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a result of a verification")]
pub struct UnknownResult;

/// The text names no disposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a disposal")]
pub struct UnknownDisposal;

impl Result {
    /// Every result.
    pub const ALL: [Self; 6] = [
        Self::Substantiated,
        Self::Partly,
        Self::Unsubstantiated,
        Self::Unverifiable,
        Self::Transferred,
        Self::Duplicate,
    ];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Substantiated => "SUBSTANTIATED",
            Self::Partly => "PARTLY",
            Self::Unsubstantiated => "UNSUBSTANTIATED",
            Self::Unverifiable => "UNVERIFIABLE",
            Self::Transferred => "TRANSFERRED",
            Self::Duplicate => "DUPLICATE",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Substantiated => ("查实", "substantiated"),
            Self::Partly => ("部分查实", "partly substantiated"),
            Self::Unsubstantiated => ("查否", "unsubstantiated"),
            Self::Unverifiable => ("查无", "cannot be verified"),
            Self::Transferred => ("移送", "transferred"),
            Self::Duplicate => ("重复", "duplicate"),
        }
    }

    /// At least part of it is true: what 查实率 counts.
    pub const fn is_substantiated(self) -> bool {
        matches!(self, Self::Substantiated | Self::Partly)
    }
}

impl Disposal {
    /// Every disposal.
    pub const ALL: [Self; 7] = [
        Self::CriminalCase,
        Self::AdministrativePenalty,
        Self::ToDiscipline,
        Self::ToRegulator,
        Self::Letters,
        Self::Settled,
        Self::Cleared,
    ];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CriminalCase => "CRIMINAL_CASE",
            Self::AdministrativePenalty => "ADMINISTRATIVE_PENALTY",
            Self::ToDiscipline => "TO_DISCIPLINE",
            Self::ToRegulator => "TO_REGULATOR",
            Self::Letters => "LETTERS",
            Self::Settled => "SETTLED",
            Self::Cleared => "CLEARED",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::CriminalCase => ("立案侦查", "criminal case opened"),
            Self::AdministrativePenalty => ("行政处罚", "administrative penalty"),
            Self::ToDiscipline => ("移送纪检监察", "to discipline and supervision"),
            Self::ToRegulator => ("移送主管部门", "to the regulator"),
            Self::Letters => ("三书一函", "letters to the regulator"),
            Self::Settled => ("了结", "settled"),
            Self::Cleared => ("澄清正名", "cleared of the accusation"),
        }
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Result {
    type Err = UnknownResult;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownResult> {
        Self::ALL.into_iter().find(|result| result.code().eq_ignore_ascii_case(text)).ok_or(UnknownResult)
    }
}

impl FromStr for Disposal {
    type Err = UnknownDisposal;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownDisposal> {
        Self::ALL.into_iter().find(|disposal| disposal.code().eq_ignore_ascii_case(text)).ok_or(UnknownDisposal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_disposals_are_read_as_they_are_written() {
        for result in Result::ALL {
            assert_eq!(
                (result.code().parse(), serde_json::to_value(result).unwrap()),
                (Ok(result), result.code().into())
            );
        }
        for disposal in Disposal::ALL {
            assert_eq!(disposal.code().parse(), Ok(disposal));
            assert_eq!(serde_json::to_value(disposal).unwrap(), disposal.code());
        }
        assert!("MAYBE".parse::<Result>().is_err() && "MAYBE".parse::<Disposal>().is_err());
    }
}
