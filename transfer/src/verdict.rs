//! The verdict: the first character and word of everything this program tells (UX section 4).

use nightsafe_runtime::ExitCode;
use serde::Serializer;

use crate::trouble::Words;

/// How things stand, for people; one for each exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict(pub(crate) ExitCode);

/// How urgent a verdict is; on a terminal, its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// ● nothing to do.
    Fine,
    /// ▲ somebody has to do something.
    Act,
    /// ■ somebody has to do something now.
    Alarm,
}

/// Every exit code, in ascending order; the help, the manual and the guide list them.
pub(crate) const EXIT_CODES: [ExitCode; 12] = [
    ExitCode::Ok,
    ExitCode::Unexpected,
    ExitCode::Usage,
    ExitCode::BytesDiffer,
    ExitCode::Gap,
    ExitCode::Stuck,
    ExitCode::Key,
    ExitCode::Disk,
    ExitCode::Busy,
    ExitCode::NothingToDo,
    ExitCode::Integrity,
    ExitCode::Interrupted,
];

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
            ExitCode::Busy => "▲ 另有实例 BUSY",
            ExitCode::Usage => "▲ 用法 USAGE",
            ExitCode::Unexpected => "■ 故障 FAILED",
        }
    }

    /// The mark alone.
    pub(crate) fn mark(self) -> char {
        match self.urgency() {
            Urgency::Fine => '●',
            Urgency::Act => '▲',
            Urgency::Alarm => '■',
        }
    }

    /// How urgent it is.
    pub(crate) fn urgency(self) -> Urgency {
        match self.0 {
            ExitCode::Ok | ExitCode::NothingToDo => Urgency::Fine,
            ExitCode::Key | ExitCode::Disk | ExitCode::Integrity | ExitCode::Unexpected => Urgency::Alarm,
            ExitCode::Gap
            | ExitCode::Stuck
            | ExitCode::BytesDiffer
            | ExitCode::Interrupted
            | ExitCode::Busy
            | ExitCode::Usage => Urgency::Act,
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
            ExitCode::Busy => "busy",
            ExitCode::Usage => "usage",
            ExitCode::Unexpected => "failed",
        }
    }

    /// What the exit code means, for the manual.
    pub(crate) fn meaning(self) -> Words {
        let words = match self.0 {
            ExitCode::Ok => ("正常，一件不缺", "all is well and nothing is missing"),
            ExitCode::Unexpected => ("意外故障", "a failure nobody planned for"),
            ExitCode::Usage => ("命令、配置或单据有误", "the command, the configuration or a ticket is wrong"),
            ExitCode::BytesDiffer => (
                "已完成，但有件的内容与条目不符（已隔离）",
                "done, but bytes differ from their valid entry (quarantined)",
            ),
            ExitCode::Gap => ("缺件", "items are missing"),
            ExitCode::Stuck => (
                "滞留：最早的件、最新的卷或链头超过时限",
                "stuck: the oldest item, the newest volume or head is older than the limit",
            ),
            ExitCode::Key => ("密钥缺失、过期或不可信", "a key is missing, expired or not trusted"),
            ExitCode::Disk => ("磁盘或介质已满、不在或损坏", "a disk or medium is full, absent or broken"),
            ExitCode::Busy => ("另一个实例正在运行", "another instance runs"),
            ExitCode::NothingToDo => {
                ("无事可做（仅 --once --fail-if-empty）", "nothing to do (only with --once --fail-if-empty)")
            }
            ExitCode::Integrity => {
                ("完整性：伪造、篡改、来路不明", "integrity: something is forged, altered, foreign or unannounced")
            }
            ExitCode::Interrupted => ("被中断，一切完好", "interrupted, and everything is in a safe state"),
        };
        words.into()
    }

    /// What to do after a command that was not carried out.
    pub(crate) fn next(self) -> Words {
        let words = match self.0 {
            ExitCode::Key => (
                "报密钥员；检查 nightsafe-transfer doctor",
                "tell the key officer; look with nightsafe-transfer doctor",
            ),
            ExitCode::Disk => (
                "插入或更换介质，或腾出空间，再运行一次；检查 nightsafe-transfer doctor",
                "insert or replace the medium, or make room, and run again; look with nightsafe-transfer doctor",
            ),
            ExitCode::Integrity => {
                ("不要改动任何东西，立即报安全员", "change nothing and tell the security officer at once")
            }
            ExitCode::Busy => ("等它结束，或看 systemctl status", "wait until it ends, or look with systemctl status"),
            ExitCode::Usage => ("nightsafe-transfer --help", "nightsafe-transfer --help"),
            ExitCode::Interrupted => ("再运行一次", "run it again"),
            _ => ("nightsafe-transfer doctor", "nightsafe-transfer doctor"),
        };
        words.into()
    }
}

/// An exit code as programs read it, for fields of reports.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field by reference")]
pub(crate) fn as_number<S: Serializer>(code: &ExitCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(code.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_the_first_character_and_codes_ascend() {
        assert!(EXIT_CODES.is_sorted_by_key(|code| code.number()));
        for verdict in EXIT_CODES.map(Verdict) {
            assert_eq!(verdict.headline().chars().next(), Some(verdict.mark()), "{verdict:?}");
        }
    }
}
