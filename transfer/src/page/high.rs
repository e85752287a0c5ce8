//! What the high side says.

use jiff::Timestamp;
use serde::Serialize;

use super::{Lines, Tell, number, size};
use crate::high::acknowledge::Acknowledgement;
use crate::high::gap::Ticket;
use crate::high::import::ImportReport;
use crate::high::losses::Loss;
use crate::high::quarantine::record::Record;
use crate::high::receive::ReceiveReport;
use crate::high::verify::HighVerification;
use crate::trouble::Troubles;

/// Tickets, for `gap`.
#[derive(Debug, Serialize)]
pub(crate) struct Tickets {
    /// How many places they ask for.
    pub(crate) missing: u64,
    pub(crate) tickets: Vec<Ticket>,
}

/// Lines for the low side, for `ack`.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgements {
    pub(crate) acknowledgements: Vec<Acknowledgement>,
}

/// Open records, for `quarantine list`.
#[derive(Debug, Serialize)]
pub(crate) struct OpenRecords {
    pub(crate) at: Timestamp,
    pub(crate) records: Vec<Record>,
    pub(crate) troubles: Troubles,
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
            lines.line(&format!("修复 healed  {}", number(self.healed)));
        }
        lines.troubles(&self.troubles, self.at);
    }
}

impl Tell for ReceiveReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "已收 received {}   {}   缺 missing {}",
            number(self.handed_over),
            size(self.bytes),
            number(self.missing)
        ));
        if self.healed > 0 {
            lines.line(&format!("修复 healed  {}", number(self.healed)));
        }
        lines.troubles(&self.troubles, self.at);
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
        let (chinese, english) = if !self.wrong_lines.is_empty() || !self.wrong_memories.is_empty() {
            ("不要改动任何东西，立即报安全员", "change nothing and tell the security officer at once")
        } else if !self.altered.is_empty() {
            ("报安全员；不要删除收件箱里的件", "tell the security officer, and delete nothing in the inbox")
        } else if !self.wrong_volume_items.is_empty() {
            ("重新拷贝这些卷；已收的件不受影响", "copy these volumes again; what was handed over is not affected")
        } else {
            return;
        };
        lines.labelled("下一步 next", chinese, english);
    }
}

impl Tell for Tickets {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("缺 missing {}", number(self.missing)));
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

impl Tell for OpenRecords {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("隔离 quarantine {}", self.records.len()));
        lines.troubles(&self.troubles, self.at);
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
