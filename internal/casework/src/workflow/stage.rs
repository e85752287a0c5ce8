//! How far a part of a case has come (DOMAIN 4.2).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A state. The order is that of the work: of several parts the one that is furthest behind stands for the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// 登记: taken in.
    Registered,
    /// 筛查: the rules of triage and routing were applied; an analyst is to assess it.
    #[default]
    Screened,
    /// 研判: assessed; a dispatcher is to assign it.
    Assessed,
    /// 重启: taken up again; a dispatcher is to assign it.
    Reopened,
    /// 退回改派: its unit gave it back; a dispatcher is to assign it to another.
    ReturnedRoute,
    /// 提级: a dispatcher is to assign it to a higher unit.
    Escalated,
    /// 交办: a unit is to sign for it.
    Assigned,
    /// 转办: a unit outside of the office's own line is to sign for it.
    Forwarded,
    /// 签收: a unit has signed for it.
    Signed,
    /// 核查: it is being verified.
    Verifying,
    /// 退回补查: a gate gave it back.
    ReturnedVerify,
    /// 上报: the result was submitted; the first gate is to decide.
    ResultSubmitted,
    /// 省级审核: the first gate has let it pass; the second is to decide.
    GateProv,
    /// 部级审核: both gates have let it pass.
    GateMps,
    /// 办结: the reporter is to be told.
    Closed,
    /// 反馈: the reporter was told.
    FedBack,
    /// 回访: the reporter was asked for an opinion.
    CalledBack,
    /// 暂存待查.
    Held,
    /// 并案: another case leads.
    Merged,
    /// 移送: an authority outside has it.
    TransferredOut,
    /// 不予受理.
    NotAdmitted,
    /// 归档.
    Archived,
    /// 封存: two named people only, in no list.
    Sealed,
}

/// The text names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of DOMAIN 4.2")]
pub struct UnknownStage;

impl Stage {
    /// Every state.
    pub const ALL: [Self; 23] = [
        Self::Registered,
        Self::Screened,
        Self::Assessed,
        Self::Reopened,
        Self::ReturnedRoute,
        Self::Escalated,
        Self::Assigned,
        Self::Forwarded,
        Self::Signed,
        Self::Verifying,
        Self::ReturnedVerify,
        Self::ResultSubmitted,
        Self::GateProv,
        Self::GateMps,
        Self::Closed,
        Self::FedBack,
        Self::CalledBack,
        Self::Held,
        Self::Merged,
        Self::TransferredOut,
        Self::NotAdmitted,
        Self::Archived,
        Self::Sealed,
    ];

    /// Its code, as in events, facets and `state:` searches.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::Screened => "SCREENED",
            Self::Assessed => "ASSESSED",
            Self::Reopened => "REOPENED",
            Self::ReturnedRoute => "RETURNED_ROUTE",
            Self::Escalated => "ESCALATED",
            Self::Assigned => "ASSIGNED",
            Self::Forwarded => "FORWARDED",
            Self::Signed => "SIGNED",
            Self::Verifying => "VERIFYING",
            Self::ReturnedVerify => "RETURNED_VERIFY",
            Self::ResultSubmitted => "RESULT_SUBMITTED",
            Self::GateProv => "GATE_PROV",
            Self::GateMps => "GATE_MPS",
            Self::Closed => "CLOSED",
            Self::FedBack => "FED_BACK",
            Self::CalledBack => "CALLED_BACK",
            Self::Held => "HELD",
            Self::Merged => "MERGED",
            Self::TransferredOut => "TRANSFERRED_OUT",
            Self::NotAdmitted => "NOT_ADMITTED",
            Self::Archived => "ARCHIVED",
            Self::Sealed => "SEALED",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Registered => ("登记", "registered"),
            Self::Screened => ("待研判", "to be assessed"),
            Self::Assessed => ("已研判，待交办", "assessed, to be assigned"),
            Self::Reopened => ("重启，待交办", "reopened, to be assigned"),
            Self::ReturnedRoute => ("退回改派", "returned, to be assigned anew"),
            Self::Escalated => ("提级，待交办", "escalated, to be assigned"),
            Self::Assigned => ("已交办，待签收", "assigned, to be signed for"),
            Self::Forwarded => ("已转办，待签收", "forwarded, to be signed for"),
            Self::Signed => ("已签收", "signed for"),
            Self::Verifying => ("核查中", "being verified"),
            Self::ReturnedVerify => ("退回补查", "returned to be verified further"),
            Self::ResultSubmitted => ("已上报，待一审", "submitted, first gate"),
            Self::GateProv => ("一审通过，待二审", "passed once, second gate"),
            Self::GateMps => ("两审通过", "passed twice"),
            Self::Closed => ("已办结，待反馈", "closed, to be fed back"),
            Self::FedBack => ("已反馈", "fed back"),
            Self::CalledBack => ("已回访", "called back"),
            Self::Held => ("暂存待查", "held"),
            Self::Merged => ("已并案", "merged"),
            Self::TransferredOut => ("已移送", "transferred out"),
            Self::NotAdmitted => ("不予受理", "not admitted"),
            Self::Archived => ("已归档", "archived"),
            Self::Sealed => ("封存", "sealed"),
        }
    }

    /// The work on it is not done: somebody inside owes the next step of the verification.
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Closed
                | Self::FedBack
                | Self::CalledBack
                | Self::Held
                | Self::Merged
                | Self::TransferredOut
                | Self::NotAdmitted
                | Self::Archived
                | Self::Sealed
        )
    }

    /// A unit has signed for it or is to sign for it, and no result lies before a gate.
    pub const fn is_with_unit(self) -> bool {
        matches!(self, Self::Assigned | Self::Forwarded | Self::Signed | Self::Verifying | Self::ReturnedVerify)
    }

    /// A result lies before a gate.
    pub const fn is_at_gate(self) -> bool {
        matches!(self, Self::ResultSubmitted | Self::GateProv | Self::GateMps)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        Self::ALL.into_iter().find(|stage| stage.code().eq_ignore_ascii_case(text)).ok_or(UnknownStage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_is_written_everywhere() {
        for stage in Stage::ALL {
            assert_eq!(stage.code().parse(), Ok(stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.code());
        }
        assert!(Stage::ALL.is_sorted() && "NOWHERE".parse::<Stage>().is_err());
    }
}
