//! The command line.

use clap::{Parser, Subcommand};

use crate::check::Deed;

/// 重新绘制一份附件，供人安全查看：原件从标准输入进，副本从标准输出出。
///
/// Draws an attachment anew so that it is safe to look at: the original comes in at standard input, the copy leaves at
/// standard output. Metadata and whatever else hides in the file stay behind.
///
/// 退出码 exit codes: 0 正常 ok; 1 故障 failed; 2 用法 usage; 3 不能复制 no copy can be made of it; 7 输出中断 the
/// output broke off; 9 没有这一页 no such page; 10 隔离不成立 the sandbox does not hold here.
#[derive(Debug, Parser)]
#[command(name = "nightsafe-safecopy", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    #[command(flatten)]
    Make(Kind),
    /// 检查本机能否把解码进程关住  Check that this machine can lock the decoding process in
    Check {
        /// One forbidden deed, tried from inside; the check starts itself with it.
        #[arg(long, hide = true)]
        deed: Option<Deed>,
    },
}

/// What the original is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Kind {
    /// JPEG、PNG 图片，输出 JPEG 或 PNG  A JPEG or PNG picture; comes out as one of the two
    Picture,
    /// PDF 的一页，输出 PNG  One page of a PDF; comes out as PNG
    Page {
        /// 第几页，从 1 起  Which page, from 1
        #[arg(long, default_value_t = 1)]
        number: u32,
    },
    /// MP3 录音，输出 MP3  An MP3 recording; comes out as MP3
    Audio,
    /// MP4 录像，输出 MP4  An MP4 video; comes out as MP4
    Video,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
