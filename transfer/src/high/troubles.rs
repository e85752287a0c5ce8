//! What can be wrong on the high side, with the next step for each.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::Hour;

use crate::diode::state::LinkStatus;
use crate::disk::Space;
use crate::high::gap;
use crate::high::holes::{Hole, HoleReason};
use crate::high::import::{MissingRange, Stopped};
use crate::high::quarantine::record::Record;
use crate::high::receive::ReceiveState;
use crate::high::refusal::Refusal;
use crate::high::seen::HalfCopied;
use crate::page::{number, size};
use crate::seq_set;
use crate::trouble::{Trouble, Words};

/// What is missing, one trouble for each stream and reason, with the ticket that asks for just that.
///
/// A place whose bytes came altered has come: its open record has the verdict (3), which a gap (4) would hide. Without an
/// open record, as after a person settled it, it is missing like any other.
pub(crate) fn missing(ranges: &[MissingRange], records: &[&Record]) -> Vec<Trouble> {
    let altered: BTreeSet<(StreamId, u64)> = records
        .iter()
        .filter(|record| record.finding.why == Refusal::BytesDiffer)
        .filter_map(|record| Some((record.finding.stream?, record.finding.seq?.value())))
        .collect();
    let mut groups: Vec<(StreamId, Vec<Hole>)> = Vec::new();
    for MissingRange { stream, hole } in ranges {
        let is_altered = matches!(hole.why, HoleReason::Differs { .. }) && altered.contains(&(*stream, hole.first));
        if is_altered {
            continue;
        }
        let same = |(other, holes): &&mut (StreamId, Vec<Hole>)| {
            other == stream && holes.first().is_some_and(|first| first.why == hole.why)
        };
        match groups.iter_mut().find(same) {
            Some((_, holes)) => holes.push(hole.clone()),
            None => groups.push((*stream, vec![hole.clone()])),
        }
    }
    groups.iter().filter_map(|(stream, holes)| gap_of(*stream, holes)).collect()
}

fn gap_of(stream: StreamId, holes: &[Hole]) -> Option<Trouble> {
    let why = &holes.first()?.why;
    let places: Vec<_> = holes.iter().map(|hole| hole.first..=hole.last).collect();
    let (chinese, english) = why.words();
    let tickets: Vec<String> = gap::tickets(stream, holes).into_iter().map(|ticket| ticket.ticket).collect();
    let commands: Vec<String> =
        tickets.iter().map(|ticket| format!("nightsafe-transfer resend \"{ticket}\"")).collect();
    let resend = commands.join("; ");
    let (zh, en) = match why {
        HoleReason::HalfCopied { volume } | HoleReason::Unreadable { volume } => (
            format!("重新拷贝 {volume} 后再 import；不行则"),
            format!("copy {volume} again and import; if that does not help: "),
        ),
        HoleReason::NotArrived => (
            "先找还没送到的卷；找不到则".to_owned(),
            "look for a volume that is still on its way; if there is none: ".to_owned(),
        ),
        HoleReason::Refused { quarantine } => (
            format!("报安全员（quarantine show {quarantine}），"),
            format!("tell the security officer (quarantine show {quarantine}), and "),
        ),
        HoleReason::LostOnLine { .. } => (
            "光闸会自动补发；等不及则".to_owned(),
            "the one-way link repeats it by itself; to have it sooner: ".to_owned(),
        ),
        HoleReason::WithoutItem { .. } | HoleReason::NoFile { .. } | HoleReason::Differs { .. } => {
            (String::new(), String::new())
        }
    };
    Some(Trouble {
        kind: why.word(),
        code: ExitCode::Gap,
        what: format!("缺 missing {} {}", stream.short(), seq_set::written(&places)),
        since: holes.iter().map(|hole| hole.since).min(),
        why: Words::new(chinese, english),
        next: Words::new(format!("{zh}（低侧）{resend}"), format!("{en}(low side) {resend}")),
    })
}

/// An open record of the quarantine.
pub(crate) fn refused(record: &Record) -> Trouble {
    let finding = &record.finding;
    let place = match (finding.stream, finding.seq) {
        (Some(stream), Some(seq)) => format!(" {} {seq}", stream.short()),
        _ => String::new(),
    };
    let item = finding.item.as_deref().map_or_else(String::new, |item| format!(" {item}"));
    Trouble {
        kind: finding.why.word(),
        code: finding.why.exit_code(),
        what: format!("隔离 quarantine {}  {}{place}{item}", record.id, finding.volume),
        since: Some(record.found_at),
        why: finding.why.words().into(),
        next: after_refusal(record),
    }
}

fn after_refusal(record: &Record) -> Words {
    let finding = &record.finding;
    if let (Refusal::BytesDiffer, Some(stream), Some(seq)) = (finding.why, finding.stream, finding.seq) {
        let hole = Hole { first: seq.value(), last: seq.value(), since: record.found_at, why: HoleReason::NotArrived };
        let tickets = gap::tickets(stream, &[hole]);
        let ticket = tickets.first().map_or("", |ticket| ticket.ticket.as_str());
        let volume = &finding.volume;
        return Words::new(
            format!("重新拷贝 {volume} 后再 import；不行则（低侧）nightsafe-transfer resend \"{ticket}\""),
            format!(
                "copy {volume} again and import; if that does not help: (low side) nightsafe-transfer resend \"{ticket}\""
            ),
        );
    }
    let command = format!("nightsafe-transfer quarantine show {}", record.id);
    Words::new(
        format!("不要动介质，立即报安全员：{command}"),
        format!("leave the medium alone and tell the security officer at once: {command}"),
    )
}

/// A volume that is not there whole.
pub(crate) fn half_copied(half: &HalfCopied) -> Trouble {
    let volume = &half.volume;
    Trouble {
        kind: "half-copied-volume",
        code: ExitCode::Gap,
        what: format!("卷 volume {volume}"),
        since: Some(half.since),
        why: ("没有拷完", "it is not there whole").into(),
        next: Words::new(
            format!("重新拷贝 {volume}，再运行 nightsafe-transfer import"),
            format!("copy {volume} again and run nightsafe-transfer import"),
        ),
    }
}

/// A stream that begins at a line that is not known here.
pub(crate) fn unconnected(stream: StreamId, since: Option<Timestamp>) -> Trouble {
    Trouble {
        kind: "unconnected",
        code: ExitCode::Gap,
        what: format!("流 stream {}", stream.short()),
        since,
        why: (
            "接在一条这里没有的条目之后：前一个流的末尾还缺件",
            "it begins after an entry that is not here: the end of an earlier stream is missing",
        )
            .into(),
        next: (
            "（低侧）运行 nightsafe-transfer export，把所有卷都送来",
            "(low side) run nightsafe-transfer export, and bring every volume",
        )
            .into(),
    }
}

/// A stream whose newest head is older than the site allows.
pub(crate) fn head_is_old(stream: StreamId, hour: Hour, limit_hours: u32) -> Trouble {
    Trouble {
        kind: "head-old",
        code: ExitCode::Stuck,
        what: format!("链头 head {}   时限 limit {limit_hours} h", stream.short()),
        since: Some(hour.as_timestamp()),
        why: (
            "久未收到新的链头；可能有人扣住了后面的件",
            "no newer head has come; somebody may be holding the tail back",
        )
            .into(),
        next: ask_for_the_medium(),
    }
}

/// Nothing new that a gateway signed has come for longer than the site allows.
pub(crate) fn silent(since: Timestamp, limit_hours: u32) -> Trouble {
    Trouble {
        kind: "volume-old",
        code: ExitCode::Stuck,
        what: format!("最后一卷 newest volume   时限 limit {limit_hours} h"),
        since: Some(since),
        why: ("很久没有收到带来新内容的卷", "no volume has brought anything new for longer than the limit").into(),
        next: ask_for_the_medium(),
    }
}

/// What is wrong with the one-way link.
pub(crate) fn link(link: &LinkStatus<ReceiveState>) -> Vec<Trouble> {
    let Some(said) = &link.said else { return Vec::new() };
    if !link.running {
        return vec![not_receiving(said.at)];
    }
    let silent = said.silent.then(|| link_is_silent(said));
    let stopped = said.stopped.as_ref().map(|(since, stopped)| link_is_stopped(*since, stopped));
    let contradiction = said.contradiction.map(|(since, stream, place)| contradicted(since, stream, place));
    silent.into_iter().chain(stopped).chain(contradiction).collect()
}

/// The receiver was started to stay and does not run.
fn not_receiving(since: Timestamp) -> Trouble {
    Trouble {
        kind: "not-receiving",
        code: ExitCode::Stuck,
        what: "光闸 one-way link  没有在接收 not receiving".to_owned(),
        since: Some(since),
        why: ("配置了光闸，而接收程序没有在运行", "there is a one-way link, and nothing receives from it").into(),
        next: (
            "启动 nightsafe-transfer receive --watch，看它为何停下：systemctl status",
            "start nightsafe-transfer receive --watch, and look why it stopped: systemctl status",
        )
            .into(),
    }
}

fn link_is_silent(said: &ReceiveState) -> Trouble {
    let heard = said.heartbeat_seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let since = heard.and_then(|seconds| said.at.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok());
    let (zh, en) = match (said.datagrams, said.wrong_tag) {
        (0, _) => (
            "一个包也没有到：线路、对侧、静态邻居或防火墙",
            "no datagram at all has come: the line, the other side, the static neighbour or a firewall",
        ),
        (_, wrong) if wrong > 0 && said.heard.is_none() => (
            "有包到，但都不是对侧用同一收讫密钥发的",
            "datagrams come, and none is made with the pair secret of this side",
        ),
        _ => (
            "三个心跳没有到：对侧停了，或线路断了",
            "three heartbeats were missed: the other side has stopped, or the line is cut",
        ),
    };
    Trouble {
        kind: "link-silent",
        code: ExitCode::Stuck,
        what: "光闸 one-way link  无声 silent".to_owned(),
        since: Some(since.unwrap_or(said.started)),
        why: (zh, en).into(),
        next: (
            "（低侧）nightsafe-transfer status；检查线路；急件用 export 走介质",
            "(low side) nightsafe-transfer status; look at the line; what is urgent goes by export on a medium",
        )
            .into(),
    }
}

fn link_is_stopped(since: Timestamp, stopped: &Stopped) -> Trouble {
    let why = match stopped {
        Stopped::InboxFull { free, needed } => Words::new(
            format!("收件箱只剩 {}，下一件需要 {}；已收的都完整", size(*free), size(*needed)),
            format!(
                "the inbox has {} left and the next item needs {}; what was handed over is whole",
                size(*free),
                size(*needed)
            ),
        ),
        Stopped::InboxFailed { error } | Stopped::MediumFailed { error } => Words::same(error.as_str()),
    };
    Trouble {
        kind: stopped.word(),
        code: ExitCode::Disk,
        what: "光闸 one-way link  收件箱 inbox".to_owned(),
        since: Some(since),
        why,
        next: (
            "确认 nightsafe-internal 在运行（它会取走收件），或腾出空间；对侧会自动补发",
            "see that nightsafe-internal runs (it takes the items away) or make room; the other side repeats by itself",
        )
            .into(),
    }
}

fn contradicted(since: Timestamp, stream: StreamId, place: u64) -> Trouble {
    Trouble {
        kind: "heartbeat-contradicts",
        code: ExitCode::Integrity,
        what: format!("光闸 one-way link  {} {place}", stream.short()),
        since: Some(since),
        why: (
            "对侧心跳说的条目与网关签名的不同",
            "what the other side's heartbeat says of an entry is not what the gateway signed",
        )
            .into(),
        next: (
            "不要改动任何东西，报安全员：低侧或收讫密钥可能已被他人掌握",
            "change nothing and tell the security officer: somebody else may hold the low side or the pair secret",
        )
            .into(),
    }
}

/// The inbox's disk is almost full.
pub(crate) fn inbox_is_full(space: Space) -> Trouble {
    Trouble {
        kind: "inbox-low",
        code: ExitCode::Disk,
        what: format!("收件箱 inbox  还有 free {}", size(space.free)),
        since: None,
        why: ("收件箱的磁盘快满了", "the disk of the inbox is almost full").into(),
        next: make_room(),
    }
}

/// Why a run ended before it was through, and what waits because of it.
pub(crate) fn stopped(stopped: &Stopped, waiting: u64, bytes: u64) -> Trouble {
    let waits = format!("待收 waiting {} 件 items, {}", number(waiting), size(bytes));
    let (what, why, next) = match stopped {
        Stopped::MediumFailed { error } => (
            "介质 medium",
            Words::same(error.as_str()),
            ("插入介质，再运行 nightsafe-transfer import", "insert the medium and run nightsafe-transfer import")
                .into(),
        ),
        Stopped::InboxFull { free, needed } => (
            "收件箱 inbox",
            Words::new(
                format!("收件箱只剩 {}，下一件需要 {}；已收的都完整", size(*free), size(*needed)),
                format!(
                    "the inbox has {} left and the next item needs {}; what was handed over is whole",
                    size(*free),
                    size(*needed)
                ),
            ),
            make_room(),
        ),
        Stopped::InboxFailed { error } => ("收件箱 inbox", Words::same(error.as_str()), make_room()),
    };
    Trouble { kind: stopped.word(), code: ExitCode::Disk, what: format!("{what}   {waits}"), since: None, why, next }
}

fn make_room() -> Words {
    Words::new(
        "确认 nightsafe-internal 在运行（它会取走收件），或腾出空间，再运行 nightsafe-transfer import",
        "see that nightsafe-internal runs (it takes the items away) or make room, then run nightsafe-transfer import",
    )
}

fn ask_for_the_medium() -> Words {
    Words::new(
        "催运介质；（低侧）nightsafe-transfer status",
        "ask for the next medium; (low side) nightsafe-transfer status",
    )
}
