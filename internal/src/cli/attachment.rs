//! The words about attachments. No behaviour.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Output;

/// `attachment`.
#[derive(Debug, Args)]
pub(crate) struct AttachmentArguments {
    /// 要做的事 (what to do)
    #[command(subcommand)]
    pub(crate) verb: AttachmentVerb,
}

/// What can be done with an attachment. Asking for an original and agreeing to it are `act`s.
#[derive(Debug, Subcommand)]
pub(crate) enum AttachmentVerb {
    /// 取一份安全副本，记入日志 (take a safe copy; recorded)
    Copy {
        /// 哪个附件 (which one)
        #[command(flatten)]
        which: WhichAttachment,
        /// 第几部分：文档的第几页 (which part: the page of a document)
        #[arg(long, default_value_t = 1)]
        part: u32,
    },
    /// 取原件：须先申请、由另一人同意，只能取一次 (take the original: ask first, another person agrees, once)
    Original {
        /// 哪个附件 (which one)
        #[command(flatten)]
        which: WhichAttachment,
    },
}

/// One attachment, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct WhichAttachment {
    /// 案件号 (case number)
    pub(crate) case: String,
    /// 附件的密封件号 (the attachment's item id)
    pub(crate) item: String,
    /// 写到此文件；已存在则拒绝 (file to write; refused if it exists)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// 输出 (output)
    #[command(flatten)]
    pub(crate) output: Output,
}
