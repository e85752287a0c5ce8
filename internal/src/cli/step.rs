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
    /// 保护措施，逗号分开 (SECRECY, TESTIMONY, NO_CONTACT, GUARD, NEW_IDENTITY, OTHER)
    #[arg(long, default_value = "")]
    pub(crate) measures: String,
    /// 奖励档次 (BLACK_SOCIETY, EVIL_FORCES, UMBRELLA, or what the site's table has)
    #[arg(long, default_value = "")]
    pub(crate) band: String,
    /// 奖励金额，元 (amount in yuan)
    #[arg(long, default_value = "")]
    pub(crate) amount: String,
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
    /// 把前期举报交给别的单位核查 (have another unit check an earlier report)
    CheckEarlier(StepFields),
    /// 填写前期举报核查结论 (record what became of an earlier report)
    RecordEarlier(StepFields),
    /// 申请保护举报人 (ask that the reporter be protected)
    AskProtection(StepFields),
    /// 决定保护，写明措施 (grant protection, with its measures)
    Protect(StepFields),
    /// 不予保护 (refuse protection)
    RefuseProtection(StepFields),
    /// 登记落实的保护措施 (record a measure that was carried out)
    TakeMeasure(StepFields),
    /// 解除保护 (end protection)
    EndProtection(StepFields),
    /// 登记泄密：谁知道了举报人、怎么知道的 (record that the reporter became known, to whom and how)
    RecordLeak(StepFields),
    /// 建议奖励首报人，写明档次和金额 (recommend a reward for the first reporter)
    RecommendReward(StepFields),
    /// 同意奖励 (approve the reward)
    ApproveReward(StepFields),
    /// 不予奖励 (refuse the reward)
    RefuseReward(StepFields),
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
            Self::CheckEarlier(fields) => ("check-earlier", fields),
            Self::RecordEarlier(fields) => ("record-earlier", fields),
            Self::AskProtection(fields) => ("ask-protection", fields),
            Self::Protect(fields) => ("protect", fields),
            Self::RefuseProtection(fields) => ("refuse-protection", fields),
            Self::TakeMeasure(fields) => ("take-measure", fields),
            Self::EndProtection(fields) => ("end-protection", fields),
            Self::RecordLeak(fields) => ("record-leak", fields),
            Self::RecommendReward(fields) => ("recommend-reward", fields),
            Self::ApproveReward(fields) => ("approve-reward", fields),
            Self::RefuseReward(fields) => ("refuse-reward", fields),
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
            ("measures", self.measures),
            ("band", self.band),
            ("amount", self.amount),
        ]
    }
}
