//! Accounts as the security officer sees them.

use jiff::Timestamp;
use nightsafe_casework::{account::AccountName, case::Columns, event::Via, role::Role, workflow::Undertaking};
use nightsafe_schema::unit::UnitId;
use secrecy::SecretString;

/// An account in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitId,
    /// Since when.
    pub added_at: Timestamp,
    /// It can no longer log in.
    pub closed: bool,
    /// Whoever logs in also types a one-time code.
    pub has_totp: bool,
    /// How many sessions are open.
    pub sessions: usize,
    /// The undertaking on file, if there is one.
    pub undertaking: Option<Undertaking>,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitId,
    /// Its first password.
    pub password: SecretString,
}

/// What the security officer does to an account.
#[derive(Debug)]
pub enum AccountOrder {
    /// It can no longer log in, for good.
    Close,
    /// It has another password.
    Password(SecretString),
    /// It logs in without a code until its owner enrols again: the device is lost.
    RemoveTotp,
    /// Whoever is logged in is not any more.
    EndSessions,
}

/// One's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAccount {
    /// Its name.
    pub name: AccountName,
    /// Whoever logs in also types a one-time code.
    pub has_totp: bool,
    /// A secret was shown and not proven yet.
    pub totp_begun: bool,
    /// Its sessions.
    pub sessions: Vec<OwnSession>,
    /// Keys act on the console's pages.
    pub shortcuts: bool,
    /// What is shown of each case in a list.
    pub columns: Columns,
}

/// A session of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    /// By which door.
    pub via: Via,
    /// Until when.
    pub until: Timestamp,
    /// The one that asks.
    pub is_this: bool,
}

/// What somebody does to their own account.
#[derive(Debug)]
pub enum OwnChange {
    /// Another password.
    Password {
        /// The one that there is.
        current: SecretString,
        /// The one that there shall be.
        new: SecretString,
    },
    /// A new secret for one-time codes.
    BeginTotp {
        /// The password.
        current: SecretString,
    },
    /// The proof of holding it.
    ConfirmTotp {
        /// A code.
        code: String,
    },
    /// Every other session ends.
    EndOtherSessions,
    /// Keys act on the console's pages, or are only typed.
    Shortcuts(bool),
    /// What is shown of each case in a list.
    Columns(Columns),
}

/// What came of it.
#[derive(Debug)]
pub enum OwnChanged {
    /// It is done.
    Done,
    /// To be typed or scanned now: it is not shown again.
    Totp {
        /// The secret, in base32.
        secret: SecretString,
        /// The same for an app, as `otpauth://`.
        uri: SecretString,
    },
}

/// An undertaking to be put on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUndertaking {
    /// Whose.
    pub account: AccountName,
    /// From when to when, and the paper.
    pub undertaking: Undertaking,
}

/// Why an undertaking cannot be put on file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndertakingProblem {
    /// There is no such account, or not in the viewer's unit.
    #[error("there is no such account in your unit")]
    UnknownAccount,
    /// The days are no period, or one that is too long or has not begun.
    #[error("an undertaking is signed today at the latest and holds five years at most")]
    Period,
    /// Nobody files their own.
    #[error("nobody files their own undertaking")]
    Own,
}

/// Why an account cannot be made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    /// There is one of that name.
    #[error("the name is taken")]
    NameTaken,
    /// The registry has no such unit.
    #[error("there is no such unit")]
    UnknownUnit,
    /// An auditor of a unit below the national level.
    #[error("an auditor belongs to a unit of the national level, since the log tells of every case")]
    AuditorBelow,
    /// The password is too short or too long.
    #[error("a password has 12 to 200 characters")]
    PasswordLength,
    /// The password typed is not the account's.
    #[error("the password is wrong")]
    WrongPassword,
    /// The code is not one of the secret's, or none was begun, or it was begun too long ago.
    #[error("the code is wrong, or the secret is older than 10 minutes")]
    WrongCode,
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// It is closed.
    #[error("the account is closed")]
    Closed,
    /// Nobody could manage accounts any more.
    #[error("one security officer has to remain")]
    LastOfficer,
    /// A list has no such column.
    #[error("there is no such column")]
    NoSuchColumn,
    /// There is nothing to take away.
    #[error("the account has no one-time codes")]
    NoTotp,
}

impl AccountProblem {
    /// What to do about it, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NameTaken => "账号已存在",
            Self::UnknownUnit => "没有这个单位",
            Self::AuditorBelow => "审计员看得到全部日志，只能设在国家级单位",
            Self::PasswordLength => "密码须为 12 至 200 字",
            Self::WrongPassword => "密码不对",
            Self::WrongCode => "动态码不对，或密钥已过 10 分钟，请重新开始",
            Self::NoSuchAccount => "没有这个账号",
            Self::Closed => "账号已停用",
            Self::LastOfficer => "至少要留一名安全员",
            Self::NoSuchColumn => "没有这一列，请回收件箱重新选",
            Self::NoTotp => "这个账号没有动态码",
        }
    }
}
