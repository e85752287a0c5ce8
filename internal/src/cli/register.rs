//! The words about registering. No behaviour.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Output;

/// `register`.
#[derive(Debug, Args)]
pub(crate) struct RegisterArguments {
    /// 怎么来的 (how it came)
    #[command(subcommand)]
    pub(crate) verb: RegisterVerb,
}

/// How a report came.
#[derive(Debug, Subcommand)]
pub(crate) enum RegisterVerb {
    /// 电话 (a telephone call)
    Phone(HowItCame),
    /// 来信 (a letter)
    Letter(HowItCame),
    /// 来访 (a visit)
    Visit(HowItCame),
    /// 电子邮件：导入 .eml 文件，原件一并封存 (a mail: imports the file, and keeps it)
    Mail(MailArguments),
}

/// A mail file.
#[derive(Debug, Args)]
pub(crate) struct MailArguments {
    /// 邮件文件 (the mail file)
    #[arg(value_name = "FILE.eml")]
    pub(crate) file: PathBuf,
    /// 举报类别 (the kind of report that it is)
    #[arg(long, value_name = "CODE", default_value = "GANG_CRIME")]
    pub(crate) flow: String,
    /// 比邮件更清楚的内容，report/1 的部分字段 (fields of a report that are known better, as JSON)
    #[arg(long, value_name = "FIELDS.json")]
    pub(crate) known: Option<PathBuf>,
    /// 收到时间，含时区；不写则为现在 (when it came, with the offset; now if absent)
    #[arg(long, value_name = "2026-11-22T15:20:00+08:00")]
    pub(crate) received_at: Option<String>,
    /// 来源，目录 report_sources 中的代码 (from where: a code of the catalog's report_sources)
    #[arg(long, value_name = "CODE", default_value = "PUBLIC")]
    pub(crate) source: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A report and what came with it.
#[derive(Debug, Args)]
pub(crate) struct HowItCame {
    /// 举报内容，report/1 的 JSON 文件，“-”为标准输入 (the report as JSON, - for standard input)
    #[arg(value_name = "REPORT.json")]
    pub(crate) report: PathBuf,
    /// 附件：扫描件、录音，可多次给出 (attachments such as scans and recordings, may be given several times)
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
    /// 收到时间，含时区；不写则为现在 (when it came, with the offset; now if absent)
    #[arg(long, value_name = "2026-11-22T15:20:00+08:00")]
    pub(crate) received_at: Option<String>,
    /// 来源，目录 report_sources 中的代码 (from where: a code of the catalog's report_sources)
    #[arg(long, value_name = "CODE", default_value = "PUBLIC")]
    pub(crate) source: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}
