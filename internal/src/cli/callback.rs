//! `callback` on the command line: names, options and help. No behaviour.

use clap::{Args, Subcommand};

use super::Output;

/// `callback`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CallbackArguments {
    /// 不写则列出各月 (without it, the months are listed)
    #[command(subcommand)]
    pub(crate) verb: Option<CallbackVerb>,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What `callback` can do beside listing.
#[derive(Debug, Subcommand)]
pub(crate) enum CallbackVerb {
    /// 某月的抽取结果、名单和意见 (the draw, the lists and the opinions of a month)
    Show(WhichMonth),
    /// 由承诺、随机数和候选名单重新算一遍；不符则以 10 退出 (work the draw out again; exit 10 if it differs)
    Verify(WhichMonth),
    /// 公布下个月的承诺；系统每月自动做 (publish a commitment before its month; done by itself every month)
    Commit(WhichMonth),
    /// 月份结束后抽取；系统自动做 (draw once the month is over; done by itself)
    Draw(WhichMonth),
    /// 同意把名单移交短信台；第二个人同意后生成密封文件 (approve the hand-over; the second person's lets it go)
    Approve(WhichMonth),
    /// 撤回第一个人的同意 (take the first approval back)
    Withdraw(WhichMonth),
}

/// A month.
#[derive(Debug, Args)]
pub(crate) struct WhichMonth {
    /// 月份，如 2026-11 (the month)
    pub(crate) month: String,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}
