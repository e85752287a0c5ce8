//! The table of moves: from where, to where, by whom, under which guards. Code, documents and tests share it.
//!
//! `docs/spec/workflow.md` prints the same table, and a test compares the two row by row.

use std::{fmt, str::FromStr};

use super::{
    guard::Guard,
    stage::Stage::{
        self, Archived, Assessed, Assigned, CalledBack, Closed, Escalated, FedBack, Forwarded, GateMps, GateProv, Held,
        Merged, NotAdmitted, Reopened, ResultSubmitted, ReturnedRoute, ReturnedVerify, Screened, Signed,
        TransferredOut, Verifying,
    },
};
use crate::role::{Permission, Role};

/// A move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// 研判.
    Assess,
    /// 不予受理.
    Refuse,
    /// 暂存待查.
    Hold,
    /// 并案.
    Merge,
    /// 交办.
    Assign,
    /// 转办.
    Forward,
    /// 移送.
    TransferOut,
    /// 签收.
    Sign,
    /// 退回改派.
    ReturnRoute,
    /// 开始核查.
    Begin,
    /// 核查结果.
    Record,
    /// 上报.
    Submit,
    /// 更换审核单位.
    Regate,
    /// 审核通过.
    Pass,
    /// 审核退回.
    Reject,
    /// 办结.
    Close,
    /// 反馈.
    FeedBack,
    /// 抽中回访.
    Draw,
    /// 回访.
    CallBack,
    /// 归档.
    Archive,
    /// 首次联系.
    Contact,
    /// 受理告知.
    TellAcceptance,
    /// 申请延期.
    AskExtension,
    /// 批准延期.
    Extend,
    /// 督办.
    Supervise,
    /// 提级.
    Escalate,
    /// 重启.
    Reopen,
    /// 交办前期核查.
    CheckEarlier,
    /// 前期核查结论.
    RecordEarlier,
    /// 申请保护.
    AskProtection,
    /// 决定保护.
    Protect,
    /// 不予保护.
    RefuseProtection,
    /// 落实保护措施.
    TakeMeasure,
    /// 解除保护.
    EndProtection,
    /// 登记泄密.
    RecordLeak,
    /// 建议奖励.
    RecommendReward,
    /// 同意奖励.
    ApproveReward,
    /// 不予奖励.
    RefuseReward,
}

/// Who makes a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// 研判员 above county level.
    Analyst,
    /// 交办员 of a provincial or the national office.
    Dispatcher,
    /// 单位负责人 of the unit that has the part.
    Head,
    /// The named 核查员.
    Verifier,
    /// 单位负责人 or 核查员 of the unit that has the part.
    Unit,
    /// A dispatcher, or the head of a unit above the one that has the part.
    Above,
    /// 审核员 of the unit whose gate it is.
    Reviewer,
    /// An analyst or a dispatcher of `OFFICE.000000`.
    NationalOffice,
    /// An analyst or a dispatcher, as in their rows.
    Office,
    /// 单位负责人 or 核查员 of the unit that checks the earlier report.
    Checker,
    /// Whoever reads cases, among those who see this one.
    Reader,
    /// Nobody: it follows from another move.
    System,
}

/// Where a move leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To this state.
    State(Stage),
    /// Nowhere: it is noted.
    Same,
    /// To the next gate's state: `GATE_PROV` from `RESULT_SUBMITTED`, `GATE_MPS` from there.
    NextGate,
    /// Back to the verifier; the second time to a higher unit.
    BackOrUp,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The move.
    pub act: Move,
    /// From where.
    pub from: &'static [Stage],
    /// To where.
    pub to: To,
    /// By whom.
    pub who: Who,
    /// What else must hold.
    pub guards: &'static [Guard],
}

/// The table.
pub const RULES: &[Rule] = &[
    rule(Move::Assess, &[Screened], To::State(Assessed), Who::Analyst, &[Guard::Reason]),
    rule(
        Move::Refuse,
        &[Screened, Assessed],
        To::State(NotAdmitted),
        Who::Analyst,
        &[Guard::Reason, Guard::AlarmTaken],
    ),
    rule(Move::Hold, &[Screened, Assessed], To::State(Held), Who::Analyst, &[Guard::Reason, Guard::AlarmTaken]),
    rule(Move::Merge, &[Screened, Assessed], To::State(Merged), Who::Analyst, &[Guard::Reason, Guard::IsMerged]),
    rule(Move::Assign, TO_BE_ASSIGNED, To::State(Assigned), Who::Dispatcher, &[Guard::Reason, Guard::MayHold]),
    rule(Move::Forward, TO_BE_ASSIGNED, To::State(Forwarded), Who::Dispatcher, &[Guard::Reason, Guard::MayHold]),
    rule(Move::TransferOut, TO_BE_ASSIGNED, To::State(TransferredOut), Who::Dispatcher, &[Guard::Reason]),
    rule(Move::Sign, &[Assigned, Forwarded], To::State(Signed), Who::Unit, &[]),
    rule(Move::Sign, &[Screened, Assessed], To::State(Signed), Who::Unit, &[Guard::Urgent]),
    rule(
        Move::ReturnRoute,
        &[Assigned, Forwarded, Signed],
        To::State(ReturnedRoute),
        Who::Head,
        &[Guard::Reason, Guard::ReturnedOnce, Guard::ReturnInTime],
    ),
    rule(Move::Begin, &[Signed], To::State(Verifying), Who::Verifier, &[Guard::Undertaking]),
    rule(Move::Record, &[Verifying, ReturnedVerify], To::Same, Who::Verifier, &[Guard::Basis, Guard::Undertaking]),
    rule(
        Move::Submit,
        &[Verifying, ReturnedVerify],
        To::State(ResultSubmitted),
        Who::Head,
        &[Guard::HasRecord, Guard::NotOwnRecord, Guard::TwoGates],
    ),
    rule(Move::Regate, &[ResultSubmitted, GateProv], To::Same, Who::Dispatcher, &[Guard::Reason, Guard::TwoGates]),
    rule(Move::Pass, &[ResultSubmitted, GateProv], To::NextGate, Who::Reviewer, &[Guard::Independent]),
    rule(Move::Reject, &[ResultSubmitted, GateProv], To::BackOrUp, Who::Reviewer, &[Guard::Reason, Guard::Independent]),
    rule(Move::Close, &[GateMps], To::State(Closed), Who::System, &[Guard::BothGates]),
    rule(Move::FeedBack, &[Closed], To::State(FedBack), Who::Unit, &[Guard::Undertaking, Guard::Reached]),
    // Whoever archives a case early takes nobody out of the draw.
    rule(Move::Draw, &[FedBack, Archived], To::State(FedBack), Who::System, &[Guard::Callable]),
    rule(Move::CallBack, &[FedBack], To::State(CalledBack), Who::NationalOffice, &[Guard::Drawn, Guard::Apart]),
    rule(
        Move::Archive,
        &[FedBack, CalledBack, NotAdmitted, TransferredOut],
        To::State(Archived),
        Who::Office,
        &[Guard::NotDrawn],
    ),
    rule(Move::Contact, WITH_UNIT, To::Same, Who::Unit, &[Guard::Undertaking, Guard::LeftContact]),
    rule(Move::TellAcceptance, BEFORE_GATES, To::Same, Who::Unit, &[Guard::Undertaking, Guard::LeftContact]),
    rule(
        Move::AskExtension,
        &[Signed, Verifying, ReturnedVerify],
        To::Same,
        Who::Unit,
        &[Guard::Reason, Guard::NotExtended],
    ),
    rule(Move::Extend, &[Signed, Verifying, ReturnedVerify], To::Same, Who::Above, &[Guard::Asked]),
    rule(Move::Supervise, SUPERVISED, To::Same, Who::Above, &[Guard::Reason]),
    rule(Move::Escalate, WITH_UNIT, To::State(Escalated), Who::Above, &[Guard::Reason]),
    rule(
        Move::Reopen,
        &[Held, NotAdmitted, TransferredOut, Closed, FedBack, CalledBack, Archived],
        To::State(Reopened),
        Who::Office,
        &[Guard::Reason],
    ),
    rule(Move::CheckEarlier, ALIVE, To::Same, Who::Dispatcher, &[Guard::Reason, Guard::MayCheck, Guard::Unchecked]),
    rule(Move::RecordEarlier, ALIVE, To::Same, Who::Checker, &[Guard::Reason, Guard::Undertaking]),
    rule(Move::AskProtection, ALIVE, To::Same, Who::Reader, &[Guard::Reason, Guard::NotProtected]),
    rule(Move::Protect, ALIVE, To::Same, Who::Above, &[Guard::Reason, Guard::Measures, Guard::ProtectionAsked]),
    rule(Move::RefuseProtection, ALIVE, To::Same, Who::Above, &[Guard::Reason, Guard::ProtectionAsked]),
    rule(Move::TakeMeasure, ALIVE, To::Same, Who::Unit, &[Guard::Reason, Guard::Undertaking, Guard::Protected]),
    rule(Move::EndProtection, ALIVE, To::Same, Who::Above, &[Guard::Reason, Guard::Protected]),
    // Never by the unit that has the part: it may be the one that let it out.
    rule(Move::RecordLeak, ALIVE, To::Same, Who::Above, &[Guard::Reason]),
    rule(
        Move::RecommendReward,
        OVER,
        To::Same,
        Who::Head,
        &[Guard::Reason, Guard::Band, Guard::Substantiated, Guard::FirstReport, Guard::NotRecommended],
    ),
    rule(Move::ApproveReward, OVER, To::Same, Who::Above, &[Guard::Recommended]),
    rule(Move::RefuseReward, OVER, To::Same, Who::Above, &[Guard::Reason, Guard::Recommended]),
];

const TO_BE_ASSIGNED: &[Stage] = &[Assessed, Reopened, ReturnedRoute, Escalated];
const WITH_UNIT: &[Stage] = &[Assigned, Forwarded, Signed, Verifying, ReturnedVerify];
const BEFORE_GATES: &[Stage] = &[Signed, Verifying, ReturnedVerify];
/// A reporter can be in danger long after the case is over.
const ALIVE: &[Stage] = &[
    Screened,
    Assessed,
    Reopened,
    ReturnedRoute,
    Escalated,
    Assigned,
    Forwarded,
    Signed,
    Verifying,
    ReturnedVerify,
    ResultSubmitted,
    GateProv,
    GateMps,
    Closed,
    FedBack,
    CalledBack,
    Held,
    Merged,
    Archived,
];
const OVER: &[Stage] = &[Closed, FedBack, CalledBack, Archived];
const SUPERVISED: &[Stage] =
    &[Assigned, Forwarded, Signed, Verifying, ReturnedVerify, ResultSubmitted, GateProv, Closed];

const fn rule(act: Move, from: &'static [Stage], to: To, who: Who, guards: &'static [Guard]) -> Rule {
    Rule { act, from, to, who, guards }
}

/// The text names no move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a move")]
pub struct UnknownMove;

impl Move {
    /// Every move.
    pub const ALL: [Self; 38] = [
        Self::Assess,
        Self::Refuse,
        Self::Hold,
        Self::Merge,
        Self::Assign,
        Self::Forward,
        Self::TransferOut,
        Self::Sign,
        Self::ReturnRoute,
        Self::Begin,
        Self::Record,
        Self::Submit,
        Self::Regate,
        Self::Pass,
        Self::Reject,
        Self::Close,
        Self::FeedBack,
        Self::Draw,
        Self::CallBack,
        Self::Archive,
        Self::Contact,
        Self::TellAcceptance,
        Self::AskExtension,
        Self::Extend,
        Self::Supervise,
        Self::Escalate,
        Self::Reopen,
        Self::CheckEarlier,
        Self::RecordEarlier,
        Self::AskProtection,
        Self::Protect,
        Self::RefuseProtection,
        Self::TakeMeasure,
        Self::EndProtection,
        Self::RecordLeak,
        Self::RecommendReward,
        Self::ApproveReward,
        Self::RefuseReward,
    ];

    /// Moves that many cases may be given at once: nothing is asked but the same unit or the same reason for all, and none of
    /// them says what is true of a case, passes a gate or speaks to anybody.
    pub const FOR_MANY: [Self; 10] = [
        Self::Assess,
        Self::Hold,
        Self::Assign,
        Self::Forward,
        Self::Sign,
        Self::Begin,
        Self::Extend,
        Self::Supervise,
        Self::Escalate,
        Self::Archive,
    ];

    /// Whether somebody in this role can ever make it.
    pub fn may_be_of(self, role: Role) -> bool {
        RULES.iter().any(|rule| rule.act == self && rule.who.may_be(role))
    }

    /// Its code, as in events, forms and on the command line; `merge` alone is the name of something else there.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Assess => "assess",
            Self::Refuse => "refuse",
            Self::Hold => "hold",
            Self::Merge => "follow",
            Self::Assign => "hand-over",
            Self::Forward => "forward",
            Self::TransferOut => "transfer-out",
            Self::Sign => "sign",
            Self::ReturnRoute => "return",
            Self::Begin => "begin",
            Self::Record => "record",
            Self::Submit => "submit",
            Self::Regate => "regate",
            Self::Pass => "pass",
            Self::Reject => "reject",
            Self::Close => "close",
            Self::FeedBack => "feed-back",
            Self::Draw => "draw",
            Self::CallBack => "call-back",
            Self::Archive => "archive",
            Self::Contact => "contact",
            Self::TellAcceptance => "tell-acceptance",
            Self::AskExtension => "ask-extension",
            Self::Extend => "extend",
            Self::Supervise => "supervise",
            Self::Escalate => "escalate",
            Self::Reopen => "reopen",
            Self::CheckEarlier => "check-earlier",
            Self::RecordEarlier => "record-earlier",
            Self::AskProtection => "ask-protection",
            Self::Protect => "protect",
            Self::RefuseProtection => "refuse-protection",
            Self::TakeMeasure => "take-measure",
            Self::EndProtection => "end-protection",
            Self::RecordLeak => "record-leak",
            Self::RecommendReward => "recommend-reward",
            Self::ApproveReward => "approve-reward",
            Self::RefuseReward => "refuse-reward",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Assess => ("研判", "Assess"),
            Self::Refuse => ("不予受理", "Do not admit"),
            Self::Hold => ("暂存待查", "Hold"),
            Self::Merge => ("随主案办理", "Follow the leading case"),
            Self::Assign => ("交办", "Assign"),
            Self::Forward => ("转办", "Forward"),
            Self::TransferOut => ("移送", "Transfer out"),
            Self::Sign => ("签收", "Sign for it"),
            Self::ReturnRoute => ("退回改派", "Give back"),
            Self::Begin => ("开始核查", "Begin to verify"),
            Self::Record => ("填写核查结果", "Record the result"),
            Self::Submit => ("签发上报", "Sign and submit"),
            Self::Regate => ("更换审核单位", "Choose other gates"),
            Self::Pass => ("审核通过", "Let it pass"),
            Self::Reject => ("审核退回", "Reject"),
            Self::Close => ("办结", "Close"),
            Self::FeedBack => ("反馈举报人", "Tell the reporter"),
            Self::Draw => ("抽中回访", "Drawn for a call-back"),
            Self::CallBack => ("回访登记", "Record the call-back"),
            Self::Archive => ("归档", "Archive"),
            Self::Contact => ("首次联系举报人", "First contact"),
            Self::TellAcceptance => ("受理告知", "Tell of the acceptance"),
            Self::AskExtension => ("申请延期", "Ask for an extension"),
            Self::Extend => ("批准延期", "Grant the extension"),
            Self::Supervise => ("督办", "Supervise"),
            Self::Escalate => ("提级", "Escalate"),
            Self::Reopen => ("重启", "Reopen"),
            Self::CheckEarlier => ("交办前期举报核查", "Have the earlier report checked"),
            Self::RecordEarlier => ("填写前期核查结论", "Record what became of the earlier report"),
            Self::AskProtection => ("申请保护", "Ask for protection"),
            Self::Protect => ("决定保护", "Grant protection"),
            Self::RefuseProtection => ("不予保护", "Refuse protection"),
            Self::TakeMeasure => ("落实保护措施", "Record a measure"),
            Self::EndProtection => ("解除保护", "End protection"),
            Self::RecordLeak => ("登记泄密", "Record a leak"),
            Self::RecommendReward => ("建议奖励", "Recommend a reward"),
            Self::ApproveReward => ("同意奖励", "Approve the reward"),
            Self::RefuseReward => ("不予奖励", "Refuse the reward"),
        }
    }

    /// The row for a state, if the move can be made there.
    pub fn rule_from(self, stage: Stage) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.act == self && rule.from.contains(&stage))
    }
}

impl Who {
    /// Whether somebody in this role can be that. Unit and level are asked when it comes to a case.
    pub const fn may_be(self, role: Role) -> bool {
        match self {
            Self::Analyst => matches!(role, Role::Analyst),
            Self::Dispatcher => matches!(role, Role::Dispatcher),
            Self::Head => matches!(role, Role::Head),
            Self::Verifier => matches!(role, Role::Verifier),
            Self::Unit | Self::Checker => matches!(role, Role::Head | Role::Verifier),
            Self::Above => matches!(role, Role::Dispatcher | Role::Head),
            Self::Reviewer => matches!(role, Role::Reviewer),
            Self::NationalOffice | Self::Office => matches!(role, Role::Analyst | Role::Dispatcher),
            Self::Reader => role.may(Permission::ReadCases),
            Self::System => false,
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Analyst => ("县级以上的研判员", "an analyst above county level"),
            Self::Dispatcher => ("省级或全国扫黑办的交办员", "a dispatcher of a provincial or the national office"),
            Self::Head => ("承办单位负责人", "the head of the unit that has it"),
            Self::Verifier => ("指定的核查员", "the named verifier"),
            Self::Unit => ("承办单位负责人或核查员", "head or verifier of the unit that has it"),
            Self::Above => ("交办员或上级单位负责人", "a dispatcher, or the head of a unit above"),
            Self::Reviewer => ("审核单位的审核员", "a reviewer of the gate's unit"),
            Self::NationalOffice => ("全国扫黑办", "the national office"),
            Self::Office => ("研判员或交办员", "an analyst or a dispatcher"),
            Self::Checker => ("核查前期举报的单位", "the unit that checks the earlier report"),
            Self::Reader => ("能看这条线索的人", "whoever reads the case"),
            Self::System => ("系统", "the system"),
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Move {
    type Err = UnknownMove;

    fn from_str(text: &str) -> Result<Self, UnknownMove> {
        Self::ALL.into_iter().find(|act| act.code() == text).ok_or(UnknownMove)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_has_a_row_and_no_state_has_two_of_one() {
        for act in Move::ALL {
            assert_eq!(act.code().parse(), Ok(act));
            assert!(RULES.iter().any(|rule| rule.act == act), "{act}");
            for stage in Stage::ALL {
                let rows = RULES.iter().filter(|rule| rule.act == act && rule.from.contains(&stage));
                assert!(rows.count() <= 1, "{act} from {stage}");
            }
        }
    }

    #[test]
    fn nothing_leads_into_closed_but_the_system_after_two_gates() {
        for rule in RULES.iter().filter(|rule| rule.to == To::State(Closed)) {
            assert_eq!(
                (rule.act, rule.from, rule.who, rule.guards),
                (Move::Close, &[GateMps][..], Who::System, &[Guard::BothGates][..])
            );
        }
    }

    #[test]
    fn the_documented_table_is_the_real_one() {
        let documented = include_str!("../../../../docs/spec/workflow.md");
        for rule in RULES {
            let codes: Vec<&str> = rule.from.iter().map(|stage| stage.code()).collect();
            let to = match rule.to {
                To::State(stage) => stage.code(),
                To::Same => "—",
                To::NextGate => "next gate",
                To::BackOrUp => "back or up",
            };
            let guards: Vec<&str> = rule.guards.iter().map(|guard| guard.code()).collect();
            let row = format!(
                "| `{}` {} | {} | {} | {} | {} |",
                rule.act.code(),
                rule.act.words().0,
                codes.join(", "),
                to,
                rule.who.words().1,
                guards.join(", ")
            );
            assert!(documented.contains(&row), "{row}");
        }
        let rows = documented
            .lines()
            .filter(|line| Move::ALL.iter().any(|act| line.starts_with(&format!("| `{}` ", act.code()))));
        assert_eq!(rows.count(), RULES.len());
    }
}
