//! The command line. It only says what was asked; [`crate::run`] does it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nightsafe_runtime::TelemetryFormat;
use nightsafe_schema::journal::{Seq, SeqError};

/// 把密封件送过隔离带，并证明一件不缺。
///
/// Moves sealed items across the gap and proves that none is missing. It opens no item and holds no key that signs.
///
/// 退出码 exit codes: 0 正常 ok; 1 故障 failed; 2 用法 usage; 3 内容不符 bytes differ; 4 缺件 gap; 5 滞留 stuck;
/// 6 密钥 key; 7 磁盘 disk; 8 另有实例 busy; 9 无事 nothing to do; 10 完整性 integrity; 130 中断 interrupted.
#[derive(Debug, Parser)]
#[command(name = "nightsafe-transfer", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// 配置文件  Configuration of this side
    #[arg(long, global = true, value_name = "FILE", default_value = "transfer.toml")]
    pub(crate) config: PathBuf,
    /// 以 JSON 输出  Tell everything as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// 运行记录的格式  How telemetry is written to standard error
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) telemetry: TelemetryFormat,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// 低侧：把发件箱里的新件写成新的卷  Low side: write what is new in the outbox into a new volume
    Export(Runs),
    /// 高侧：把介质上的卷验证后交到收件箱  High side: verify the volumes on the medium and hand their items over
    Import(Runs),
    /// 低侧：经单向光闸发送，并反复补发直到收讫  Low side: send over the one-way link, and again until acknowledged
    ///
    /// 运行一次：开始时已在发件箱和缺件单上的件各发一遍（数据和校验，最后是两次心跳），不补发；之后到的留给下一次。全部发出以 0
    /// 结束；线路连续 6 秒不收以 7 结束，没发完的下次再发。补发要用 --watch，或凭缺件单。
    ///
    /// Run once: each item that is in the outbox or asked for by a ticket when it begins is sent once, data and parity, and two
    /// heartbeats at the end. Nothing is repeated, and what comes meanwhile is left to the next run. It ends with 0 when
    /// everything has left, with 7 when the link takes nothing for 6 seconds; what had not left is sent by the next run. For
    /// repeats use --watch, or a gap ticket.
    Send(Runs),
    /// 高侧：从单向光闸接收，验证后交到收件箱  High side: receive from the one-way link and hand the items over
    Receive(Runs),
    /// 现状：首字即结论  How things stand; the first word is the verdict
    Status {
        /// 持续显示；q 离开  Keep showing it; q leaves
        #[arg(long)]
        watch: bool,
    },
    /// 体检：配置、文件夹、密钥、时钟、空间，并说下一步  Check configuration, folders, keys, clock and room
    Doctor,
    /// 从头复核日志、件和卷  Read journals, items and volumes again from the start
    Verify,
    /// 高侧：为缺件开单  High side: print tickets for what is missing
    Gap {
        /// Without one: print the tickets.
        #[command(subcommand)]
        decision: Option<GapDecision>,
    },
    /// 低侧：按缺件单排队重发  Low side: queue what a gap ticket asks for
    Resend {
        /// 整行缺件单  The whole line: GAP 7f3a91c2 1041-1043,1050 #K7QM
        ticket: String,
    },
    /// 高侧：开收讫单；低侧：凭单删除已收讫的件  High side: print acknowledgements; low side: forget what one covers
    Ack {
        /// 整行收讫单（仅低侧）  The whole line (low side only): ACK 7f3a91c2 1050 ABCDEFGHJKMNPQRS
        ticket: Option<String>,
    },
    /// 隔离区：列出、查看、处理完毕  The quarantine: list, look, settle
    #[command(subcommand)]
    Quarantine(QuarantineVerb),
    /// 手册页  Print the manual page, or write all of them
    Man {
        /// 写到此文件夹，每条命令一页  Write one page a command into this folder
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// 命令补全脚本  Print completions for a shell
    Completions {
        /// 哪种  Which shell
        shell: clap_complete::Shell,
    },
    /// The places where a test can kill the program.
    #[cfg(feature = "failpoints")]
    #[command(hide = true)]
    Failpoints,
}

/// How often to run.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Runs {
    /// 运行一次后退出（默认）  Run once and end (the default)
    #[arg(long, conflicts_with = "watch")]
    pub(crate) once: bool,
    /// 持续运行，有变化即处理  Keep running and act on changes
    #[arg(long)]
    pub(crate) watch: bool,
    /// 无事可做时以 9 退出  End with 9 if there was nothing to do
    #[arg(long, conflicts_with = "watch")]
    pub(crate) fail_if_empty: bool,
}

/// Decisions about holes.
#[derive(Debug, Subcommand)]
pub(crate) enum GapDecision {
    /// 记录：放弃一个缺件  Record that a missing place is given up
    AcceptLoss {
        /// 序号  Its place
        #[arg(value_parser = seq)]
        seq: Seq,
        /// 流号前八位  The first eight digits of its stream
        #[arg(long, value_name = "STREAM8")]
        stream: String,
        /// 理由  Why
        #[arg(long)]
        reason: String,
    },
}

/// What to do with the quarantine.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineVerb {
    /// 列出未处理的记录  List the open records
    List,
    /// 查看一条记录及其材料所在  Show one record and where its material lies
    Show {
        /// 隔离号  The record, such as Q0123456789AB
        id: String,
    },
    /// 看过并处理完毕；材料留存，不再告警  Settle a record: the material stays, the alarm ends
    Release {
        /// 隔离号  The record, such as Q0123456789AB
        id: String,
        /// 理由  Why
        #[arg(long)]
        reason: String,
    },
}

fn seq(text: &str) -> Result<Seq, SeqError> {
    text.parse::<u64>().map_err(|_| SeqError).and_then(Seq::try_from)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_is_as_reviewed() {
        insta::assert_snapshot!("help", Cli::command().term_width(100).render_long_help());
    }
}
