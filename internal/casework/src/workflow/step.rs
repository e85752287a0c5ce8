//! A step as the ledger keeps it: which move was made, with what belongs to it. A step, once written, is read for ever.

use std::{fmt, str::FromStr};

use nightsafe_schema::{case::CaseId, unit::UnitId};
use serde::{Deserialize, Serialize};

use super::{
    gate::Gates,
    month::Month,
    moves::Move,
    protection::Measure,
    reward::RewardAmount,
    verification::{Disposal, Result as VerificationResult},
};

/// One move of one part of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// 研判.
    Assess {
        /// What was found, as typed.
        note: String,
    },
    /// 不予受理.
    Refuse {
        /// `NA1` to `NA6`.
        ground: String,
        /// Why, as typed.
        note: String,
    },
    /// 暂存待查.
    Hold {
        /// Why, as typed.
        note: String,
    },
    /// 并案: another case leads.
    Merge {
        /// The leading case.
        into: CaseId,
        /// Why, as typed.
        note: String,
    },
    /// 交办.
    Assign {
        /// To whom.
        to: UnitId,
        /// What is asked of it, as typed.
        note: String,
    },
    /// 转办.
    Forward {
        /// To whom.
        to: UnitId,
        /// What is asked of it, as typed.
        note: String,
    },
    /// 移送.
    TransferOut {
        /// To which authority, and why, as typed.
        note: String,
    },
    /// 签收.
    Sign,
    /// 退回改派.
    ReturnRoute {
        /// Why, as typed.
        note: String,
    },
    /// 核查.
    Begin,
    /// 核查结果.
    Record {
        /// What was found.
        result: VerificationResult,
        /// What is done about it.
        disposals: Vec<Disposal>,
        /// On what it rests, as typed.
        basis: String,
    },
    /// 上报.
    Submit {
        /// Who is to decide.
        gates: Gates,
    },
    /// Other units are to decide, because one of them must not any more.
    Regate {
        /// Who is to decide.
        gates: Gates,
        /// Why, as typed.
        note: String,
    },
    /// 审核通过.
    Pass {
        /// Remarks, as typed; may be empty.
        note: String,
    },
    /// 退回补查.
    Reject {
        /// Why, as typed.
        note: String,
    },
    /// 办结.
    Close,
    /// 反馈.
    FeedBack {
        /// How.
        channel: Channel,
        /// What the reporter said, as typed; may be empty.
        note: String,
    },
    /// 抽中回访.
    Draw {
        /// Of which month.
        month: Month,
    },
    /// 回访.
    CallBack {
        /// What the reporter thinks.
        opinion: Opinion,
        /// In the reporter's words, as typed; may be empty.
        note: String,
    },
    /// 归档.
    Archive,
    /// 首次联系.
    Contact {
        /// How.
        channel: Channel,
        /// What came of it, as typed; may be empty.
        note: String,
    },
    /// 受理告知.
    TellAcceptance {
        /// How.
        channel: Channel,
        /// Remarks, as typed; may be empty.
        note: String,
    },
    /// 申请延期.
    AskExtension {
        /// Why, as typed.
        note: String,
    },
    /// 批准延期.
    Extend {
        /// Remarks, as typed; may be empty.
        note: String,
    },
    /// 督办.
    Supervise {
        /// What is expected, as typed.
        note: String,
    },
    /// 提级.
    Escalate {
        /// Why, as typed.
        note: String,
    },
    /// 重启.
    Reopen {
        /// Why, as typed.
        note: String,
    },
    /// 交办前期核查.
    CheckEarlier {
        /// To whom.
        to: UnitId,
        /// What is asked, as typed.
        note: String,
    },
    /// 前期核查结论.
    RecordEarlier {
        /// What became of the earlier report, as typed.
        note: String,
    },
    /// 申请保护.
    AskProtection {
        /// As typed.
        note: String,
    },
    /// 决定保护.
    Protect {
        /// Which measures.
        measures: Vec<Measure>,
        /// As typed.
        note: String,
    },
    /// 不予保护.
    RefuseProtection {
        /// As typed.
        note: String,
    },
    /// 落实保护措施.
    TakeMeasure {
        /// As typed.
        note: String,
    },
    /// 解除保护.
    EndProtection {
        /// As typed.
        note: String,
    },
    /// 登记泄密: who reported became known to somebody who must not know it.
    RecordLeak {
        /// What became known, to whom and how, as typed.
        note: String,
    },
    /// 建议奖励.
    RecommendReward {
        /// How much, in which band.
        amount: RewardAmount,
        /// As typed.
        note: String,
    },
    /// 同意奖励.
    ApproveReward {
        /// As typed.
        note: String,
    },
    /// 不予奖励.
    RefuseReward {
        /// As typed.
        note: String,
    },
}

/// How somebody was spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 电话.
    Phone,
    /// 短信.
    Sms,
    /// 当面.
    InPerson,
    /// 书面.
    Letter,
    /// There is nobody to be reached: the reporter left nothing, or did not answer.
    Unreachable,
}

/// What a reporter thinks of how the report was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// 满意.
    Satisfied,
    /// 基本满意.
    Fairly,
    /// 不满意.
    Dissatisfied,
    /// 未接通.
    Unreached,
}

/// The text names no channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a channel: phone, sms, in_person, letter, unreachable")]
pub struct UnknownChannel;

/// The text names no opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an opinion: satisfied, fairly, dissatisfied, unreached")]
pub struct UnknownOpinion;

impl Step {
    /// Which move it is.
    pub const fn act(&self) -> Move {
        match self {
            Self::Assess { .. } => Move::Assess,
            Self::Refuse { .. } => Move::Refuse,
            Self::Hold { .. } => Move::Hold,
            Self::Merge { .. } => Move::Merge,
            Self::Assign { .. } => Move::Assign,
            Self::Forward { .. } => Move::Forward,
            Self::TransferOut { .. } => Move::TransferOut,
            Self::Sign => Move::Sign,
            Self::ReturnRoute { .. } => Move::ReturnRoute,
            Self::Begin => Move::Begin,
            Self::Record { .. } => Move::Record,
            Self::Submit { .. } => Move::Submit,
            Self::Regate { .. } => Move::Regate,
            Self::Pass { .. } => Move::Pass,
            Self::Reject { .. } => Move::Reject,
            Self::Close => Move::Close,
            Self::FeedBack { .. } => Move::FeedBack,
            Self::Draw { .. } => Move::Draw,
            Self::CallBack { .. } => Move::CallBack,
            Self::Archive => Move::Archive,
            Self::Contact { .. } => Move::Contact,
            Self::TellAcceptance { .. } => Move::TellAcceptance,
            Self::AskExtension { .. } => Move::AskExtension,
            Self::Extend { .. } => Move::Extend,
            Self::Supervise { .. } => Move::Supervise,
            Self::Escalate { .. } => Move::Escalate,
            Self::Reopen { .. } => Move::Reopen,
            Self::CheckEarlier { .. } => Move::CheckEarlier,
            Self::RecordEarlier { .. } => Move::RecordEarlier,
            Self::AskProtection { .. } => Move::AskProtection,
            Self::Protect { .. } => Move::Protect,
            Self::RefuseProtection { .. } => Move::RefuseProtection,
            Self::TakeMeasure { .. } => Move::TakeMeasure,
            Self::EndProtection { .. } => Move::EndProtection,
            Self::RecordLeak { .. } => Move::RecordLeak,
            Self::RecommendReward { .. } => Move::RecommendReward,
            Self::ApproveReward { .. } => Move::ApproveReward,
            Self::RefuseReward { .. } => Move::RefuseReward,
        }
    }

    /// What was typed with it.
    pub fn note(&self) -> &str {
        match self {
            Self::Assess { note }
            | Self::Refuse { note, .. }
            | Self::Hold { note }
            | Self::Merge { note, .. }
            | Self::Assign { note, .. }
            | Self::Forward { note, .. }
            | Self::TransferOut { note }
            | Self::ReturnRoute { note }
            | Self::Regate { note, .. }
            | Self::Pass { note }
            | Self::Reject { note }
            | Self::FeedBack { note, .. }
            | Self::CallBack { note, .. }
            | Self::Contact { note, .. }
            | Self::TellAcceptance { note, .. }
            | Self::AskExtension { note }
            | Self::Extend { note }
            | Self::Supervise { note }
            | Self::Escalate { note }
            | Self::Reopen { note }
            | Self::CheckEarlier { note, .. }
            | Self::RecordEarlier { note }
            | Self::AskProtection { note }
            | Self::Protect { note, .. }
            | Self::RefuseProtection { note }
            | Self::TakeMeasure { note }
            | Self::EndProtection { note }
            | Self::RecordLeak { note }
            | Self::RecommendReward { note, .. }
            | Self::ApproveReward { note }
            | Self::RefuseReward { note } => note,
            Self::Record { basis, .. } => basis,
            Self::Sign | Self::Begin | Self::Submit { .. } | Self::Close | Self::Draw { .. } | Self::Archive => "",
        }
    }
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Sms, Self::InPerson, Self::Letter, Self::Unreachable];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Sms => "sms",
            Self::InPerson => "in_person",
            Self::Letter => "letter",
            Self::Unreachable => "unreachable",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Phone => ("电话", "telephone"),
            Self::Sms => ("短信", "SMS"),
            Self::InPerson => ("当面", "in person"),
            Self::Letter => ("书面", "in writing"),
            Self::Unreachable => ("无法联系", "cannot be reached"),
        }
    }
}

impl Opinion {
    /// Every opinion.
    pub const ALL: [Self; 4] = [Self::Satisfied, Self::Fairly, Self::Dissatisfied, Self::Unreached];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Fairly => "fairly",
            Self::Dissatisfied => "dissatisfied",
            Self::Unreached => "unreached",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Satisfied => ("满意", "satisfied"),
            Self::Fairly => ("基本满意", "fairly satisfied"),
            Self::Dissatisfied => ("不满意", "dissatisfied"),
            Self::Unreached => ("未接通", "not reached"),
        }
    }

    /// Counts as satisfied in 满意率.
    pub const fn is_satisfied(self) -> bool {
        matches!(self, Self::Satisfied | Self::Fairly)
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|channel| channel.code() == text).ok_or(UnknownChannel)
    }
}

impl FromStr for Opinion {
    type Err = UnknownOpinion;

    fn from_str(text: &str) -> Result<Self, UnknownOpinion> {
        Self::ALL.into_iter().find(|opinion| opinion.code() == text).ok_or(UnknownOpinion)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.act().code())
    }
}
