//! Numbers for monitoring: one Prometheus text file, replaced as a whole (UX section 4). There is no port.
//!
//! A program such as node_exporter's textfile collector reads it; the file is readable by its group.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::durable_file::{DurableError, NewFile, Step};

/// Every metric this program knows: name and help. The last two belong to the one-way link.
pub(crate) const ALL: [(&str, &str); 11] = [
    (QUEUE_ITEMS, "Items that wait: low side, for a volume; high side, in the inbox for internal."),
    (QUEUE_OLDEST_SECONDS, "Age of the oldest waiting item, to the hour."),
    (SEQ_SENT, "Last place of a stream that a volume holds."),
    (SEQ_RECEIVED, "Last place of a stream that was handed over."),
    (MISSING_ITEMS, "Places that exist and have not come."),
    (QUARANTINE_ITEMS, "Open quarantine records; low side: open flaws of the outbox."),
    (KEY_DAYS_LEFT, "Whole days until the key ring in use ends."),
    (LAST_SUCCESS, "When a run last ended with everything in order."),
    (DISK_FREE_RATIO, "Free part of the disk or medium that holds a folder."),
    (REPAIR_RATIO, "Part of the data shards of whole blocks that parity restored."),
    (DATAGRAMS_LOST, "Datagrams of the one-way link that were lost before they reached this machine, and here."),
];

pub(crate) const QUEUE_ITEMS: &str = "nightsafe_transfer_queue_items";
pub(crate) const QUEUE_OLDEST_SECONDS: &str = "nightsafe_transfer_queue_oldest_seconds";
pub(crate) const SEQ_SENT: &str = "nightsafe_transfer_seq_sent";
pub(crate) const SEQ_RECEIVED: &str = "nightsafe_transfer_seq_received";
pub(crate) const MISSING_ITEMS: &str = "nightsafe_transfer_missing_items";
pub(crate) const QUARANTINE_ITEMS: &str = "nightsafe_transfer_quarantine_items";
pub(crate) const KEY_DAYS_LEFT: &str = "nightsafe_transfer_key_days_left";
pub(crate) const LAST_SUCCESS: &str = "nightsafe_transfer_last_success_timestamp_seconds";
pub(crate) const DISK_FREE_RATIO: &str = "nightsafe_transfer_disk_free_ratio";
pub(crate) const REPAIR_RATIO: &str = "nightsafe_transfer_repair_ratio";
pub(crate) const DATAGRAMS_LOST: &str = "nightsafe_transfer_datagrams_lost";

/// The values of one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Vec<Sample>);

#[derive(Clone, Debug)]
struct Sample {
    name: &'static str,
    label: Option<(&'static str, String)>,
    value: String,
}

impl Metrics {
    /// Adds a whole number.
    pub(crate) fn count(&mut self, name: &'static str, value: impl Into<i128>) {
        self.0.push(Sample { name, label: None, value: value.into().to_string() });
    }

    /// Adds a whole number of a stream.
    pub(crate) fn of_stream(&mut self, name: &'static str, stream8: String, value: u64) {
        self.0.push(Sample { name, label: Some(("stream", stream8)), value: value.to_string() });
    }

    /// Adds how much of a folder's file system is free; nothing if the folder is not there.
    pub(crate) fn disk(&mut self, folder: &'static str, space: Option<crate::disk::Space>) {
        if let Some(space) = space {
            let label = Some(("folder", folder.to_owned()));
            self.0.push(Sample { name: DISK_FREE_RATIO, label, value: format!("{:.4}", space.free_ratio()) });
        }
    }

    /// Adds a part of a whole.
    pub(crate) fn ratio(&mut self, name: &'static str, value: f64) {
        self.0.push(Sample { name, label: None, value: format!("{value:.4}") });
    }

    /// Adds a whole number with a label.
    pub(crate) fn labelled(&mut self, name: &'static str, (key, label): (&'static str, &str), value: u64) {
        self.0.push(Sample { name, label: Some((key, label.to_owned())), value: value.to_string() });
    }

    /// Adds an instant, if there is one.
    pub(crate) fn instant(&mut self, name: &'static str, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.count(name, at.as_second());
        }
    }

    /// The text, metric by metric in the order of [`ALL`].
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (name, help) in ALL {
            let mut samples = self.0.iter().filter(|sample| sample.name == name).peekable();
            if samples.peek().is_none() {
                continue;
            }
            // Writing into a String cannot fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
            for sample in samples {
                let label =
                    sample.label.as_ref().map_or_else(String::new, |(key, value)| format!("{{{key}=\"{value}\"}}"));
                let _ = writeln!(text, "{name}{label} {}", sample.value);
            }
        }
        text
    }

    /// Replaces the file at `path`; a reader sees the old text or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), DurableError> {
        let mut file = NewFile::create(path)?;
        let written = file.write_all(self.text().as_bytes()).and_then(|()| file.share_with_group());
        written.map_err(|source| DurableError::Step { step: Step::Write, path: path.to_owned(), source })?;
        file.commit_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_grouped_by_metric_and_in_order() {
        let mut metrics = Metrics::default();
        metrics.of_stream(SEQ_SENT, "01010101".to_owned(), 3);
        metrics.count(QUEUE_ITEMS, 7);
        metrics.of_stream(SEQ_SENT, "02020202".to_owned(), 4);
        let text = metrics.text();
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                "nightsafe_transfer_queue_items 7",
                "nightsafe_transfer_seq_sent{stream=\"01010101\"} 3",
                "nightsafe_transfer_seq_sent{stream=\"02020202\"} 4",
            ]
        );
        assert_eq!(text.matches("# TYPE").count(), 2);
    }
}
