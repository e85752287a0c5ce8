//! The words about accounts: logging in, one's own, others'. No behaviour.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use nightsafe_casework::case::Column;

use super::Output;

/// `login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArguments {
    /// 账号名 (account name)
    #[arg(long)]
    pub(crate) name: String,
    /// 含密码的文件，“-”为标准输入 (file with the password, - for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: PathBuf,
    /// 动态码 (one-time code, if the account has them)
    #[arg(long, default_value = "")]
    pub(crate) code: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `me`.
#[derive(Debug, Args)]
pub(crate) struct MeArguments {
    /// 不写则显示账号和会话 (without it, the account and its sessions are shown)
    #[command(subcommand)]
    pub(crate) verb: Option<MeVerb>,
    /// 输出 (output)
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What somebody can do to their own account.
#[derive(Debug, Subcommand)]
pub(crate) enum MeVerb {
    /// 换密码；其他会话随即结束 (another password; other sessions end)
    Password {
        /// 含现密码的文件 (file with the password as it is)
        #[arg(long, value_name = "FILE")]
        current_file: PathBuf,
        /// 含新密码的文件 (file with the new one)
        #[arg(long, value_name = "FILE")]
        new_file: PathBuf,
    },
    /// 启用动态码：密钥只显示这一次 (begin one-time codes: the secret is shown this once)
    TotpBegin {
        /// 含现密码的文件 (file with the password)
        #[arg(long, value_name = "FILE")]
        current_file: PathBuf,
    },
    /// 用一个动态码证明已存好密钥 (prove with a code that you hold the secret)
    TotpConfirm {
        /// 动态码 (the code)
        code: String,
    },
    /// 结束本人其他会话 (end your other sessions)
    EndSessions,
    /// 控制台的快捷键：开或关 (keys on the console's pages: on or off)
    Shortcuts {
        /// 开或关 (on or off)
        #[arg(value_parser = ["on", "off"])]
        turn: String,
    },
    /// 控制台的列表显示哪些列；标题总在 (which columns the console's lists show; the title is always there)
    Columns {
        /// 列 (columns, in any order)
        #[arg(value_parser = PossibleValuesParser::new(Column::ALL.map(Column::code)), required_unless_present_any = ["none", "default"])]
        columns: Vec<String>,
        /// 只留标题 (only the title)
        #[arg(long, conflicts_with_all = ["columns", "default"])]
        none: bool,
        /// 恢复默认 (the columns that everybody has at first)
        #[arg(long, conflicts_with = "columns")]
        default: bool,
    },
}

/// `users`.
#[derive(Debug, Args)]
pub(crate) struct UsersArguments {
    /// 不写则列出账号 (without it, the accounts are listed)
    #[command(subcommand)]
    pub(crate) verb: Option<UsersVerb>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersVerb {
    /// 新增账号 (add an account)
    Add(NewUserArguments),
    /// 登记保密承诺书 (put a person's undertaking on file)
    Undertake(UndertakeArguments),
    /// 停用账号，不可恢复 (close an account, for good)
    Close(UserArguments),
    /// 重设密码 (give an account another password)
    Password {
        /// 哪个账号 (which)
        #[command(flatten)]
        which: UserArguments,
        /// 含新密码的文件，“-”为标准输入 (file with the new password, - for standard input)
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
    /// 取消动态码：设备丢了 (take one-time codes off: the device is lost)
    TotpRemove(UserArguments),
    /// 结束一个账号的全部会话 (end all sessions of an account)
    EndSessions(UserArguments),
}

/// Which account.
#[derive(Debug, Args)]
pub(crate) struct UserArguments {
    /// 账号名 (account name)
    pub(crate) name: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `users add`.
#[derive(Debug, Args)]
pub(crate) struct NewUserArguments {
    /// 账号名 (account name)
    #[arg(long)]
    pub(crate) name: String,
    /// 角色 (role: analyst, dispatcher, verifier, reviewer, head, clerk, administrator, security_officer, auditor)
    #[arg(long)]
    pub(crate) role: String,
    /// 单位 (unit id, such as POLICE.990121)
    #[arg(long)]
    pub(crate) unit: String,
    /// 含密码的文件，“-”为标准输入 (file with the password, - for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: PathBuf,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `users undertake`.
#[derive(Debug, Args)]
pub(crate) struct UndertakeArguments {
    /// 账号名 (account name)
    #[arg(long)]
    pub(crate) name: String,
    /// 签署日 (day of the signature, such as 2026-11-22)
    #[arg(long, value_name = "DATE")]
    pub(crate) signed: String,
    /// 有效至 (its last day)
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
    /// 扫描件的 SHA-256 (SHA-256 of the scanned paper, 64 hex digits)
    #[arg(long, value_name = "SHA256")]
    pub(crate) document: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}
