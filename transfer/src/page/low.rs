//! What the low side says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightsafe_schema::item::ItemId;
use serde::Serialize;

use super::{Lines, Tell, number, size};
use crate::low::acknowledge::AcknowledgeReport;
use crate::low::export::ExportReport;
use crate::low::flaw::NotedFlaw;
use crate::low::resend::ResendReport;
use crate::low::send::SendReport;
use crate::low::settle::Settled;
use crate::low::verify::LowVerification;
use crate::trouble::Troubles;

/// Flaws of the outbox, for `quarantine list`.
#[derive(Debug, Serialize)]
pub(crate) struct OutboxFlaws {
    pub(crate) at: Timestamp,
    pub(crate) flaws: Vec<NotedFlaw>,
    pub(crate) strays: BTreeMap<ItemId, Timestamp>,
    pub(crate) troubles: Troubles,
}

impl Tell for OutboxFlaws {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("异常 flaws {}", self.flaws.len() + self.strays.len()));
        lines.troubles(&self.troubles, self.at);
    }
}

impl Tell for Settled {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("处理完毕 settled {}", self.id));
    }
}

impl Tell for ExportReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "卷 volumes {}   件 items {}   {}   待发 queue {}",
            self.volumes.len(),
            number(self.items),
            size(self.bytes),
            number(self.waiting)
        ));
        lines.each(&self.volumes, |lines, volume| lines.line(volume));
        lines.troubles(&self.troubles, self.at);
    }
}

impl Tell for SendReport {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!(
            "已发 sent {} 件 items   {}   线上 on the line {}   待发 queue {}",
            number(self.entries),
            size(self.bytes),
            size(self.wire_bytes),
            number(self.waiting)
        ));
        lines.troubles(&self.troubles, self.at);
    }
}

impl Tell for LowVerification {
    fn tell(&self, lines: &mut Lines) {
        lines.headline(&format!("条目 entries {}   件 items {}", number(self.entries), number(self.items)));
        lines.troubles(&self.troubles, self.at);
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
