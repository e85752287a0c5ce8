//! What the low side says.

use serde::Serialize;

use super::{Lines, Tell, number, size};
use crate::low::acknowledge::AcknowledgeReport;
use crate::low::export::{ExportReport, HeldEntry};
use crate::low::flaw::Flaw;
use crate::low::resend::ResendReport;
use crate::low::status::LowStatus;
use crate::low::verify::LowVerification;

/// Flaws of the outbox, for `quarantine`.
#[derive(Debug, Serialize)]
pub(crate) struct Flaws {
    pub(crate) flaws: Vec<Flaw>,
}

impl Tell for Flaws {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("异常 flaws {}", self.flaws.len()));
        for one in &self.flaws {
            flaw(lines, one);
        }
    }
}

impl Tell for ExportReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "卷 volumes {}   件 items {}   {}",
            self.volumes.len(),
            number(self.items),
            size(self.bytes)
        ));
        lines.each(&self.volumes, |lines, volume| lines.line(volume));
        troubles(lines, &self.held, &self.flaws);
    }
}

impl Tell for LowStatus {
    fn tell(&self, lines: &mut Lines) {
        let oldest = self.oldest_hours.map_or_else(|| "-".to_owned(), |hours| format!("{hours} h"));
        let resend: u64 = self.streams.iter().map(|stream| stream.resend).sum();
        lines.headline(&format!("待发 queue {}   最早 oldest {oldest}", number(self.waiting)));
        lines.line(&format!("待发 queue  {} 件 items, {}", number(self.waiting), size(self.waiting_bytes)));
        if resend > 0 {
            lines.line(&format!("重发 resend  {} 件 items", number(resend)));
        }
        lines.each(&self.streams, |lines, stream| {
            lines.line(&format!(
                "流 stream {}  已发 sent {}  已收讫 acked {}",
                stream.stream.short(),
                number(stream.exported),
                number(stream.acknowledged)
            ));
        });
        match self.medium_used_percent {
            Some(percent) => lines.line(&format!("介质 medium  {percent} %")),
            None => lines.labelled("介质 medium", "不在；插入介质", "not there; insert the medium"),
        }
        lines.line(&self.ring.line());
        troubles(lines, &self.held, &self.flaws);
        if self.waiting > 0 || resend > 0 {
            lines.labelled("下一步 next", "nightsafe-transfer export", "nightsafe-transfer export");
        }
    }
}

impl Tell for LowVerification {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("条目 entries {}   件 items {}", number(self.entries), number(self.items)));
        troubles(lines, &self.wrong, &self.flaws);
        lines.each(&self.stray, |lines, item| {
            lines.labelled(&format!("件 item {item}"), "没有条目，不会发出", "no entry names it; it is not exported");
        });
    }
}

impl Tell for ResendReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("排队 queued {}", number(self.queued)));
        if self.forgotten > 0 {
            let count = number(self.forgotten);
            lines.labelled(
                "已收讫 acked",
                &format!("{count} 件高侧早已收讫并已删除，无法重发"),
                &format!("{count} were acknowledged and deleted earlier and cannot be sent again"),
            );
        }
        lines.labelled("下一步 next", "nightsafe-transfer export", "nightsafe-transfer export");
    }
}

impl Tell for AcknowledgeReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "流 stream {}   已收讫 acked {}   删除 deleted {}",
            self.stream.short(),
            number(self.acknowledged),
            number(self.deleted)
        ));
    }
}

fn troubles(lines: &mut Lines, held: &[HeldEntry], flaws: &[Flaw]) {
    lines.each(held, |lines, held| {
        let (chinese, english) = held.why.words();
        lines.labelled(&format!("未发 held {} {}", held.stream.short(), number(held.seq)), chinese, english);
    });
    lines.each(flaws, flaw);
}

fn flaw(lines: &mut Lines, flaw: &Flaw) {
    let (chinese, english) = flaw.kind.words();
    lines.labelled(&format!("异常 flaw {}", flaw.id()), chinese, english);
}
