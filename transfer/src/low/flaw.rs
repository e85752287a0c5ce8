//! What is wrong with an outbox. Each is an alarm; none stops what is right beside it.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use serde::{Deserialize, Serialize};

/// One thing that a person must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flaw {
    /// The stream whose journal it stands in.
    pub(crate) stream: StreamId,
    /// The byte of the journal at which the line starts.
    pub(crate) position: u64,
    /// What it is.
    pub(crate) kind: FlawKind,
}

/// A flaw, and when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedFlaw {
    #[serde(flatten)]
    pub(crate) flaw: Flaw,
    pub(crate) since: Timestamp,
}

/// A flaw that a person has looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettledFlaw {
    /// What it was.
    pub(crate) flaw: Flaw,
    /// When it was settled.
    pub(crate) at: Timestamp,
    /// By whom, as the operating system knows the person.
    pub(crate) by: String,
    /// Why.
    pub(crate) reason: String,
}

impl Flaw {
    /// Its name: `F`, the stream's first eight digits, the byte of the journal.
    pub(crate) fn id(&self) -> String {
        format!("F{}-{}", self.stream.short(), self.position)
    }
}

/// The ways in which an outbox can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FlawKind {
    /// A line is no entry. It is not exported.
    NoEntry,
    /// No gateway of the key ring signed a line. It is not exported.
    BadSignature,
    /// An entry belongs to another stream. It is not exported.
    OtherStream,
    /// An entry does not follow on the one before. It is exported, and the high side judges it.
    BrokenChain,
    /// The journal is shorter than it was: an older copy was put back. Nothing of it is exported.
    Shortened,
    /// The head is not signed, or is for another stream. It is not exported.
    BadHead,
}

impl FlawKind {
    /// Whether it is found once, when the journal is read past it, and must be remembered; the others show every time.
    pub(crate) fn is_passed_by(self) -> bool {
        matches!(self, Self::NoEntry | Self::BadSignature | Self::OtherStream | Self::BrokenChain)
    }

    /// Whether a person can settle it. A bad head is settled by the next good one: otherwise every later bad head would
    /// pass unseen.
    pub(crate) fn can_be_settled(self) -> bool {
        self != Self::BadHead
    }

    /// The exit code that this calls for.
    pub(crate) const EXIT_CODE: ExitCode = ExitCode::Integrity;

    /// The word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoEntry => "no-entry",
            Self::BadSignature => "bad-signature",
            Self::OtherStream => "other-stream",
            Self::BrokenChain => "broken-chain",
            Self::Shortened => "shortened",
            Self::BadHead => "bad-head",
        }
    }

    /// What it is, for people: Chinese and English.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoEntry => ("不是条目", "the line is no entry"),
            Self::BadSignature => ("密钥环中没有网关签过此行", "no gateway of the key ring signed the line"),
            Self::OtherStream => ("条目属于另一个流", "the entry belongs to another stream"),
            Self::BrokenChain => ("条目与前一条不相接", "the entry does not follow on the one before"),
            Self::Shortened => {
                ("日志比先前短：被换成了旧副本", "the journal is shorter than it was: an older copy was put back")
            }
            Self::BadHead => ("链头签名无效", "the head is not validly signed"),
        }
    }
}
