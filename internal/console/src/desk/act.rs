//! What a person does with a case, and why it cannot be done.

use std::{fmt, str::FromStr};

use nightsafe_casework::{
    account::AccountName,
    event::OnceKey,
    role::Permission,
    routing::Part,
    workflow::{Disposal, Measure, Move, Refused, RewardAmount, Wish},
};
use nightsafe_schema::{case::CaseId, item::ItemId, unit::UnitId};

use super::Reason;

/// One thing done with one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Take the alarm up.
    Acknowledge {
        /// What is being done about it.
        note: Reason,
    },
    /// Give a part to another unit.
    Transfer {
        /// Which part.
        part: Part,
        /// To whom.
        to: UnitId,
        /// Why.
        reason: Reason,
    },
    /// Forbid one more unit, with all below it.
    Forbid {
        /// The unit.
        unit: UnitId,
        /// Why.
        reason: Reason,
    },
    /// Have somebody verify it.
    Assign {
        /// Which part; where there is one only, it may be left out.
        part: Option<Part>,
        /// Who.
        verifier: AccountName,
    },
    /// 回避: somebody has a personal conflict with it.
    Recuse {
        /// Who; oneself if absent.
        account: Option<AccountName>,
        /// Which conflict.
        reason: Reason,
    },
    /// A move of the workflow.
    Step(Wish),
    /// Tie a supplement that stands alone to its case.
    Join {
        /// The case.
        to: CaseId,
    },
    /// 并案: handle it as one with another case.
    Merge {
        /// The other case.
        with: CaseId,
        /// Why.
        reason: Reason,
        /// The key of the form: sent again it merges nothing anew, not even after an undo.
        key: Option<OnceKey>,
    },
    /// 撤销并案.
    Unmerge {
        /// The other case.
        with: CaseId,
        /// Why.
        reason: Reason,
    },
    /// 备注: write something down for everybody who sees the case.
    Note {
        /// What.
        text: Note,
    },
    /// 标记: find it again.
    Star,
    /// Take the mark away.
    Unstar,
    /// Have the safe copy of an attachment made again.
    AskCopy {
        /// The attachment.
        item: ItemId,
    },
    /// Ask for the original of an attachment.
    AskOriginal {
        /// The attachment.
        item: ItemId,
        /// Why.
        reason: Reason,
    },
    /// Agree, as a second person.
    GrantOriginal {
        /// The attachment.
        item: ItemId,
    },
    /// Do not agree, or take one's own request back.
    DenyOriginal {
        /// The attachment.
        item: ItemId,
        /// Why.
        reason: Reason,
    },
}

/// Something written down about a case: 1 to 2,000 characters, as typed, without control characters but line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// The text is no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a note has 1 to 2,000 characters")]
pub struct NoteError;

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let text = text.trim().replace("\r\n", "\n");
        let length = text.chars().count();
        let control = |character: char| character.is_control() && character != '\n';
        if length == 0 || length > CASE_NOTE_CHARACTERS || text.chars().any(control) {
            return Err(NoteError);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActProblem {
    /// There is no act of this name.
    #[error("there is no such act")]
    NoSuchAct,
    /// A reason is missing or too short.
    #[error("a reason has 4 to 300 characters")]
    Reason,
    /// A note is missing or too long.
    #[error("a note has 1 to 2,000 characters")]
    Note,
    /// The key of a form is none.
    #[error("the key of the form cannot be read")]
    Key,
    /// The form of this key did something else.
    #[error("this form was used for another act: choose again from the list")]
    KeyUsed,
    /// There are as many marks as one person may have.
    #[error("a hundred cases are marked already")]
    Stars,
    /// There is no such unit.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The unit must never see the case.
    #[error("this unit must not see the case")]
    ForbiddenUnit,
    /// A station has no cases of its own.
    #[error("a station counts as its organ: choose the organ")]
    Station,
    /// The case has no such part.
    #[error("the case has no such part")]
    NoSuchPart,
    /// The unit has it already.
    #[error("it is so already")]
    Already,
    /// There is no such account, or it does not verify, or its unit may not see the case.
    #[error("this account cannot verify the case")]
    NotAVerifier,
    /// The account has a personal conflict with the case.
    #[error("this account was taken off the case for a conflict")]
    Recused,
    /// The case is no supplement without a case, or the other is one.
    #[error("only a supplement without a case can be tied to a case")]
    NotASupplement,
    /// There is no such case to tie it to.
    #[error("there is no such case")]
    UnknownCase,
    /// A case and itself.
    #[error("a case cannot be merged with itself")]
    SameCase,
    /// The two are not merged.
    #[error("the two cases are not merged")]
    NotMerged,
    /// The case has no such attachment, or it has not come, or has no copy.
    #[error("the case has no such attachment, or there is no copy of its kind")]
    NoSuchAttachment,
    /// Whoever asked cannot agree.
    #[error("somebody else has to agree")]
    SamePerson,
    /// Nobody asked for the original.
    #[error("nobody asked for this original")]
    NotAsked,
    /// Nobody agreed, or too long ago, or it was taken.
    #[error("nobody agreed, or its 24 hours are over, or it was taken")]
    NotGranted,
    /// The person has no valid undertaking.
    #[error("this person has no valid undertaking on file")]
    NoUndertaking,
    /// The part is before a gate, or nobody works on it any more.
    #[error("the part is at a gate or closed; nothing is assigned or transferred there")]
    NotNow,
    /// The workflow does not allow it.
    #[error("{0}")]
    Step(Refused),
    /// It is about one case.
    #[error("this is done with one case at a time")]
    NotForMany,
    /// No case, one twice, or more than a page.
    #[error("between 1 and 50 different cases are chosen")]
    HowMany,
    /// The viewer's unit stands at county level or below.
    #[error("merging needs an analyst above county level")]
    BelowPrefecture,
}

impl Act {
    /// Every act by its name; besides these, the codes of [`Move::ALL`].
    pub const NAMES: [&str; 15] = [
        "acknowledge",
        "transfer",
        "forbid",
        "assign",
        "recuse",
        "join",
        "merge",
        "unmerge",
        "note",
        "star",
        "unstar",
        "copy-again",
        "original-ask",
        "original-grant",
        "original-deny",
    ];

    /// Reads an act by its name and its fields; a field that was not sent is empty.
    pub fn read<'a>(name: &str, field: impl Fn(&str) -> &'a str) -> Result<Self, ActProblem> {
        let reason = || field("reason").parse::<Reason>().map_err(|_| ActProblem::Reason);
        let unit = || field("unit").trim().parse::<UnitId>().map_err(|_| ActProblem::UnknownUnit);
        let account = || field("account").trim().parse::<AccountName>().map_err(|_| ActProblem::NotAVerifier);
        let case = || field("case").trim().to_uppercase().parse::<CaseId>().map_err(|_| ActProblem::UnknownCase);
        let item = || field("item").trim().parse::<ItemId>().map_err(|_| ActProblem::NoSuchAttachment);
        match name {
            "acknowledge" => Ok(Self::Acknowledge { note: reason()? }),
            "transfer" => {
                let part = Part::of_code(field("part").trim()).ok_or(ActProblem::NoSuchPart)?;
                Ok(Self::Transfer { part, to: unit()?, reason: reason()? })
            }
            "forbid" => Ok(Self::Forbid { unit: unit()?, reason: reason()? }),
            "assign" => {
                let part = field("part").trim();
                let known = Part::of_code(part);
                if known.is_none() && !part.is_empty() {
                    return Err(ActProblem::NoSuchPart);
                }
                Ok(Self::Assign { part: known, verifier: account()? })
            }
            "recuse" => {
                let account = if field("account").trim().is_empty() { None } else { Some(account()?) };
                Ok(Self::Recuse { account, reason: reason()? })
            }
            "join" => Ok(Self::Join { to: case()? }),
            "merge" => Ok(Self::Merge { with: case()?, reason: reason()?, key: key(field("key"))? }),
            "unmerge" => Ok(Self::Unmerge { with: case()?, reason: reason()? }),
            "note" => Ok(Self::Note { text: field("reason").parse().map_err(|_| ActProblem::Note)? }),
            "star" => Ok(Self::Star),
            "unstar" => Ok(Self::Unstar),
            "copy-again" => Ok(Self::AskCopy { item: item()? }),
            "original-ask" => Ok(Self::AskOriginal { item: item()?, reason: reason()? }),
            "original-grant" => Ok(Self::GrantOriginal { item: item()? }),
            "original-deny" => Ok(Self::DenyOriginal { item: item()?, reason: reason()? }),
            _ => wish(name, field).map(Self::Step),
        }
    }

    /// The attachment that it is about.
    pub const fn item(&self) -> Option<ItemId> {
        match self {
            Self::AskCopy { item }
            | Self::AskOriginal { item, .. }
            | Self::GrantOriginal { item }
            | Self::DenyOriginal { item, .. } => Some(*item),
            _ => None,
        }
    }

    /// What a role needs for it.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Acknowledge { .. }
            | Self::Join { .. }
            | Self::Step(_)
            | Self::Recuse { account: None, .. }
            | Self::Note { .. }
            | Self::Star
            | Self::Unstar
            | Self::AskCopy { .. }
            | Self::AskOriginal { .. }
            | Self::GrantOriginal { .. }
            | Self::DenyOriginal { .. } => Permission::Work,
            Self::Merge { .. } | Self::Unmerge { .. } => Permission::Merge,
            Self::Transfer { .. }
            | Self::Forbid { .. }
            | Self::Assign { .. }
            | Self::Recuse { account: Some(_), .. } => Permission::Dispatch,
        }
    }
}

/// The key of a form; a script may leave it out.
fn key(text: &str) -> Result<Option<OnceKey>, ActProblem> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| ActProblem::Key) }
}

/// A move with what was typed for it; what must be there, the workflow says.
fn wish<'a>(name: &str, field: impl Fn(&str) -> &'a str) -> Result<Wish, ActProblem> {
    let act = name.parse::<Move>().map_err(|_| ActProblem::NoSuchAct)?;
    let text = |name: &str| Some(field(name).trim()).filter(|text| !text.is_empty());
    let part = text("part").map(|code| Part::of_code(code).ok_or(ActProblem::NoSuchPart)).transpose()?;
    let note = field("reason").trim().replace("\r\n", "\n");
    let several_lines = act == Move::Record;
    let control = |character: char| character.is_control() && !(several_lines && character == '\n');
    let longest = if several_lines { BASIS_CHARACTERS } else { NOTE_CHARACTERS };
    if note.chars().count() > longest || note.chars().any(control) {
        return Err(if several_lines { ActProblem::Step(Refused::Basis) } else { ActProblem::Reason });
    }
    let listed = text("disposals").into_iter().flat_map(|codes| codes.split(','));
    let mut disposals = Vec::new();
    for code in listed {
        disposals.push(code.trim().parse().map_err(|_| ActProblem::Step(Refused::Basis))?);
    }
    // On a page each is a box of its own.
    let ticked = |disposal: &Disposal| !field(&format!("disposal_{}", disposal.code())).is_empty();
    disposals.extend(Disposal::ALL.into_iter().filter(ticked));
    let mut measures = Vec::new();
    for code in text("measures").into_iter().flat_map(|codes| codes.split(',')) {
        measures.push(code.trim().parse().map_err(|_| ActProblem::Step(Refused::NoMeasure))?);
    }
    measures.extend(Measure::ALL.into_iter().filter(|one| !field(&format!("measure_{}", one.code())).is_empty()));
    Ok(Wish {
        note,
        measures,
        amount: amount(text("band"), text("amount"))?,
        unit: text("unit").map(str::parse).transpose().map_err(|_| ActProblem::UnknownUnit)?,
        into: text("case").map(|case| case.to_uppercase().parse()).transpose().map_err(|_| ActProblem::UnknownCase)?,
        ground: text("ground").map(str::to_uppercase),
        result: text("result").map(str::parse).transpose().map_err(|_| ActProblem::Step(Refused::Basis))?,
        disposals,
        channel: text("channel").map(str::parse).transpose().map_err(|_| ActProblem::Step(Refused::Channel))?,
        opinion: text("opinion").map(str::parse).transpose().map_err(|_| ActProblem::Step(Refused::Opinion))?,
        ..Wish::new(part, act)
    })
}

/// A band with an amount; neither without the other.
fn amount(band: Option<&str>, yuan: Option<&str>) -> Result<Option<RewardAmount>, ActProblem> {
    match (band, yuan) {
        (None, None) => Ok(None),
        (Some(band), Some(yuan)) if band.len() <= BAND_BYTES => {
            let yuan = yuan.parse().map_err(|_| ActProblem::Step(Refused::Band))?;
            Ok(Some(RewardAmount { band: band.to_owned(), yuan }))
        }
        _ => Err(ActProblem::Step(Refused::Band)),
    }
}

/// The code of a band, at most.
const BAND_BYTES: usize = 40;
/// What somebody typed for a move, at most.
const NOTE_CHARACTERS: usize = 300;
/// What somebody wrote down about a case, at most.
const CASE_NOTE_CHARACTERS: usize = 2_000;
/// What a verifier typed as the basis of a result, at most.
const BASIS_CHARACTERS: usize = 4_000;

impl ActProblem {
    /// What to do about it, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoSuchAct => "没有这个操作",
            Self::Reason => "请写明理由，4 到 300 个字",
            Self::Note => "备注须有 1 到 2000 个字",
            Self::Key => "表单的编号没有读懂，请刷新后再提交",
            Self::KeyUsed => "这张表单已用来办过别的事，请回列表重新选",
            Self::Stars => "已经标记了一百条，请先取消一些",
            Self::UnknownUnit => "没有这个单位，请核对单位编号",
            Self::ForbiddenUnit => "这个单位应当回避，不能交给它",
            Self::Station => "派出、内设机构请选它所属的机关",
            Self::NoSuchPart => "这条线索没有这一部分",
            Self::Already => "已经是这样了，不用再做",
            Self::NotAVerifier => "这个账号不能核查这条线索",
            Self::Recused => "这个账号已经回避",
            Self::NotASupplement => "只有待关联的补充材料可以归到线索",
            Self::UnknownCase => "没有这条线索，请核对编号",
            Self::SameCase => "不能与自己并案",
            Self::NotMerged => "这两条线索没有并案",
            Self::NoSuchAttachment => "没有这个附件，或这种附件没有副本",
            Self::SamePerson => "须由另一个人同意",
            Self::NotAsked => "没有人申请看这份原件",
            Self::NotGranted => "没有人同意，或已过 24 小时，或已取走",
            Self::NoUndertaking => "这个人没有有效的保密承诺书，请先登记",
            Self::NotNow => "这一部分正在审核或已经办结，不能指派或转办",
            Self::Step(refused) => refused.zh(),
            Self::NotForMany => "这个操作须逐条办理",
            Self::HowMany => "请选 1 到 50 条不同的线索",
            Self::BelowPrefecture => "并案须由县级以上的研判员办理",
        }
    }
}
