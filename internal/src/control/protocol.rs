//! What is said on the control socket: one [`Request`], one [`Answer`]. Version 1.
//!
//! The answers to `search`, `show`, `audit` and `users` are what `--json` prints, field for field; they only ever grow.
//! Nothing here decides who may ask.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the command line asks the daemon.
#[derive(Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Binds the caller's user id to an account for eight hours.
    Login {
        /// Account name.
        name: String,
        /// Its password.
        password: String,
        /// A one-time code, if the account wants one.
        #[serde(default)]
        code: String,
    },
    /// One's own account.
    Me,
    /// Changes one's own account.
    ChangeOwn {
        /// `password`, `totp_begin`, `totp_confirm`, `end_sessions`, `shortcuts_on`, `shortcuts_off`, `columns` or
        /// `columns_default`.
        change: String,
        /// `current`, `new`, `code`, `columns`.
        fields: BTreeMap<String, String>,
    },
    /// Changes an account.
    ChangeUser {
        /// Its name.
        name: String,
        /// `close`, `password`, `totp_remove` or `end_sessions`.
        change: String,
        /// The new password, if it is about that.
        password: String,
    },
    /// Ends what `login` began.
    Logout,
    /// Look at the inbox now; answered when that pass is over.
    Ingest,
    /// Full text, or a clue number.
    Search {
        /// What was typed.
        text: String,
        /// Rows to skip.
        skip: u64,
    },
    /// Does the same with several cases.
    ActOnMany {
        /// Their numbers.
        cases: Vec<String>,
        /// As in `Act`.
        act: String,
        /// As in `Act`.
        fields: BTreeMap<String, String>,
        /// 32 hexadecimal digits: one key does it once.
        #[serde(default)]
        key: Option<String>,
    },
    /// One case, with the reporter's identity if a reason is given.
    Show {
        /// Its number, such as `7K2M-9QXW-3T5A`.
        case: String,
        /// Why the identity is needed.
        identity: Option<String>,
    },
    /// The inbox.
    Inbox {
        /// `waiting`, `mine`, `open` or `all`.
        show: String,
        /// Only this state.
        state: Option<String>,
        /// Only what is overdue.
        overdue: bool,
        /// Rows to skip.
        skip: u64,
    },
    /// A person's undertaking.
    Undertake {
        /// Whose.
        name: String,
        /// Day of the signature.
        signed: String,
        /// Its last day.
        until: String,
        /// SHA-256 of the paper's scan.
        document: String,
    },
    /// Open alarms; once the ledger has grown beyond an event, if one is given, or after a while.
    Alarms {
        /// The last event that the caller has heard of.
        after: Option<u64>,
    },
    /// Something done with a case.
    Act {
        /// Its number.
        case: String,
        /// The act's name.
        act: String,
        /// Its fields.
        fields: BTreeMap<String, String>,
        /// The edition that it is decided on, if the caller names one.
        #[serde(default)]
        edition: Option<u64>,
    },
    /// Who looked at which identity.
    Custody {
        /// Rows to skip.
        skip: u64,
    },
    /// The months of the call-backs.
    Callbacks,
    /// The call-backs of a month.
    Callback {
        /// Such as `2026-11`.
        month: String,
    },
    /// Something done with the call-backs of a month.
    CallbackAct {
        /// Such as `2026-11`.
        month: String,
        /// `commit`, `draw`, `approve` or `withdraw`.
        act: String,
    },
    /// Sealed cases, or one of them.
    Sealed {
        /// Its number.
        case: Option<String>,
    },
    /// A file in place of a table; without `apply` only what would change.
    Import {
        /// Which table.
        table: String,
        /// The file.
        text: String,
        /// Put it in force.
        apply: bool,
    },
    /// Statistics of a period.
    Stats {
        /// Such as `2026-11`; this month without one.
        period: Option<String>,
        /// As a file of comma-separated values.
        #[serde(default)]
        csv: bool,
    },
    /// The audit log.
    Audit {
        /// Only this case.
        case: Option<String>,
        /// Only this account.
        actor: Option<String>,
        /// Only this kind of event.
        kind: Option<String>,
        /// Rows to skip.
        skip: u64,
    },
    /// A part of the safe copy of an attachment; the answer is followed by its bytes.
    Copy {
        /// The case's number.
        case: String,
        /// The attachment's item id.
        item: String,
        /// Which part, from 1.
        part: u32,
    },
    /// The original of an attachment; the answer is followed by its bytes.
    Original {
        /// The case's number.
        case: String,
        /// The attachment's item id.
        item: String,
    },
    /// A report that came by telephone, letter or visit; the bytes of its attachments follow the request, one after the
    /// other.
    Register(Registering),
    /// A mail file to be registered; its bytes follow the request.
    RegisterMail {
        /// The kind of report that it is.
        flow: String,
        /// From where.
        source: String,
        /// When it came, with the offset of the clock; now if absent.
        received_at: Option<String>,
        /// Fields of a report as JSON, laid over what the mail says; empty = none.
        known: String,
        /// The length of the file in bytes.
        length: u64,
    },
    /// The accounts.
    Users,
    /// A new account.
    AddUser {
        /// Account name.
        name: String,
        /// Role code.
        role: String,
        /// Unit id.
        unit: String,
        /// Its password.
        password: String,
    },
    /// The original sealed file; the answer is followed by its bytes.
    ExportItem {
        /// Item id.
        item: String,
        /// Why it is needed.
        reason: String,
    },
}

/// A report to be registered.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registering {
    /// 32 hex digits that name this registration and every retry of it.
    pub(crate) token: String,
    /// `phone`, `letter` or `visit`.
    pub(crate) channel: String,
    /// From where: a code of the catalog's list `report_sources`.
    pub(crate) source: String,
    /// When it came, with the offset of the clock: `2026-11-22T15:20:00+08:00`.
    pub(crate) received_at: String,
    /// The report's JSON.
    pub(crate) report: String,
    /// The attachments, in the order of their bytes.
    pub(crate) enclosures: Vec<Enclosed>,
}

/// An attachment whose bytes follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enclosed {
    /// The name of its file.
    pub(crate) name: String,
    /// How many bytes it has.
    pub(crate) length: u64,
}

impl Request {
    /// How many bytes follow it.
    pub(crate) fn following(&self) -> u64 {
        match self {
            Self::Register(registering) => {
                registering.enclosures.iter().fold(0, |sum, enclosed| sum.saturating_add(enclosed.length))
            }
            Self::RegisterMail { length, .. } => *length,
            _ => 0,
        }
    }
}

/// What the daemon answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Done; what `--json` prints.
    Done(Value),
    /// Done; this many raw bytes follow.
    Bytes {
        /// How many bytes follow the frame.
        length: u64,
    },
    /// Not done.
    Refused(Refusal),
}

/// Why something was not done: a code for scripts, words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// From a closed list.
    pub(crate) code: RefusalCode,
    /// 中文.
    pub(crate) zh: String,
    /// English.
    pub(crate) en: String,
}

/// The closed list of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RefusalCode {
    /// Nobody is logged in as this system user.
    NotLoggedIn,
    /// Wrong name or password; which one is not said.
    LoginRefused,
    /// Too many wrong passwords; wait.
    TryLater,
    /// There is no such thing, or not for this account: the two look alike.
    NotFound,
    /// This account's role does not do this.
    NotAllowed,
    /// No valid undertaking is on file.
    NoUndertaking,
    /// The case has changed since the edition that was named.
    Changed,
    /// The request cannot be understood.
    Invalid,
    /// Something broke; the daemon's log says what.
    Failed,
}

impl Refusal {
    /// The refusal with its words.
    pub(crate) fn of(code: RefusalCode) -> Self {
        let (zh, en) = match code {
            RefusalCode::NotLoggedIn => ("请先登录", "log in first"),
            RefusalCode::LoginRefused => ("账号或密码不对", "wrong name or password"),
            RefusalCode::TryLater => ("尝试过多，请稍后再试", "too many tries: wait a while"),
            RefusalCode::NotFound => ("没有找到", "not found"),
            RefusalCode::NotAllowed => ("您的角色不能做这件事", "your role does not do this"),
            RefusalCode::NoUndertaking => ("没有有效的保密承诺书，请先登记", "no valid undertaking is on file"),
            RefusalCode::Changed => ("线索已有变动，请重新查看", "the case has changed: look at it again"),
            RefusalCode::Invalid => ("请求无法理解", "the request is not understood"),
            RefusalCode::Failed => ("处理失败，详见守护进程日志", "it failed; the daemon's log says why"),
        };
        Self { code, zh: zh.to_owned(), en: en.to_owned() }
    }

    /// The refusal with words of its own.
    pub(crate) fn saying(code: RefusalCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }
}

impl std::fmt::Debug for Request {
    /// The verb alone: requests carry passwords and search texts.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Login { .. } => "Login",
            Self::Me => "Me",
            Self::ChangeOwn { .. } => "ChangeOwn",
            Self::ChangeUser { .. } => "ChangeUser",
            Self::Logout => "Logout",
            Self::Ingest => "Ingest",
            Self::Search { .. } => "Search",
            Self::Show { .. } => "Show",
            Self::Inbox { .. } => "Inbox",
            Self::Undertake { .. } => "Undertake",
            Self::Alarms { .. } => "Alarms",
            Self::Act { .. } => "Act",
            Self::ActOnMany { .. } => "ActOnMany",
            Self::Custody { .. } => "Custody",
            Self::Callbacks => "Callbacks",
            Self::Callback { .. } => "Callback",
            Self::CallbackAct { .. } => "CallbackAct",
            Self::Sealed { .. } => "Sealed",
            Self::Import { .. } => "Import",
            Self::Stats { .. } => "Stats",
            Self::Audit { .. } => "Audit",
            Self::Copy { .. } => "Copy",
            Self::Original { .. } => "Original",
            Self::Register(_) => "Register",
            Self::RegisterMail { .. } => "RegisterMail",
            Self::Users => "Users",
            Self::AddUser { .. } => "AddUser",
            Self::ExportItem { .. } => "ExportItem",
        })
    }
}
