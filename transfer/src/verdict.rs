//! The verdict: the first character and word of everything this program tells (UX section 4).

use nightsafe_runtime::ExitCode;

/// How things stand, for people; one for each exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict(pub(crate) ExitCode);

impl Verdict {
    /// The mark and the words: `● 正常 OK`.
    pub(crate) fn headline(self) -> &'static str {
        match self.0 {
            ExitCode::Ok => "● 正常 OK",
            ExitCode::NothingToDo => "● 无事 NOTHING TO DO",
            ExitCode::Gap => "▲ 缺件 GAP",
            ExitCode::Stuck => "▲ 滞留 STUCK",
            ExitCode::BytesDiffer => "▲ 内容不符 DIFFERS",
            ExitCode::Key => "■ 密钥 KEY",
            ExitCode::Disk => "■ 磁盘 DISK",
            ExitCode::Integrity => "■ 完整性 INTEGRITY",
            ExitCode::Interrupted => "▲ 中断 INTERRUPTED",
            ExitCode::Unexpected | ExitCode::Usage | ExitCode::Busy => "■ 故障 FAILED",
        }
    }

    /// The word for programs: `ok`, `gap`, …
    pub(crate) fn word(self) -> &'static str {
        match self.0 {
            ExitCode::Ok => "ok",
            ExitCode::NothingToDo => "nothing-to-do",
            ExitCode::Gap => "gap",
            ExitCode::Stuck => "stuck",
            ExitCode::BytesDiffer => "differs",
            ExitCode::Key => "key",
            ExitCode::Disk => "disk",
            ExitCode::Integrity => "integrity",
            ExitCode::Interrupted => "interrupted",
            ExitCode::Unexpected | ExitCode::Usage | ExitCode::Busy => "failed",
        }
    }
}
