//! Guards: what must hold besides the state and the role, each with a code for the table and words for people.

use super::{
    decide::Wish,
    earlier::{EarlierCheck, complained_of},
    gate::is_independent,
    month::Month,
    moves::{Move, Who},
    progress::{Extension, Progress},
    protection::Protection,
    reward::{Reported, Reward},
    setting::Setting,
    step::Channel,
};
use crate::{
    case::Alarm,
    routing::Task,
    triage::Priority,
    visibility::{closed, national_office},
};
use nightsafe_schema::unit::{Level, UnitId};

/// A guard of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A reason was typed.
    Reason,
    /// A basis was typed, with a result and a disposal.
    Basis,
    /// No alarm waits for somebody.
    AlarmTaken,
    /// The case is merged with the one that is to lead.
    IsMerged,
    /// The unit exists, is no station, is not forbidden, and stands above the one from which the part went up.
    MayHold,
    /// P0: the unit need not wait for a dispatcher.
    Urgent,
    /// No unit has given it back before.
    ReturnedOnce,
    /// Five working days have not passed.
    ReturnInTime,
    /// The person has a valid undertaking.
    Undertaking,
    /// There is a record of the verification.
    HasRecord,
    /// Whoever signs has not written it.
    NotOwnRecord,
    /// There are two units that may decide.
    TwoGates,
    /// The reviewer neither verified nor signed nor decided at the other gate, and the unit may decide.
    Independent,
    /// Two units have let it pass, by two people.
    BothGates,
    /// The reporter was spoken to, or it is said why not.
    Reached,
    /// The reporter left a way to be spoken to, and was not yet.
    LeftContact,
    /// Nobody asked for an extension, and none was granted.
    NotExtended,
    /// Somebody else asked for an extension.
    Asked,
    /// A real name that consented to be asked and was told the result in the month, and somebody apart who may ask.
    Callable,
    /// It was drawn for a call-back.
    Drawn,
    /// The person and the unit had no hand in the result.
    Apart,
    /// It was not drawn, or was called back.
    NotDrawn,
    /// The unit exists, is no station, is not forbidden, and neither complained of nor below one that is.
    MayCheck,
    /// The reporter says that an earlier report came to nothing, and nobody was given that.
    Unchecked,
    /// At least one measure of Art. 61 was chosen.
    Measures,
    /// The reporter is not protected, and nobody asked for it.
    NotProtected,
    /// The reporter asked for protection, or somebody else did.
    ProtectionAsked,
    /// The reporter is protected.
    Protected,
    /// The amount lies in its band.
    Band,
    /// Both gates let a result pass that is true at least in part.
    Substantiated,
    /// No other report of the series came before it.
    FirstReport,
    /// No reward waits for a decision, and none was approved.
    NotRecommended,
    /// Somebody else recommended a reward.
    Recommended,
}

/// Why a move is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The case has no such part.
    #[error("the case has no such part")]
    NoSuchPart,
    /// Not in this state.
    #[error("not in the state that it is in now")]
    NotNow,
    /// Somebody else is to do it.
    #[error("only {} may do this", .0.words().1)]
    NotYours(Who),
    /// The person has a conflict, or the unit must never see the case.
    #[error("whoever has a conflict with a case does nothing with it")]
    Conflict,
    /// No reason.
    #[error("a reason has 4 to 300 characters")]
    Reason,
    /// No basis, result or disposal.
    #[error("a result needs at least one disposal, and a basis of 10 to 4000 characters")]
    Basis,
    /// No ground.
    #[error("name the ground: NA1 to NA6")]
    Ground,
    /// An alarm is open.
    #[error("somebody must take the alarm up first")]
    AlarmOpen,
    /// The two are not merged.
    #[error("the case is not merged with that one")]
    NotMerged,
    /// There is no such unit.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The unit must never see the case.
    #[error("this unit must not see the case")]
    ForbiddenUnit,
    /// A station has no cases of its own.
    #[error("a station counts as its organ: choose the organ")]
    Station,
    /// The part went up: the unit must stand higher.
    #[error("it went up: the unit must stand above the one that had it")]
    NotAbove,
    /// Not urgent.
    #[error("only P0 is signed for before it is assigned")]
    NotUrgent,
    /// It was given back before.
    #[error("it was given back once before")]
    ReturnedBefore,
    /// Too late.
    #[error("five working days have passed since it was assigned")]
    TooLate,
    /// No valid undertaking.
    #[error("there is no valid undertaking of this person")]
    NoUndertaking,
    /// No record.
    #[error("the verifier has not recorded a result yet")]
    NoRecord,
    /// One's own record.
    #[error("whoever signs a result must not have written it")]
    OwnRecord,
    /// Fewer than two units may decide.
    #[error("the table names no two units that may decide about this")]
    NoGates,
    /// Not independent.
    #[error("whoever verified, signed or decided before does not decide at this gate")]
    NotIndependent,
    /// A gate has not let it pass.
    #[error("both gates must let it pass first")]
    GatesMissing,
    /// How?
    #[error("say how, and if the reporter cannot be reached, why")]
    Channel,
    /// There is no way, or it was done.
    #[error("the reporter left no way to be spoken to, or was spoken to already")]
    NoContact,
    /// Asked or granted before.
    #[error("an extension is asked for once")]
    ExtendedBefore,
    /// Nobody asked, or it was oneself.
    #[error("nobody else has asked for an extension")]
    NotAsked,
    /// Not to be drawn.
    #[error("it is not among those that may be drawn")]
    NotCallable,
    /// Not drawn.
    #[error("it was not drawn for a call-back")]
    NotDrawn,
    /// Drawn and not called back.
    #[error("it was drawn: the reporter is to be called back first")]
    StillDrawn,
    /// Had a hand in the result.
    #[error("whoever had a hand in the result does not ask what the reporter thinks of it")]
    NotApart,
    /// Nothing to check.
    #[error("the reporter names no earlier report that came to nothing, or it is being checked")]
    NothingEarlier,
    /// No measure.
    #[error("choose at least one measure of article 61")]
    NoMeasure,
    /// Protected, or asked for.
    #[error("protection was asked for or granted already")]
    ProtectedAlready,
    /// Nobody asked.
    #[error("nobody else has asked for protection")]
    ProtectionNotAsked,
    /// Not protected.
    #[error("no protection was granted, or it has ended")]
    NotProtected,
    /// Outside of the band.
    #[error("choose a band, and an amount within it")]
    Band,
    /// Not true.
    #[error("a reward needs a result that both gates have found to be true at least in part")]
    NotSubstantiated,
    /// Another report was first.
    #[error("another report of the series came first")]
    NotFirst,
    /// Recommended before.
    #[error("a reward was recommended or approved already")]
    RecommendedBefore,
    /// Nobody recommended it.
    #[error("nobody else has recommended a reward")]
    NotRecommended,
    /// No opinion.
    #[error("say what the reporter thinks")]
    Opinion,
}

impl Guard {
    /// Its code in the table.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Basis => "basis",
            Self::AlarmTaken => "alarm taken",
            Self::IsMerged => "is merged",
            Self::MayHold => "may hold",
            Self::Urgent => "urgent",
            Self::ReturnedOnce => "once",
            Self::ReturnInTime => "in time",
            Self::Undertaking => "undertaking",
            Self::HasRecord => "has record",
            Self::NotOwnRecord => "not own record",
            Self::TwoGates => "two gates",
            Self::Independent => "independent",
            Self::BothGates => "both gates",
            Self::Reached => "reached",
            Self::LeftContact => "left contact",
            Self::NotExtended => "not extended",
            Self::Asked => "asked",
            Self::Callable => "callable",
            Self::Drawn => "drawn",
            Self::Apart => "apart",
            Self::NotDrawn => "not drawn",
            Self::MayCheck => "may check",
            Self::Unchecked => "unchecked",
            Self::Measures => "measures",
            Self::NotProtected => "not protected",
            Self::ProtectionAsked => "protection asked",
            Self::Protected => "protected",
            Self::Band => "band",
            Self::Substantiated => "substantiated",
            Self::FirstReport => "first report",
            Self::NotRecommended => "not recommended",
            Self::Recommended => "recommended",
        }
    }

    /// Whether it is about what was typed: without a wish, it is not asked.
    pub(super) const fn is_about_the_wish(self) -> bool {
        matches!(
            self,
            Self::Reason
                | Self::Basis
                | Self::IsMerged
                | Self::MayHold
                | Self::Reached
                | Self::MayCheck
                | Self::Measures
                | Self::Band
        )
    }

    pub(super) fn check(
        self,
        setting: &Setting<'_>,
        task: &Task,
        progress: &Progress,
        wish: &Wish,
    ) -> Result<(), Refused> {
        let ensure = |holds: bool, refused: Refused| if holds { Ok(()) } else { Err(refused) };
        match self {
            Self::Reason => ensure(is_reason(&wish.note), Refused::Reason),
            Self::Basis => {
                let length = wish.note.chars().count();
                let told = wish.result.is_some() && !wish.disposals.is_empty();
                ensure(told && (10..=BASIS_CHARACTERS).contains(&length), Refused::Basis)
            }
            Self::AlarmTaken => ensure(!setting.state.alarm.as_ref().is_some_and(Alarm::is_open), Refused::AlarmOpen),
            Self::IsMerged => {
                let merged = wish.into.is_some_and(|into| setting.state.merged.contains_key(&into));
                ensure(merged, Refused::NotMerged)
            }
            Self::MayHold => may_hold(setting, progress, wish.unit.as_ref()),
            Self::Urgent => {
                let urgent = setting.state.triage.as_ref().is_some_and(|triage| triage.priority == Priority::P0);
                ensure(urgent, Refused::NotUrgent)
            }
            Self::ReturnedOnce => ensure(!progress.returned, Refused::ReturnedBefore),
            Self::ReturnInTime => {
                let until = progress.assigned_at.and_then(|at| setting.calendar.after_working_days(at, RETURN_DAYS));
                ensure(until.is_none_or(|until| setting.at <= until), Refused::TooLate)
            }
            Self::Undertaking => {
                let undertaken = setting.actor.is_none_or(|actor| setting.people.has_undertaken(actor, setting.day()));
                ensure(undertaken, Refused::NoUndertaking)
            }
            Self::HasRecord => ensure(progress.record.is_some(), Refused::NoRecord),
            Self::NotOwnRecord => {
                let own = setting.actor.is_some_and(|actor| progress.verifiers.contains(&actor.name));
                ensure(!own, Refused::OwnRecord)
            }
            Self::TwoGates => ensure(setting.gates.gates(setting).is_some(), Refused::NoGates),
            Self::Independent => {
                let gate = progress.gates.as_ref().zip(progress.open_gate());
                let unit = gate.map(|(gates, gate)| gates.unit(gate));
                let independent = unit.is_some_and(|unit| is_independent(unit, setting));
                ensure(independent && is_uninvolved(setting, progress), Refused::NotIndependent)
            }
            Self::BothGates => {
                let units =
                    progress.decisions.iter().all(|decision| !setting.is_at_or_below(&decision.unit, &task.unit));
                ensure(units && progress.passed_both(), Refused::GatesMissing)
            }
            Self::Reached => {
                let said = wish.channel.is_some_and(|channel| {
                    channel != Channel::Unreachable || !left_contact(setting) || is_reason(&wish.note)
                });
                ensure(said, Refused::Channel)
            }
            Self::LeftContact => {
                let before = match wish.act {
                    Move::TellAcceptance => progress.acceptance_told.is_some(),
                    _ => progress.contacted.is_some(),
                };
                ensure(left_contact(setting) && !before, Refused::NoContact)
            }
            Self::NotExtended => ensure(progress.extension == Extension::None, Refused::ExtendedBefore),
            Self::Asked => match (&progress.extension, setting.actor) {
                (Extension::Asked(asked), Some(actor)) if asked.by != actor.name => Ok(()),
                _ => Err(Refused::NotAsked),
            },
            Self::Callable => {
                let consented = setting.state.reporter_says("consent_sms_callback");
                let real = setting.state.identity_mode() == REAL_NAME;
                let told = progress.fed_back.as_ref().map(|told| Month::of(told.heard.at));
                let in_month = told.is_some() && told == wish.month;
                let apart = national_office(setting.units).is_some_and(|office| is_independent(office, setting));
                ensure(real && consented && in_month && apart && progress.drawn.is_none(), Refused::NotCallable)
            }
            Self::Apart => {
                let apart = setting.actor.is_some_and(|actor| is_independent(&actor.unit, setting));
                ensure(apart && is_uninvolved(setting, progress), Refused::NotApart)
            }
            Self::Drawn => ensure(progress.drawn.is_some(), Refused::NotDrawn),
            Self::NotDrawn => ensure(progress.drawn.is_none() || progress.opinion.is_some(), Refused::StillDrawn),
            care => care.check_care(setting, progress, wish),
        }
    }

    /// The guards of what is done for a reporter beside the verification.
    fn check_care(self, setting: &Setting<'_>, progress: &Progress, wish: &Wish) -> Result<(), Refused> {
        let ensure = |holds: bool, refused: Refused| if holds { Ok(()) } else { Err(refused) };
        match self {
            Self::MayCheck => may_check(setting, wish.unit.as_ref()),
            Self::Unchecked => {
                let wanted = EarlierCheck::wanted_since(setting.state).is_some();
                // Whoever must not see the case any more checks nothing in it.
                let barred = match &progress.complaint {
                    EarlierCheck::Given { to, .. } => {
                        closed(&setting.state.forbidden_units(), setting.units).contains(to)
                    }
                    _ => false,
                };
                ensure(wanted || barred, Refused::NothingEarlier)
            }
            Self::Measures => ensure(!wish.measures.is_empty(), Refused::NoMeasure),
            Self::NotProtected => {
                let asked = Protection::asked_at(progress, setting.state).is_some();
                ensure(!asked && !progress.protection.holds(), Refused::ProtectedAlready)
            }
            Self::ProtectionAsked => {
                let asked = Protection::asked_at(progress, setting.state).is_some();
                let by = Protection::asked_by(progress);
                let own = by.zip(setting.actor).is_some_and(|(heard, actor)| heard.by == actor.name);
                ensure(asked && !own, Refused::ProtectionNotAsked)
            }
            Self::Protected => ensure(progress.protection.holds(), Refused::NotProtected),
            Self::Band => {
                let band = wish.amount.as_ref().and_then(|wish| setting.rewards.holding(&wish.band, wish.yuan));
                ensure(band.is_some(), Refused::Band)
            }
            Self::Substantiated => {
                let found = progress.record.as_ref().is_some_and(|record| record.result.is_substantiated());
                ensure(found && progress.closed_at.is_some(), Refused::NotSubstantiated)
            }
            Self::FirstReport => ensure(setting.reported == Reported::First, Refused::NotFirst),
            Self::NotRecommended => {
                let free = matches!(progress.reward, Reward::None | Reward::Refused(..));
                ensure(free, Refused::RecommendedBefore)
            }
            Self::Recommended => match (&progress.reward, setting.actor) {
                (Reward::Recommended(_, heard), Some(actor)) if heard.by != actor.name => Ok(()),
                _ => Err(Refused::NotRecommended),
            },
            // Every other guard is checked above; one that is checked nowhere lets nobody through.
            _ => Err(Refused::NotNow),
        }
    }
}

fn may_hold(setting: &Setting<'_>, progress: &Progress, unit: Option<&UnitId>) -> Result<(), Refused> {
    let known = unit.and_then(|unit| setting.units.unit(unit)).ok_or(Refused::UnknownUnit)?;
    if known.level == Level::Station {
        return Err(Refused::Station);
    }
    if closed(&setting.state.forbidden_units(), setting.units).contains(&known.id) {
        return Err(Refused::ForbiddenUnit);
    }
    let left = progress.escalated_from.as_ref().and_then(|unit| setting.units.unit(unit));
    // From the top there is nowhere to go but to another unit of the same level.
    let above = left.is_none_or(|left| {
        known.level.is_above(left.level)
            || (left.level == Level::Nation && known.level == left.level && known.id != left.id)
    });
    if above { Ok(()) } else { Err(Refused::NotAbove) }
}

fn may_check(setting: &Setting<'_>, unit: Option<&UnitId>) -> Result<(), Refused> {
    let known = unit.and_then(|unit| setting.units.unit(unit)).ok_or(Refused::UnknownUnit)?;
    if known.level == Level::Station {
        return Err(Refused::Station);
    }
    let mut barred = setting.state.forbidden_units();
    barred.extend(complained_of(setting.state, setting.units));
    if closed(&barred, setting.units).contains(&known.id) { Err(Refused::ForbiddenUnit) } else { Ok(()) }
}

/// Has not had a hand in the result that lies before the gate.
fn is_uninvolved(setting: &Setting<'_>, progress: &Progress) -> bool {
    setting.actor.is_some_and(|actor| {
        let signed = progress.submitted.as_ref().is_some_and(|signature| signature.by == actor.name);
        let decided = progress.decisions.iter().any(|decision| decision.by == actor.name);
        !signed && !decided && !progress.verifiers.contains(&actor.name)
    })
}

/// Whether the reporter can be spoken to at all.
fn left_contact(setting: &Setting<'_>) -> bool {
    setting.state.identity_mode() != ANONYMOUS
}

/// Whether this is a reason: 4 to 300 characters on one line.
fn is_reason(text: &str) -> bool {
    (4..=300).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control)
}

impl Refused {
    /// What to do about it, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoSuchPart => "这条线索没有这一部分",
            Self::NotNow => "现在的状态不能做这一步，请刷新后再看",
            Self::NotYours(who) => match who {
                Who::Analyst => "这一步由县级以上的研判员办理",
                Who::Dispatcher => "这一步由省级或全国扫黑办的交办员办理",
                Who::Head => "这一步由承办单位负责人办理",
                Who::Verifier => "这一步由指定的核查员办理",
                Who::Unit => "这一步由承办单位的负责人或核查员办理",
                Who::Above => "这一步由交办员或上级单位负责人办理",
                Who::Reviewer => "这一步由审核单位的审核员办理",
                Who::NationalOffice => "这一步由全国扫黑办办理",
                Who::Office => "这一步由研判员或交办员办理",
                Who::Checker => "这一步由核查前期举报的单位办理",
                Who::Reader => "这一步由能看这条线索的人办理",
                Who::System => "这一步由系统自动完成",
            },
            Self::Conflict => "应当回避的人不能办理这条线索",
            Self::Reason => "请写明理由，4 到 300 个字",
            Self::Basis => "请选结论和至少一项处置，并写明依据，10 到 4000 个字",
            Self::Ground => "请选不予受理的理由（NA1 至 NA6）",
            Self::AlarmOpen => "警报还没有人确认，请先确认",
            Self::NotMerged => "还没有与那条线索并案",
            Self::UnknownUnit => "没有这个单位，请核对单位编号",
            Self::ForbiddenUnit => "这个单位应当回避，不能交给它",
            Self::Station => "派出、内设机构请选它所属的机关",
            Self::NotAbove => "已经提级，只能交给更高一级的单位",
            Self::NotUrgent => "只有紧急线索可以先签收后交办",
            Self::ReturnedBefore => "已经退回过一次，不能再退",
            Self::TooLate => "已超过五个工作日，不能再退回",
            Self::NoUndertaking => "这个人没有有效的保密承诺书，请先登记",
            Self::NoRecord => "核查员还没有填写核查结果",
            Self::OwnRecord => "签发人不能是核查员本人",
            Self::NoGates => "审核表中没有两个可以审核的单位，请提级或报告全国扫黑办",
            Self::NotIndependent => "参加过核查、签发或另一审的人不能审核",
            Self::GatesMissing => "两级审核还没有都通过",
            Self::Channel => "请选方式；联系不上的，写明原因",
            Self::NoContact => "举报人没有留下联系方式，或已经联系过",
            Self::ExtendedBefore => "延期只能申请一次",
            Self::NotAsked => "还没有别人申请延期",
            Self::NotCallable => "不在可以抽取的范围内",
            Self::NotDrawn => "这条线索没有被抽中",
            Self::StillDrawn => "已被抽中，请先回访",
            Self::NotApart => "参加过核查、签发或审核的人和承办单位不能回访",
            Self::NothingEarlier => "举报人没有反映前期举报没有结果，或已经交办核查",
            Self::NoMeasure => "请至少选一项保护措施",
            Self::ProtectedAlready => "已经申请或决定保护",
            Self::ProtectionNotAsked => "还没有别人申请保护",
            Self::NotProtected => "没有决定保护，或已经解除",
            Self::Band => "请选奖励档次，金额须在档次之内",
            Self::NotSubstantiated => "两级审核通过的查实线索才能奖励",
            Self::NotFirst => "同一案件另有更早的举报，只奖励首报",
            Self::RecommendedBefore => "已经建议或批准过奖励",
            Self::NotRecommended => "还没有别人建议奖励",
            Self::Opinion => "请选举报人的意见",
        }
    }
}

/// How long a unit may give it back, from the day it was given: in working days.
const RETURN_DAYS: u8 = 5;
/// The length of a basis, at most.
const BASIS_CHARACTERS: usize = 4_000;
const REAL_NAME: &str = "real_name";
const ANONYMOUS: &str = "anonymous";
