//! Times, sizes, priorities and the console's own codes in words.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use nightsafe_casework::{
    attachment::Difference,
    case::{Column, Crossing},
    routing::{Outcome, Part},
    safe_copy::CopyKind,
    triage::Priority,
};
use nightsafe_schema::{catalog::Label, intake::Channel, unit::Level};

use crate::{desk::CopyState, visible::Visible};

/// Chinese, and English beside it. Labels come from files that an operator edits, so they are escaped like any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Both(pub(crate) Label);

impl HtmlSafe for Both {}

impl fmt::Display for Both {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Label { zh, en } = &self.0;
        write!(f, "{}", Visible::from(zh.as_str()))?;
        if en.is_empty() { Ok(()) } else { write!(f, " <span lang=\"en\">{}</span>", Visible::from(en.as_str())) }
    }
}

impl Both {
    pub(crate) fn new(zh: &str, en: &str) -> Self {
        Self(Label { zh: zh.to_owned(), en: en.to_owned() })
    }
}

impl Both {
    /// As a heading begins: with a capital.
    pub(crate) fn as_heading(&self) -> Self {
        let mut en = self.0.en.chars();
        let first = en.next().map(char::to_uppercase);
        Self::new(&self.0.zh, &first.into_iter().flatten().chain(en).collect::<String>())
    }

    /// Both languages without markup.
    pub(crate) fn plain(&self) -> String {
        let Label { zh, en } = &self.0;
        format!("{zh} {en}")
    }
}

/// A rule of triage or routing in words.
pub(super) fn rule(code: &str) -> Both {
    match nightsafe_casework::rule::words(code) {
        Some((zh, en)) => Both::new(zh, en),
        None => Both::new(code, ""),
    }
}

/// A moment in Chinese time to the minute: `2026年11月22日 13:05`.
pub(super) fn moment(at: Timestamp) -> String {
    in_china(at, "%Y年%-m月%-d日 %H:%M")
}

/// A moment to the second, as the audit log has it.
pub(super) fn exact(at: Timestamp) -> String {
    in_china(at, "%Y-%m-%d %H:%M:%S")
}

/// An hour: `2026年11月22日 13时`.
pub(super) fn hour(at: Timestamp) -> String {
    in_china(at, "%Y年%-m月%-d日 %H时")
}

fn in_china(at: Timestamp, format: &str) -> String {
    let china = Offset::from_hours(8).map_or(TimeZone::UTC, TimeZone::fixed);
    at.to_zoned(china).strftime(format).to_string()
}

/// A length for people: `842 kB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!("{bytes} B"),
    }
}

/// A priority as code and words.
pub(super) fn priority(priority: Option<Priority>) -> (&'static str, &'static str, &'static str) {
    match priority {
        Some(Priority::P0) => ("P0", "紧急", "urgent"),
        Some(Priority::P1) => ("P1", "重要", "important"),
        Some(Priority::P2) => ("P2", "优先", "supported"),
        Some(Priority::P3) => ("P3", "一般", "ordinary"),
        Some(Priority::P4) => ("P4", "待甄别", "doubtful"),
        None => ("—", "未定", "not yet"),
    }
}

pub(super) fn part(part: Part) -> Both {
    let (zh, en) = match part {
        Part::Crime => ("涉黑涉恶事实", "Gang facts"),
        Part::Official => ("公职人员和保护伞", "Officials"),
        Part::Sector => ("行业乱象", "Sector disorder"),
        Part::Supplement => ("补充材料", "Supplement"),
    };
    Both::new(zh, en)
}

pub(super) fn outcome(outcome: Outcome) -> Both {
    let (zh, en) = match outcome {
        Outcome::Taken => ("承办", "has the task"),
        Outcome::Copied => ("抄送", "has a copy"),
        Outcome::Forbidden => ("回避", "forbidden"),
        Outcome::NotAbove => ("级别不够", "not above the accused"),
        Outcome::Missing => ("无此单位", "no such unit"),
    };
    Both::new(zh, en)
}

pub(super) fn level(level: Level) -> Both {
    let (zh, en) = match level {
        Level::Nation => ("国家", "nation"),
        Level::Province => ("省级", "province"),
        Level::Prefecture => ("市级", "prefecture"),
        Level::County => ("县级", "county"),
        Level::Station => ("派出、内设机构", "station"),
    };
    Both::new(zh, en)
}

/// The heading of a column.
pub(super) fn column(column: Column) -> Both {
    let (zh, en) = column.words();
    Both::new(zh, en)
}

/// The identity mode, which is derived inside and in no list of the catalog.
pub(crate) fn identity_mode(code: &str) -> Option<Label> {
    let (zh, en) = match code {
        "real_name" => ("实名", "real name"),
        "contactable_anonymous" => ("匿名，留有联系方式", "anonymous, can be reached"),
        "anonymous" => ("匿名", "anonymous"),
        _ => return None,
    };
    Some(Label { zh: zh.to_owned(), en: en.to_owned() })
}

pub(crate) fn channel(channel: Channel) -> Both {
    let (zh, en) = match channel {
        Channel::Web => ("网页", "web form"),
        Channel::Api => ("接口", "API"),
        Channel::Phone => ("电话", "telephone"),
        Channel::Letter => ("来信", "letter"),
        Channel::Visit => ("来访", "visit"),
        Channel::Mail => ("邮件", "mail"),
    };
    Both::new(zh, en)
}

/// What could not be taken over from a mail as it was (docs/spec/channels.md).
pub(super) fn mail_remark(code: &str) -> Both {
    let (zh, en) = match code {
        "FROM_UNVERIFIED" => ("发件人是邮件自称，未经核实", "the sender is what the mail says, not verified"),
        "TEXT_FROM_HTML" => ("正文取自网页格式", "the text was taken from HTML"),
        "TEXT_CUT" => ("正文未录全，见邮件原件", "there is more text in the mail"),
        "TOO_MANY_PARTS" => ("附件未取全，见邮件原件", "there are more parts in the mail"),
        "TOO_DEEP" => ("嵌套过深的部分未打开", "parts that lie too deep were not read"),
        "HEAD_CUT" => ("邮件头过长，未读全", "a header block was not read whole"),
        "BROKEN_ENCODING" => ("有一部分编码损坏", "the encoding of a part is broken"),
        "NO_TEXT" => ("邮件没有正文", "there is nothing to read in the mail"),
        other => (other, ""),
    };
    Both::new(zh, en)
}

/// The state of an attachment, and the class that its mark has.
pub(super) fn crossing(crossing: &Crossing) -> (&'static str, Both) {
    match crossing {
        Crossing::NotSupplied => ("absent", Both::new("未提供", "not supplied")),
        Crossing::StillCrossing => ("crossing", Both::new("尚在传输", "still crossing")),
        Crossing::Arrived(_) => ("arrived", Both::new("已到", "arrived")),
    }
}

/// How far the copy of an attachment has come.
pub(super) fn copy(copy: Option<(CopyKind, CopyState)>) -> Both {
    match copy {
        None => Both::new("只列出，不打开", "listed, not shown"),
        Some((_kind, CopyState::Waiting)) => Both::new("等待制作副本", "waiting for its copy"),
        Some((_kind, CopyState::Making)) => Both::new("正在制作副本", "its copy is being made"),
        Some((CopyKind::Pages, CopyState::Made { parts })) => {
            Both::new(&format!("副本 {parts} 页"), &format!("copy of {parts} pages"))
        }
        Some((_kind, CopyState::Made { .. })) => Both::new("有副本", "has a copy"),
        Some((_kind, CopyState::Refused(why))) => {
            let (zh, en) = why.words();
            Both::new(&format!("不能显示：{zh}"), &format!("cannot be shown: {en}"))
        }
    }
}

pub(super) fn difference(difference: Difference) -> Both {
    let (zh, en) = match difference {
        Difference::Name => ("文件名不同", "another name"),
        Difference::MediaType => ("格式不同", "another type"),
        Difference::Size => ("大小不同", "another size"),
        Difference::Sha256 => ("摘要不同", "another digest"),
    };
    Both::new(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_chinese_times() {
        let at: Timestamp = "2026-11-22T20:05:09Z".parse().unwrap();
        assert_eq!(moment(at), "2026年11月23日 04:05");
        assert_eq!(exact(at), "2026-11-23 04:05:09");
        assert_eq!(hour(at), "2026年11月23日 04时");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [0, 999, 1_000, 842_113, 18_733_021, u64::MAX].map(size),
            ["0 B", "999 B", "1.0 kB", "842.1 kB", "18.7 MB", "18446744073.7 GB"]
        );
    }
}
