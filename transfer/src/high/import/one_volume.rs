//! One volume: its lines are judged, its items copied in batches, its heads taken over, its strays refused.

use std::collections::BTreeSet;
use std::path::PathBuf;

use nightsafe_schema::journal::{Entry, EntryFields, HeadFields, Seq, StreamId, VerifiedEntry};
use nightsafe_schema::signed::SignedLineError;
use nightsafe_schema::time::{Clock, Hour};

use super::{ImportError, ImportReport};
use crate::high::hand_over::{self, Copied, NotCopied};
use crate::high::holes::HoleReason;
use crate::high::judge::{FittingEntry, Judgement};
use crate::high::quarantine::record::Finding;
use crate::high::refusal::Refusal;
use crate::high::side::HighSide;
use crate::high::volume::Volume;
use crate::limits;

/// The import of one volume.
struct OneVolume<'a> {
    side: &'a mut HighSide,
    volume: &'a Volume,
    clock: &'a dyn Clock,
    report: &'a mut ImportReport,
    /// Items that a signed entry of this volume names.
    named: BTreeSet<String>,
    /// Places that are in the batch under way.
    pending: BTreeSet<(StreamId, Seq)>,
    batch: Vec<(FittingEntry, PathBuf)>,
    /// New quarantine records, and the bytes copied into them.
    records: usize,
    room: u64,
    /// Whether another look at the same volume could bring more.
    worth_another_look: bool,
}

impl HighSide {
    /// Imports a volume; true if it needs no second look.
    pub(super) fn import_volume(
        &mut self,
        volume: &Volume,
        clock: &dyn Clock,
        stop: &dyn Fn() -> bool,
        report: &mut ImportReport,
    ) -> Result<bool, ImportError> {
        report.volumes.push(volume.number.to_string());
        if !volume.is_whole {
            report.half_copied.push(volume.number.to_string());
        }
        let mut run = OneVolume {
            side: self,
            volume,
            clock,
            report,
            named: BTreeSet::new(),
            pending: BTreeSet::new(),
            batch: Vec::new(),
            records: 0,
            room: limits::QUARANTINE_BYTES,
            worth_another_look: !volume.is_whole,
        };
        for line in &volume.lines {
            if run.batch.len() >= limits::BATCH {
                run.hand_over_batch()?;
                if stop() {
                    run.report.interrupted = true;
                    return Ok(false);
                }
            }
            run.take_line(line)?;
        }
        run.hand_over_batch()?;
        for line in &volume.heads {
            run.take_head(line)?;
        }
        run.refuse_strays()?;
        Ok(!run.worth_another_look)
    }
}

impl OneVolume<'_> {
    fn take_line(&mut self, line: &[u8]) -> Result<(), ImportError> {
        let (entry, gateway) = match self.side.gateways.verify::<EntryFields>(line) {
            Ok(verified) => verified,
            Err(error) => return self.refuse_line(line, &error),
        };
        let (stream, seq) = (entry.fields().stream, entry.fields().seq);
        let name = entry.fields().item.file_name();
        self.named.insert(name.clone());
        if self.pending.contains(&(stream, seq)) {
            self.hand_over_batch()?;
        }
        let judged = self.side.inbox.judge(entry, &gateway, &self.side.gateways).map_err(ImportError::Judge)?;
        match judged {
            Judgement::Known => self.report.known += 1,
            Judgement::Fits(entry) => {
                self.pending.insert((stream, seq));
                self.batch.push((*entry, self.volume.item_path(&name)));
            }
            Judgement::Refused(why) => {
                let finding = self.finding(why, Some(stream), Some(seq), Some(name.clone()));
                let id = self.refuse(finding, Some(line), Some(&name))?;
                self.explain(stream, seq, id.map(|quarantine| HoleReason::Refused { quarantine }));
            }
        }
        Ok(())
    }

    fn hand_over_batch(&mut self) -> Result<(), ImportError> {
        self.pending.clear();
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let hour = Hour::containing(self.clock.now());
        let outcomes = hand_over::copy_all(self.side.inbox.items(), batch, hour).map_err(ImportError::HandOver)?;
        let mut copied = Vec::new();
        for outcome in outcomes {
            match outcome {
                Copied::Item(item) => copied.push(item),
                Copied::Not(entry, why) => self.not_copied(&entry, why)?,
            }
        }
        for entry in self.side.inbox.hand_over(copied).map_err(ImportError::HandOver)? {
            let fields = entry.fields();
            self.report.handed_over += 1;
            self.report.bytes += fields.size;
            tracing::debug!(stream = %fields.stream, seq = fields.seq.value(), "handed over");
            let healed = self.side.quarantine.heal(&entry, self.clock.now()).map_err(ImportError::Quarantine)?;
            self.report.healed += healed;
        }
        Ok(())
    }

    fn not_copied(&mut self, entry: &VerifiedEntry, why: NotCopied) -> Result<(), ImportError> {
        let (stream, seq) = (entry.fields().stream, entry.fields().seq);
        let volume = self.volume.number.to_string();
        let name = entry.fields().item.file_name();
        let reason = match why {
            NotCopied::Absent => HoleReason::WithoutItem { volume },
            NotCopied::HalfCopied => HoleReason::HalfCopied { volume },
            NotCopied::Unreadable => {
                self.worth_another_look = true;
                HoleReason::Unreadable { volume }
            }
            NotCopied::Differs => {
                let finding = self.finding(Refusal::BytesDiffer, Some(stream), Some(seq), Some(name.clone()));
                self.refuse(finding, Some(entry.line()), Some(&name))?;
                HoleReason::Differs { volume }
            }
            NotCopied::NameTaken => {
                let finding = self.finding(Refusal::ItemNameTaken, Some(stream), Some(seq), Some(name.clone()));
                match self.refuse(finding, Some(entry.line()), Some(&name))? {
                    Some(quarantine) => HoleReason::Refused { quarantine },
                    None => HoleReason::NotArrived,
                }
            }
        };
        self.explain(stream, seq, Some(reason));
        Ok(())
    }

    fn take_head(&mut self, line: &[u8]) -> Result<(), ImportError> {
        let fits = match self.side.gateways.verify::<HeadFields>(line) {
            Ok((head, gateway)) => {
                self.side.inbox.judge_head(&head, &gateway, &self.side.gateways).map_err(ImportError::Judge)?
            }
            Err(_) => false,
        };
        if !fits {
            let finding = self.finding(Refusal::BadHead, None, None, None);
            self.refuse(finding, Some(line), None)?;
        }
        Ok(())
    }

    /// A line that no gateway of the key ring signed.
    fn refuse_line(&mut self, line: &[u8], error: &SignedLineError) -> Result<(), ImportError> {
        let claimed = Entry::parse(line).ok();
        let stream = claimed.as_ref().map(|entry| entry.fields().stream);
        let seq = claimed.as_ref().map(|entry| entry.fields().seq);
        let is_known = stream.is_some_and(|stream| self.side.inbox.streams.contains_key(&stream));
        let why = match error {
            SignedLineError::Signature if is_known => Refusal::BadSignature,
            SignedLineError::Signature => Refusal::UnknownStream,
            _ => Refusal::NoEntry,
        };
        let finding = self.finding(why, stream, seq, None);
        self.refuse(finding, Some(line), None)?;
        Ok(())
    }

    /// Items that no signed entry of the volume names. A volume that is not whole may yet get their entries.
    fn refuse_strays(&mut self) -> Result<(), ImportError> {
        if self.volume.has_too_many_entries {
            let finding = self.finding(Refusal::TooManyEntries, None, None, None);
            self.refuse(finding, Some(self.volume.number.to_string().as_bytes()), None)?;
        }
        if !self.volume.is_whole || self.volume.has_too_many_entries {
            return Ok(());
        }
        for name in self.volume.items.keys() {
            if !self.named.contains(name) {
                let finding = self.finding(Refusal::ItemWithoutEntry, None, None, Some(name.clone()));
                self.refuse(finding, None, Some(name))?;
            }
        }
        Ok(())
    }

    /// Keeps a finding in quarantine, within bounds. Returns the id of a new record.
    fn refuse(
        &mut self,
        finding: Finding,
        line: Option<&[u8]>,
        item: Option<&str>,
    ) -> Result<Option<String>, ImportError> {
        if self.records >= limits::MOST_RECORDS {
            tracing::error!(volume = %self.volume.number, "more is wrong with the volume than is kept");
            return Ok(None);
        }
        let path = item.map(|name| self.volume.item_path(name));
        let kept = self
            .side
            .quarantine
            .keep(finding, line, path.as_deref(), self.clock.now(), self.room)
            .map_err(ImportError::Quarantine)?;
        let Some(record) = kept else { return Ok(None) };
        self.records += 1;
        self.room = self.room.saturating_sub(record.size.unwrap_or(0));
        let (finding, id) = (&record.finding, record.id.to_string());
        tracing::error!(id, volume = finding.volume, reason = finding.why.words().1, "quarantined");
        self.report.refused.push(record);
        Ok(Some(id))
    }

    fn finding(&self, why: Refusal, stream: Option<StreamId>, seq: Option<Seq>, item: Option<String>) -> Finding {
        Finding { why, volume: self.volume.number.to_string(), stream, seq, item }
    }

    fn explain(&mut self, stream: StreamId, seq: Seq, reason: Option<HoleReason>) {
        if let Some(known) = self.side.inbox.streams.get_mut(&stream)
            && let Some(reason) = reason
        {
            known.explain(seq, reason);
        }
    }
}
