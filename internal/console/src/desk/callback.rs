//! 每月回访 as the national office works with it and as the auditor checks it.

use jiff::Timestamp;
use nightsafe_casework::{
    account::AccountName,
    routing::Part,
    workflow::{CallbackCandidate, Month, Opinion, SampleSize, Stage},
};
use nightsafe_schema::{case::CaseId, digest::Digest};

/// A month that has a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMonth {
    /// The month.
    pub month: Month,
    /// What was published before it.
    pub commitment: Digest,
    /// When.
    pub committed_at: Timestamp,
    /// How many are drawn.
    pub size: SampleSize,
    /// When it was drawn.
    pub drawn_at: Option<Timestamp>,
    /// Who approved first that its list goes out, if the second approval waits.
    pub approved: Option<AccountName>,
}

/// The call-backs of one month, cut to what this viewer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackDetail {
    /// Its line in the list of months.
    pub month: CallbackMonth,
    /// Whether all of it follows from the commitment, worked out again.
    pub check: Option<CallbackCheck>,
    /// What another program needs to work it out; only for the auditor.
    pub proof: Option<CallbackProof>,
    /// Those that were drawn, as far as this viewer may see them.
    pub rows: Vec<CallbackRow>,
    /// The lists that went out.
    pub lists: Vec<CallList>,
    /// How many this viewer may hand over now.
    pub ready: u64,
}

/// What came of working a draw out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is checked, and is printed by its name")]
pub struct CallbackCheck {
    /// Nonce and month give the commitment.
    pub commitment: bool,
    /// They give the seed.
    pub seed: bool,
    /// The candidates, as many as the draw says and each of them once, the seed and the committed size give those that were
    /// drawn.
    pub draw: bool,
    /// The commitment was made before the month, and the draw after both.
    pub order: bool,
    /// Whoever was told the result in the month and could be drawn stands among the candidates, and nobody else; none if it was
    /// not asked: it takes the whole month's events.
    pub complete: Option<bool>,
}

/// All that a draw follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackProof {
    /// As it is.
    Shown {
        /// The nonce.
        nonce: Digest,
        /// The seed.
        seed: Digest,
        /// Of whom it was drawn.
        candidates: Vec<CallbackCandidate>,
        /// Those that were.
        drawn: Vec<CallbackCandidate>,
    },
    /// A case among the candidates is kept from the viewer's unit, so that none of it is shown: the check stands by itself.
    Withheld,
}

/// Somebody who was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackRow {
    /// The case.
    pub case: CaseId,
    /// Its part.
    pub part: Part,
    /// What the SMS desk calls it by, once it is on a list.
    pub reference: Option<String>,
    /// The reporter left no number that could be called.
    pub without_number: bool,
    /// How far the part has come.
    pub stage: Stage,
    /// What the reporter thinks.
    pub opinion: Option<Opinion>,
}

/// A list that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallList {
    /// When.
    pub at: Timestamp,
    /// The name of its file.
    pub file: String,
    /// The digest of the sealed file.
    pub sha256: Digest,
    /// How many are on it.
    pub entries: u64,
    /// Who approved.
    pub approved: [AccountName; 2],
}

/// What is done with the call-backs of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackAct {
    /// Publish a commitment.
    Commit,
    /// Draw.
    Draw,
    /// Approve that the list goes out.
    Approve,
    /// Take the first approval back.
    Withdraw,
}

/// Why it is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackProblem {
    /// Not a month.
    #[error("a month looks like 2026-11")]
    Month,
    /// There is no such act.
    #[error("there is no such act: commit, draw, approve, withdraw")]
    NoSuchAct,
    /// The site has none.
    #[error("the site's configuration has no [callback]")]
    NotConfigured,
    /// The site has nobody to give a list to.
    #[error("the site's configuration names no SMS desk")]
    NoDesk,
    /// It has begun, or is too far away.
    #[error("a commitment is made before its month, twelve months at most")]
    NotBefore,
    /// Done before.
    #[error("it is so already")]
    Already,
    /// Nobody committed to it.
    #[error("the month has no commitment: nothing is drawn for it")]
    NoCommitment,
    /// It goes on.
    #[error("the month is not over")]
    NotOver,
    /// It was not drawn.
    #[error("the month was not drawn yet")]
    NotDrawn,
    /// Whoever approved first.
    #[error("somebody else has to approve")]
    SamePerson,
    /// Nobody approved.
    #[error("nobody has approved")]
    NotApproved,
    /// Nothing is left.
    #[error("there is nobody to be called that these people may hand over")]
    NothingReady,
    /// The folder of the SMS desk cannot be written to.
    #[error("the SMS desk's folder cannot be written to: nothing was handed over")]
    Folder,
}

impl CallbackAct {
    /// Every act.
    pub const ALL: [Self; 4] = [Self::Commit, Self::Draw, Self::Approve, Self::Withdraw];

    /// Its name, in forms and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Draw => "draw",
            Self::Approve => "approve",
            Self::Withdraw => "withdraw",
        }
    }

    /// The act of this name.
    pub fn of_code(code: &str) -> Result<Self, CallbackProblem> {
        Self::ALL.into_iter().find(|act| act.code() == code).ok_or(CallbackProblem::NoSuchAct)
    }
}

impl CallbackCheck {
    /// Everything holds.
    pub const fn holds(self) -> bool {
        self.commitment && self.seed && self.draw && self.order && !matches!(self.complete, Some(false))
    }
}

impl CallbackProblem {
    /// What to do about it, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Month => "月份形如 2026-11",
            Self::NoSuchAct => "没有这个操作",
            Self::NotConfigured => "本站没有启用每月回访，请联系系统管理员",
            Self::NoDesk => "本站没有配置短信台，请联系系统管理员",
            Self::NotBefore => "承诺须在当月开始之前公布，最多提前十二个月",
            Self::Already => "已经是这样了，不用再做",
            Self::NoCommitment => "这个月没有公布过承诺，不能抽取",
            Self::NotOver => "这个月还没有结束",
            Self::NotDrawn => "这个月还没有抽取",
            Self::SamePerson => "须由另一个人同意",
            Self::NotApproved => "还没有人同意",
            Self::NothingReady => "没有可以移交的回访对象",
            Self::Folder => "短信台的目录写不进去，什么都没有移交，请联系系统管理员",
        }
    }
}
