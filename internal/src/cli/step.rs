//! The moves of the workflow on the command line: one verb a move, under `act`. No behaviour.

use clap::{Args, Subcommand};

/// What a move may need; which of it is asked for, the daemon says.
#[derive(Debug, Default, Args)]
pub(crate) struct StepFields {
    /// 部分；只有一部分可不写 (crime, official, sector, supplement)
    #[arg(long, default_value = "")]
    pub(crate) part: String,
    /// 理由、意见或依据 (reason, finding or basis)
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// 单位编号 (unit id)
    #[arg(long, default_value = "")]
    pub(crate) unit: String,
    /// 主案的案件号 (the leading case's number)
    #[arg(long, default_value = "")]
    pub(crate) case: String,
    /// 理由 NA1 至 NA6 (ground)
    #[arg(long, default_value = "")]
    pub(crate) ground: String,
    /// 结论 (SUBSTANTIATED, PARTLY, UNSUBSTANTIATED, UNVERIFIABLE, TRANSFERRED, DUPLICATE)
    #[arg(long, default_value = "")]
    pub(crate) result: String,
    /// 处置，逗号分开 (CRIMINAL_CASE, ADMINISTRATIVE_PENALTY, TO_DISCIPLINE, TO_REGULATOR, LETTERS, SETTLED, CLEARED)
    #[arg(long, default_value = "")]
    pub(crate) disposals: String,
    /// 方式 (phone, sms, in_person, letter, unreachable)
    #[arg(long, default_value = "")]
    pub(crate) channel: String,
    /// 意见 (satisfied, fairly, dissatisfied, unreached)
    #[arg(long, default_value = "")]
    pub(crate) opinion: String,
}

/// A move of the workflow.
#[derive(Debug, Subcommand)]
pub(crate) enum StepVerb {
    /// 研判，写明意见 (assess it)
    Assess(StepFields),
    /// 不予受理，写明理由 NA1 至 NA6 (do not admit it)
    Refuse(StepFields),
    /// 暂存待查 (hold it)
    Hold(StepFields),
    /// 随已并案的主案办理 (let the case that it is merged with lead)
    Follow(StepFields),
    /// 交办给单位 (assign it to a unit)
    HandOver(StepFields),
    /// 转办给单位 (forward it to a unit)
    Forward(StepFields),
    /// 移送外部机关 (transfer it to an authority outside)
    TransferOut(StepFields),
    /// 签收 (sign for it)
    Sign(StepFields),
    /// 退回改派，五个工作日内一次 (give it back, once, within five working days)
    Return(StepFields),
    /// 开始核查 (begin to verify)
    Begin(StepFields),
    /// 填写核查结果 (record the result of the verification)
    Record(StepFields),
    /// 单位负责人签发上报 (sign the result for the unit and submit it)
    Submit(StepFields),
    /// 更换审核单位 (choose other units for the gates)
    Regate(StepFields),
    /// 审核通过 (let it pass at the gate)
    Pass(StepFields),
    /// 审核退回，写明理由 (reject it at the gate)
    Reject(StepFields),
    /// 反馈举报人 (say that the reporter was told the result)
    FeedBack(StepFields),
    /// 回访登记 (record what the reporter thinks)
    CallBack(StepFields),
    /// 归档 (archive it)
    Archive(StepFields),
    /// 首次联系举报人 (say that the reporter was spoken to first)
    Contact(StepFields),
    /// 受理告知 (say that the reporter was told of the acceptance)
    TellAcceptance(StepFields),
    /// 申请延期三十天 (ask for thirty days more)
    AskExtension(StepFields),
    /// 批准延期 (grant the extension)
    Extend(StepFields),
    /// 督办 (supervise it)
    Supervise(StepFields),
    /// 提级 (take it to a higher unit)
    Escalate(StepFields),
    /// 重启 (take it up again)
    Reopen(StepFields),
}

impl StepVerb {
    /// The move's code, and what was typed for it.
    pub(crate) fn into_parts(self) -> (&'static str, StepFields) {
        match self {
            Self::Assess(fields) => ("assess", fields),
            Self::Refuse(fields) => ("refuse", fields),
            Self::Hold(fields) => ("hold", fields),
            Self::Follow(fields) => ("follow", fields),
            Self::HandOver(fields) => ("hand-over", fields),
            Self::Forward(fields) => ("forward", fields),
            Self::TransferOut(fields) => ("transfer-out", fields),
            Self::Sign(fields) => ("sign", fields),
            Self::Return(fields) => ("return", fields),
            Self::Begin(fields) => ("begin", fields),
            Self::Record(fields) => ("record", fields),
            Self::Submit(fields) => ("submit", fields),
            Self::Regate(fields) => ("regate", fields),
            Self::Pass(fields) => ("pass", fields),
            Self::Reject(fields) => ("reject", fields),
            Self::FeedBack(fields) => ("feed-back", fields),
            Self::CallBack(fields) => ("call-back", fields),
            Self::Archive(fields) => ("archive", fields),
            Self::Contact(fields) => ("contact", fields),
            Self::TellAcceptance(fields) => ("tell-acceptance", fields),
            Self::AskExtension(fields) => ("ask-extension", fields),
            Self::Extend(fields) => ("extend", fields),
            Self::Supervise(fields) => ("supervise", fields),
            Self::Escalate(fields) => ("escalate", fields),
            Self::Reopen(fields) => ("reopen", fields),
        }
    }
}

impl StepFields {
    /// By name, as the daemon reads them.
    pub(crate) fn into_pairs(self) -> Vec<(&'static str, String)> {
        vec![
            ("part", self.part),
            ("reason", self.reason),
            ("unit", self.unit),
            ("case", self.case),
            ("ground", self.ground),
            ("result", self.result),
            ("disposals", self.disposals),
            ("channel", self.channel),
            ("opinion", self.opinion),
        ]
    }
}
