//! What the high side says.

use serde::Serialize;

use super::{Lines, Tell, number, size};
use crate::high::acknowledge::Acknowledgement;
use crate::high::gap::Ticket;
use crate::high::holes::Hole;
use crate::high::import::ImportReport;
use crate::high::losses::Loss;
use crate::high::quarantine::record::Record;
use crate::high::status::{HighStatus, HighStream};
use crate::high::verify::HighVerification;
use crate::seq_set;

/// Tickets, for `gap`.
#[derive(Debug, Serialize)]
pub(crate) struct Tickets {
    pub(crate) tickets: Vec<Ticket>,
}

/// Lines for the low side, for `ack`.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgements {
    pub(crate) acknowledgements: Vec<Acknowledgement>,
}

/// Open records, for `quarantine list`.
#[derive(Debug, Serialize)]
pub(crate) struct Records {
    pub(crate) records: Vec<Record>,
}

/// One record, for `quarantine show` and `release`.
#[derive(Debug, Serialize)]
pub(crate) struct OneRecord {
    #[serde(flatten)]
    pub(crate) record: Record,
    /// Where its material lies.
    pub(crate) folder: Option<String>,
}

impl Tell for ImportReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "已收 received {}   {}   缺 missing {}   隔离 quarantine {}",
            number(self.handed_over),
            size(self.bytes),
            number(self.missing_places()),
            number(self.quarantined)
        ));
        if self.healed > 0 {
            lines.labelled("修复 healed", &number(self.healed), &number(self.healed));
        }
        lines.each(&self.half_copied, |lines, volume| {
            lines.labelled(volume, "没有拷完；重新拷贝后再导入", "is not there whole; copy it again and import");
        });
        lines.each(&self.missing, |lines, range| hole(lines, &range.stream.short(), &range.hole));
        lines.each(&self.unconnected, |lines, stream| unconnected(lines, &stream.short()));
        lines.each(&self.refused, record);
        if !self.missing.is_empty() {
            lines.labelled("下一步 next", "nightsafe-transfer gap", "nightsafe-transfer gap");
        }
    }
}

impl Tell for HighStatus {
    fn tell(&self, lines: &mut Lines) {
        let ranges: Vec<_> =
            self.streams.iter().flat_map(|stream| &stream.holes).map(|hole| hole.first..=hole.last).collect();
        if self.missing > 0 {
            lines.headline(&format!("缺 missing {}: {}", number(self.missing), seq_set::written(&ranges)));
        } else {
            lines.headline(&format!("已收 received {}   缺 missing 0", number(self.received)));
        }
        lines.each(&self.streams, stream);
        for one in &self.streams {
            lines.each(&one.holes, |lines, gap| hole(lines, &one.stream.short(), gap));
            if one.is_unconnected {
                unconnected(lines, &one.stream.short());
            }
        }
        lines.each(&self.quarantine, record);
        let disk = self.inbox_used_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        lines.line(&format!("磁盘 disk  {disk}"));
        if !self.medium_is_there {
            lines.labelled("介质 medium", "不在", "not there");
        }
        lines.line(&self.ring.line());
        lines.each(&self.tickets, |lines, ticket| {
            let command = format!("nightsafe-transfer resend \"{}\"", ticket.ticket);
            lines.labelled("下一步 next", &format!("（低侧）{command}"), &format!("(low side) {command}"));
        });
        if let Some(first) = self.quarantine.first() {
            let command = format!("nightsafe-transfer quarantine show {}", first.id);
            lines.labelled("下一步 next", &command, &command);
        }
    }
}

impl Tell for HighVerification {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "条目 entries {}   待处理 waiting {}   卷内件 items on the medium {}",
            number(self.entries),
            number(self.waiting),
            number(self.volume_items)
        ));
        lines.each(&self.wrong_lines, |lines, wrong| {
            let label = format!("流 stream {} 行 line {}", wrong.stream.short(), wrong.line);
            lines.labelled(&label, "不是原来交付的条目", "is not the entry that was handed over");
        });
        lines.each(&self.wrong_memories, |lines, stream| {
            let label = format!("流 stream {}", stream.short());
            lines.labelled(&label, "记录与收件箱日志不一致", "the memory disagrees with the inbox journal");
        });
        lines.each(&self.altered, |lines, item| {
            lines.labelled(&format!("件 item {item}"), "收件箱中的内容已变", "its bytes in the inbox have changed");
        });
        lines.each(&self.wrong_volume_items, |lines, wrong| {
            let label = format!("{} {}", wrong.volume, wrong.item);
            lines.labelled(&label, "缺失或内容不符", "is absent or has other bytes");
        });
    }
}

impl Tell for Tickets {
    fn tell(&self, lines: &mut Lines) {
        if self.tickets.is_empty() {
            lines.headline("缺 missing 0");
        }
        for ticket in &self.tickets {
            lines.line(&ticket.ticket);
        }
    }
}

impl Tell for Acknowledgements {
    fn tell(&self, lines: &mut Lines) {
        for line in &self.acknowledgements {
            lines.line(&line.ticket);
        }
    }
}

impl Tell for Records {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("隔离 quarantine {}", self.records.len()));
        for one in &self.records {
            record(lines, one);
        }
    }
}

impl Tell for OneRecord {
    fn tell(&self, lines: &mut Lines) {
        record(lines, &self.record);
        lines.line(&format!("发现 found  {:.0}", self.record.found_at));
        if let Some(digest) = &self.record.sha256 {
            lines.line(&format!("SHA-256  {digest}"));
        }
        if let Some(folder) = &self.folder {
            lines.line(&format!("材料 material  {folder}"));
        }
    }
}

impl Tell for Loss {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("放弃 given up {} {}", self.stream.short(), self.seq));
    }
}

fn stream(lines: &mut Lines, stream: &HighStream) {
    let gateway = stream.gateway.as_ref().map_or("-", |gateway| gateway.as_str());
    let head = stream.head_hour.map_or_else(|| "-".to_owned(), |hour| hour.to_string());
    lines.line(&format!(
        "流 stream {} ({gateway})  已收 received {} / {}  链头 head {head}",
        stream.stream.short(),
        number(stream.received),
        number(stream.last)
    ));
    if stream.head_is_old {
        lines.labelled(
            "  链头过旧 head too old",
            "久未收到新的链头；可能有人扣住了后面的件，催运介质",
            "no newer head has come; somebody may be holding the tail back: ask for the next medium",
        );
    }
}

fn hole(lines: &mut Lines, stream8: &str, hole: &Hole) {
    let (chinese, english) = hole.why.words();
    let places = seq_set::written(&[hole.first..=hole.last]);
    lines.labelled(&format!("缺 missing {stream8} {places}  自 since {:.0}", hole.since), &chinese, &english);
}

fn unconnected(lines: &mut Lines, stream8: &str) {
    lines.labelled(
        &format!("流 stream {stream8}"),
        "接在一条这里没有的条目之后：前一个流的末尾还缺件",
        "begins after an entry that is not here: the end of an earlier stream is missing",
    );
}

fn record(lines: &mut Lines, record: &Record) {
    let finding = &record.finding;
    let (chinese, english) = finding.why.words();
    let place = match (finding.stream, finding.seq) {
        (Some(stream), Some(seq)) => format!(" {} {seq}", stream.short()),
        _ => String::new(),
    };
    let item = finding.item.as_deref().map_or_else(String::new, |item| format!(" {item}"));
    lines.labelled(&format!("隔离 quarantine {}  {}{place}{item}", record.id, finding.volume), chinese, english);
}
