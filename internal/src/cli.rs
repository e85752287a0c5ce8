//! The command line: names, options and their help, Chinese first. No behaviour.

mod accounts;
mod attachment;
mod callback;
mod register;
mod step;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nightsafe_runtime::TelemetryFormat;

pub(crate) use self::{
    accounts::{
        LoginArguments, MeArguments, MeVerb, NewUserArguments, UndertakeArguments, UserArguments, UsersArguments,
        UsersVerb,
    },
    attachment::{AttachmentArguments, AttachmentVerb, WhichAttachment},
    callback::{CallbackArguments, CallbackVerb},
    register::{HowItCame, MailArguments, RegisterArguments, RegisterVerb},
    step::StepVerb,
};

/// 夜间保险箱·内网：接收、开封、保管、查阅举报
/// (Nightsafe, the inside: receives, opens, keeps and shows reports)
#[derive(Debug, Parser)]
#[command(name = "nightsafe-internal", version, disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    /// 配置文件 (configuration file)
    #[arg(long, global = true, value_name = "FILE", default_value = "internal.toml")]
    pub(crate) config: PathBuf,

    /// 要做的事 (what to do)
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What can be asked of this program.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// 建立空站点：目录、密钥、首个账号；绝不覆盖 (make an empty site; overwrites nothing)
    Init(InitArguments),
    /// 运行：接收举报，提供控制台 (run: receive reports, serve the console)
    Serve(ServeArguments),
    /// 登录：此后 8 小时本系统用户的命令都以该账号执行 (log in for 8 hours)
    Login(LoginArguments),
    /// 本人账号：密码、动态码、会话 (your own account: password, one-time codes, sessions)
    Me(MeArguments),
    /// 退出登录 (log out)
    Logout,
    /// 立即查看收件箱 (look at the inbox now)
    Ingest(IngestArguments),
    /// 全文检索；线索编号也可以 (search the full text, or by clue number)
    Search(SearchArguments),
    /// 查看一条线索；每次查看都有记录 (show one case; every look is recorded)
    Show(ShowArguments),
    /// 收件箱：默认列未结且未指派或由本人核查的，期限近的在前 (the inbox)
    Inbox(InboxArguments),
    /// 未确认的紧急警报 (alarms that nobody has acknowledged)
    Alarms(AlarmsArguments),
    /// 办理一条线索：确认警报、转办、回避、指派、归并补充 (work on a case)
    Act(Box<ActArguments>),
    /// 本单位人员查看过的身份及理由，供单位负责人 (looks at identities by your unit's people, for its head)
    Custody(CustodyArguments),
    /// 附件：安全副本；原件须另一人同意 (attachments: safe copies; originals by two people)
    Attachment(AttachmentArguments),
    /// 每月回访：承诺、抽取、验证、移交名单，供全国扫黑办和审计员 (the monthly call-backs)
    Callback(CallbackArguments),
    /// 登记电话、来信、来访、邮件举报 (register a report that came by telephone, letter, visit or mail)
    Register(RegisterArguments),
    /// 封存件，只供两名指定人员 (sealed cases, for the two who may see them)
    Sealed(SealedArguments),
    /// 统计：收件、承办单位、结果；小于 5 的数不显示 (statistics; numbers below 5 are not shown)
    Stats(StatsArguments),
    /// 审计日志；校验账本 (the audit log; verify the ledger)
    Audit(AuditArguments),
    /// 由保管库和账本重建索引 (rebuild the index from vault and ledger)
    Reindex(ReindexArguments),
    /// 密封件 (sealed items)
    Item(ItemArguments),
    /// 账号 (accounts)
    Users(UsersArguments),
    /// 导入单位、账号、分办表、工作日历、任职名册、审核单位表：先试算差异，再记账生效
    /// (import units, users, routing table, calendar, officers, gates: a dry run, then as an event)
    Import(ImportArguments),
    /// Prints every address that the console answers to, as JSON; for the tests in a browser.
    #[command(hide = true)]
    Routes,
    /// Prints the names of the failpoints, one a line.
    #[cfg(feature = "failpoints")]
    #[command(hide = true)]
    Failpoints,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// 机器可读输出 (machine-readable output)
    #[arg(long)]
    pub(crate) json: bool,
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// 首名安全员的账号名 (name of the first security officer)
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub(crate) first_officer: Option<String>,
    /// 首名安全员的单位 (the first security officer's unit)
    #[arg(long, value_name = "UNIT", default_value = "OFFICE.000000")]
    pub(crate) unit: String,
    /// 含其密码的文件，“-”为标准输入 (file with the password, - for standard input)
    #[arg(long, value_name = "FILE", requires = "first_officer")]
    pub(crate) password_file: Option<PathBuf>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// 日志格式 (format of the telemetry on standard error)
    #[arg(long, value_enum, default_value_t)]
    pub(crate) telemetry: TelemetryFormat,
}

/// `ingest`.
#[derive(Debug, Args)]
pub(crate) struct IngestArguments {
    /// 不经守护进程，处理一遍后退出 (without the daemon: one pass, then exit)
    #[arg(long)]
    pub(crate) once: bool,
    /// 没有可处理的则以 9 退出 (exit 9 when there was nothing to do)
    #[arg(long, requires = "once")]
    pub(crate) fail_if_empty: bool,
    /// 线索编号的推导留给守护进程 (leave the derivation of clue numbers to the daemon)
    #[arg(long, requires = "once")]
    pub(crate) leave_numbers: bool,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `search`.
#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// 检索词，或 24 位线索编号 (text, or the 24 digits of a clue number)
    pub(crate) text: String,
    /// 从第几条起 (rows to skip)
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u64,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// 案件号 (case number, such as 7K2M-9QXW-3T5A)
    pub(crate) case: String,
    /// 同时查看举报人身份，须写明理由 (also show the reporter's identity, for this reason)
    #[arg(long, value_name = "REASON")]
    pub(crate) identity: Option<String>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `inbox`.
#[derive(Debug, Args)]
pub(crate) struct InboxArguments {
    /// 列哪些 (which cases)
    #[arg(long, value_name = "SHOW", default_value = "waiting", value_parser = ["waiting", "mine", "starred", "open", "all"])]
    pub(crate) show: String,
    /// 只列此状态，如 VERIFYING (only this state)
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// 只列超期的 (only what is overdue)
    #[arg(long)]
    pub(crate) overdue: bool,
    /// 从第几条起 (rows to skip)
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u64,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `alarms`.
#[derive(Debug, Args)]
pub(crate) struct AlarmsArguments {
    /// 一直等着，来一个报一个 (stay, and print each as it comes)
    #[arg(long)]
    pub(crate) watch: bool,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `act`.
#[derive(Debug, Args)]
pub(crate) struct ActArguments {
    /// 案件号；同一步办几条就用逗号隔开，最多 50 条 (case number; several with commas between them, 50 at most)
    #[arg(value_name = "CASE[,CASE...]")]
    pub(crate) cases: String,
    /// 32 位十六进制：同一个键只做一次；只用于几条一起办 (32 hex digits: one key does it once; for several cases)
    #[arg(long, value_name = "KEY", conflicts_with = "expect")]
    pub(crate) once: Option<String>,
    /// 以哪一版为准：show --json 的 work.edition；其后有变则不做 (refuse if it has changed since work.edition)
    #[arg(long, value_name = "EDITION")]
    pub(crate) expect: Option<u64>,
    /// 要做的事 (what to do)
    #[command(subcommand)]
    pub(crate) act: ActVerb,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What can be done with a case.
#[derive(Debug, Subcommand)]
pub(crate) enum ActVerb {
    /// 确认警报 (take the alarm up)
    Acknowledge {
        /// 怎么处理 (what is being done)
        #[arg(long)]
        reason: String,
    },
    /// 把一部分转给别的单位 (give a part to another unit)
    Transfer {
        /// 部分 (crime, official, sector, supplement)
        #[arg(long)]
        part: String,
        /// 单位 (unit id)
        #[arg(long)]
        unit: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 增加一个回避单位，连同其下级 (forbid one more unit, with all below it)
    Forbid {
        /// 单位 (unit id)
        #[arg(long)]
        unit: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 指派核查员，须有有效的保密承诺书 (name a verifier, who must have a valid undertaking)
    Assign {
        /// 部分；只有一部分可不写 (crime, official, sector, supplement)
        #[arg(long, default_value = "")]
        part: String,
        /// 核查员账号 (the verifier's account)
        #[arg(long)]
        account: String,
    },
    /// 回避：本人或某人与此案有利害关系 (a personal conflict, one's own if no account is given)
    Recuse {
        /// 账号 (account)
        #[arg(long, default_value = "")]
        account: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 把待关联的补充材料归到线索 (tie an unlinked supplement to its case)
    Join {
        /// 线索的案件号 (the case's number)
        #[arg(long, value_name = "CASE")]
        to: String,
    },
    /// 并案：两条线索按一案办理，编号都保留 (merge with another case; both keep their numbers)
    Merge {
        /// 另一条线索的案件号 (the other case's number)
        with: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
        /// 32 位十六进制：同一个键只并一次 (32 hex digits: one key merges once)
        #[arg(long, default_value = "")]
        key: String,
    },
    /// 撤销并案；已回避的单位仍须回避 (undo a merge; what was forbidden stays forbidden)
    Unmerge {
        /// 另一条线索的案件号 (the other case's number)
        with: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 备注：写给能看到这条线索的人 (write a note for everybody who sees the case)
    Note {
        /// 备注 (the note)
        #[arg(long)]
        text: String,
    },
    /// 标记：自己以后好找，别人看不到 (mark the case for yourself)
    Star,
    /// 取消标记 (take the mark away)
    Unstar,
    /// 重新制作附件的安全副本 (have the safe copy of an attachment made again)
    CopyAgain {
        /// 附件的密封件号 (the attachment's item id)
        item: String,
    },
    /// 申请看附件原件 (ask for the original of an attachment)
    OriginalAsk {
        /// 附件的密封件号 (the attachment's item id)
        item: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 同意他人看原件 (agree that somebody else sees the original)
    OriginalGrant {
        /// 附件的密封件号 (the attachment's item id)
        item: String,
    },
    /// 不同意，或撤回本人的申请 (do not agree, or take one's own request back)
    OriginalDeny {
        /// 附件的密封件号 (the attachment's item id)
        item: String,
        /// 理由 (reason)
        #[arg(long)]
        reason: String,
    },
    /// 流程里的一步：研判、交办、签收、核查、上报、审核、反馈…… (a move of the workflow)
    #[command(flatten)]
    Step(Box<StepVerb>),
}

/// `custody`.
#[derive(Debug, Args)]
pub(crate) struct CustodyArguments {
    /// 从第几条起 (rows to skip)
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u64,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArguments {
    /// 时段：2026、2026-Q4、2026-11、2026-11-22 或 2026-11-01..2026-11-22；不写为本月 (period; this month without one)
    #[arg(value_name = "PERIOD")]
    pub(crate) period: Option<String>,
    /// 只列这些表，如 flow、unit_state (only these tables)
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Vec<String>,
    /// 输出 CSV，Excel 可直接打开 (as comma-separated values that Excel opens)
    #[arg(long, conflicts_with_all = ["json", "table"])]
    pub(crate) csv: bool,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `sealed`.
#[derive(Debug, Args)]
pub(crate) struct SealedArguments {
    /// 案件号；不写则列出 (case number; without it they are listed)
    pub(crate) case: Option<String>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `audit`, `audit verify`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArguments {
    /// 不写则列出日志 (without it, the log is listed)
    #[command(subcommand)]
    pub(crate) verb: Option<AuditVerb>,
    /// 筛选 (which rows)
    #[command(flatten)]
    pub(crate) query: AuditListing,
}

/// Which rows of the audit log.
#[derive(Debug, Args)]
pub(crate) struct AuditListing {
    /// 只列此案件 (only this case)
    #[arg(long)]
    pub(crate) case: Option<String>,
    /// 只列此人 (only this account)
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// 只列此类事件 (only this kind of event)
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// 从第几条起 (rows to skip)
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u64,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What `audit` can do beside listing.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// 校验账本的哈希链；可对照导出的签名头 (verify the chain, against an exported head if given)
    Verify {
        /// 导出的签名头文件 (exported signed head)
        #[arg(long, value_name = "HEAD")]
        against: Option<PathBuf>,
        /// 输出 (output)
        #[command(flatten)]
        output: Output,
    },
}

/// `reindex`.
#[derive(Debug, Args)]
pub(crate) struct ReindexArguments {
    /// 仅在索引损坏时重建 (only if the index is damaged)
    #[arg(long)]
    pub(crate) if_damaged: bool,
    /// 把索引的规范转储写到此文件 (write the index's canonical dump to this file)
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `item`.
#[derive(Debug, Args)]
pub(crate) struct ItemArguments {
    /// 要做的事 (what to do)
    #[command(subcommand)]
    pub(crate) verb: ItemVerb,
}

/// What can be done with a sealed item.
#[derive(Debug, Subcommand)]
pub(crate) enum ItemVerb {
    /// 把原密封件逐字节还原 (put the original .age file back together, byte for byte)
    Export(ExportArguments),
}

/// `item export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// 密封件号 (item id, 26 characters)
    pub(crate) item: String,
    /// 写到此文件；已存在则拒绝 (file to write; refused if it exists)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// 理由，记入日志 (reason, recorded)
    #[arg(long, default_value = "item export")]
    pub(crate) reason: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// 哪张表 (units, users, routing, calendar, officers or gates)
    #[arg(value_parser = ["units", "users", "routing", "calendar", "officers", "gates"])]
    pub(crate) table: String,
    /// 文件 (the file: JSON for units, CSV for the others)
    pub(crate) file: PathBuf,
    /// 生效，记入账本；不写只列出差异 (put it in force; without it, only what would change)
    #[arg(long)]
    pub(crate) apply: bool,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}
