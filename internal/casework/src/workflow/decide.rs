//! Whether a move is made: the only place where the table is read, and the only maker of steps.

use nightsafe_schema::{
    case::CaseId,
    unit::{Level, System, UnitId},
};

use super::{
    earlier::EarlierCheck,
    guard::Refused,
    month::Month,
    moves::{Move, RULES, Rule, Who},
    progress::Progress,
    protection::Measure,
    reward::RewardAmount,
    setting::Setting,
    step::{Channel, Opinion, Step},
    verification::{Disposal, Result as VerificationResult},
};
use crate::{
    account::Account,
    role::{Permission, Role},
    routing::{Part, Task},
    visibility::closed,
};

/// What somebody wants to do: a move with what was typed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// With which part; may be left out where there is one only.
    pub part: Option<Part>,
    /// What.
    pub act: Move,
    /// A reason, a remark or a basis; may be empty.
    pub note: String,
    /// The unit it is given to.
    pub unit: Option<UnitId>,
    /// The case that leads.
    pub into: Option<CaseId>,
    /// `NA1` to `NA6`.
    pub ground: Option<String>,
    /// What was found.
    pub result: Option<VerificationResult>,
    /// What is done about it.
    pub disposals: Vec<Disposal>,
    /// How somebody was spoken to.
    pub channel: Option<Channel>,
    /// What the reporter thinks.
    pub opinion: Option<Opinion>,
    /// For [`Move::Draw`]: the month.
    pub month: Option<Month>,
    /// Measures of protection.
    pub measures: Vec<Measure>,
    /// A reward.
    pub amount: Option<RewardAmount>,
}

/// The steps that follow, to be recorded in one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Of which part.
    pub part: Part,
    /// In order.
    pub steps: Vec<Step>,
}

impl Wish {
    /// A move with nothing typed.
    pub const fn new(part: Option<Part>, act: Move) -> Self {
        Self {
            part,
            act,
            note: String::new(),
            unit: None,
            into: None,
            ground: None,
            result: None,
            disposals: Vec::new(),
            channel: None,
            opinion: None,
            month: None,
            measures: Vec::new(),
            amount: None,
        }
    }
}

/// The steps that this wish comes to, or why it does not.
pub fn decide(setting: &Setting<'_>, wish: &Wish) -> Result<Decided, Refused> {
    let tasks = setting.state.decision.as_ref().map(|decision| decision.tasks.as_slice()).unwrap_or_default();
    let part = match (wish.part, tasks) {
        (Some(part), _) => part,
        (None, [only]) => only.part,
        _ => return Err(Refused::NoSuchPart),
    };
    let setting = &Setting { part: Some(part), ..*setting };
    let task = setting.task().ok_or(Refused::NoSuchPart)?;
    let progress = setting.state.progress.get(&part).ok_or(Refused::NoSuchPart)?;
    let rule = wish.act.rule_from(progress.stage).ok_or(Refused::NotNow)?;
    allowed(rule, setting, task, progress)?;
    for guard in rule.guards {
        guard.check(setting, task, progress, wish)?;
    }
    let step = step(setting, wish)?;
    let mut steps = vec![step];
    if wish.act == Move::Pass {
        steps.extend(closing(setting, task, progress, &steps)?);
    }
    Ok(Decided { part, steps })
}

/// The moves that this person could make now, with the part they are for: what a page offers. What must be typed for one is
/// not asked yet.
pub fn open_moves(setting: &Setting<'_>) -> Vec<(Part, Move)> {
    let mut open = Vec::new();
    for (&part, progress) in &setting.state.progress {
        let setting = &Setting { part: Some(part), ..*setting };
        let Some(task) = setting.task() else { continue };
        for rule in RULES.iter().filter(|rule| rule.from.contains(&progress.stage)) {
            let wish = Wish::new(Some(part), rule.act);
            let guards = rule.guards.iter().filter(|guard| !guard.is_about_the_wish());
            let held = guards.copied().all(|guard| guard.check(setting, task, progress, &wish).is_ok());
            if held && allowed(rule, setting, task, progress).is_ok() {
                open.push((part, rule.act));
            }
        }
    }
    open
}

fn allowed(rule: &Rule, setting: &Setting<'_>, task: &Task, progress: &Progress) -> Result<(), Refused> {
    let Some(actor) = setting.actor else {
        return if rule.who == Who::System { Ok(()) } else { Err(Refused::NotYours(rule.who)) };
    };
    let forbidden = closed(&setting.state.forbidden_units(), setting.units);
    if setting.state.recused.contains(&actor.name) || forbidden.contains(&actor.unit) {
        return Err(Refused::Conflict);
    }
    if rule.who.may_be(actor.role) && is(rule.who, actor, setting, task, progress) {
        Ok(())
    } else {
        Err(Refused::NotYours(rule.who))
    }
}

fn is(who: Who, actor: &Account, setting: &Setting<'_>, task: &Task, progress: &Progress) -> bool {
    let unit = setting.units.unit(&actor.unit);
    let of_the_unit = actor.unit == task.unit;
    let is_above = || setting.units.ancestors(&task.unit).iter().any(|above| above.id == actor.unit);
    let national = || unit.is_some_and(|unit| unit.system == *System::OFFICE && unit.level == Level::Nation);
    match who {
        Who::Analyst => actor.role == Role::Analyst && unit.is_some_and(|unit| unit.level < Level::County),
        Who::Dispatcher => {
            let office = unit.is_some_and(|unit| unit.system == *System::OFFICE && unit.level <= Level::Province);
            actor.role == Role::Dispatcher && office
        }
        Who::Head => actor.role == Role::Head && of_the_unit,
        Who::Verifier => actor.role == Role::Verifier && progress.verifier.as_ref() == Some(&actor.name),
        Who::Unit => matches!(actor.role, Role::Head | Role::Verifier) && of_the_unit,
        Who::Above => is(Who::Dispatcher, actor, setting, task, progress) || (actor.role == Role::Head && is_above()),
        Who::Reviewer => {
            let gate = progress.gates.as_ref().zip(progress.open_gate());
            actor.role == Role::Reviewer && gate.is_some_and(|(gates, gate)| *gates.unit(gate) == actor.unit)
        }
        Who::NationalOffice => matches!(actor.role, Role::Analyst | Role::Dispatcher) && national(),
        Who::Office => {
            is(Who::Analyst, actor, setting, task, progress) || is(Who::Dispatcher, actor, setting, task, progress)
        }
        Who::Checker => {
            let has = matches!(&progress.complaint, EarlierCheck::Given { to, .. } if *to == actor.unit);
            matches!(actor.role, Role::Head | Role::Verifier) && has
        }
        Who::Reader => actor.role.may(Permission::ReadCases),
        Who::System => false,
    }
}

/// After both gates nobody has to press a button: the case is closed in the same batch.
fn closing(setting: &Setting<'_>, task: &Task, progress: &Progress, steps: &[Step]) -> Result<Option<Step>, Refused> {
    let mut after = progress.clone();
    let by = setting.actor.map(|actor| (&actor.name, &actor.unit));
    for step in steps {
        after.apply(step, by, &task.unit, setting.at);
    }
    let Some(rule) = Move::Close.rule_from(after.stage) else { return Ok(None) };
    for guard in rule.guards {
        guard.check(setting, task, &after, &Wish::new(setting.part, Move::Close))?;
    }
    Ok(Some(Step::Close))
}

fn step(setting: &Setting<'_>, wish: &Wish) -> Result<Step, Refused> {
    let note = || wish.note.trim().to_owned();
    let unit = || wish.unit.clone().ok_or(Refused::UnknownUnit);
    let gates = || setting.gates.gates(setting).ok_or(Refused::NoGates);
    let channel = || wish.channel.ok_or(Refused::Channel);
    Ok(match wish.act {
        Move::Assess => Step::Assess { note: note() },
        Move::Refuse => {
            let ground = wish.ground.clone().filter(|ground| GROUNDS.contains(&ground.as_str()));
            Step::Refuse { ground: ground.ok_or(Refused::Ground)?, note: note() }
        }
        Move::Hold => Step::Hold { note: note() },
        Move::Merge => Step::Merge { into: wish.into.ok_or(Refused::NotMerged)?, note: note() },
        Move::Assign => Step::Assign { to: unit()?, note: note() },
        Move::Forward => Step::Forward { to: unit()?, note: note() },
        Move::TransferOut => Step::TransferOut { note: note() },
        Move::Sign => Step::Sign,
        Move::ReturnRoute => Step::ReturnRoute { note: note() },
        Move::Begin => Step::Begin,
        Move::Record => Step::Record {
            result: wish.result.ok_or(Refused::Basis)?,
            disposals: wish.disposals.clone(),
            basis: note(),
        },
        Move::Submit => Step::Submit { gates: gates()? },
        Move::Regate => Step::Regate { gates: gates()?, note: note() },
        Move::Pass => Step::Pass { note: note() },
        Move::Reject => Step::Reject { note: note() },
        Move::Close => Step::Close,
        Move::FeedBack => Step::FeedBack { channel: channel()?, note: note() },
        Move::Draw => Step::Draw { month: wish.month.ok_or(Refused::NotCallable)? },
        Move::CallBack => Step::CallBack { opinion: wish.opinion.ok_or(Refused::Opinion)?, note: note() },
        Move::Archive => Step::Archive,
        Move::Contact => Step::Contact { channel: channel()?, note: note() },
        Move::TellAcceptance => Step::TellAcceptance { channel: channel()?, note: note() },
        Move::AskExtension => Step::AskExtension { note: note() },
        Move::Extend => Step::Extend { note: note() },
        Move::Supervise => Step::Supervise { note: note() },
        Move::Escalate => Step::Escalate { note: note() },
        Move::Reopen => Step::Reopen { note: note() },
        Move::CheckEarlier => Step::CheckEarlier { to: unit()?, note: note() },
        Move::RecordEarlier => Step::RecordEarlier { note: note() },
        Move::AskProtection => Step::AskProtection { note: note() },
        Move::Protect => Step::Protect { measures: wish.measures.clone(), note: note() },
        Move::RefuseProtection => Step::RefuseProtection { note: note() },
        Move::TakeMeasure => Step::TakeMeasure { note: note() },
        Move::EndProtection => Step::EndProtection { note: note() },
        Move::RecordLeak => Step::RecordLeak { note: note() },
        Move::RecommendReward => {
            Step::RecommendReward { amount: wish.amount.clone().ok_or(Refused::Band)?, note: note() }
        }
        Move::ApproveReward => Step::ApproveReward { note: note() },
        Move::RefuseReward => Step::RefuseReward { note: note() },
    })
}

/// Grounds for not admitting a report (DOMAIN 4.4).
pub const GROUNDS: [&str; 6] = ["NA1", "NA2", "NA3", "NA4", "NA5", "NA6"];
