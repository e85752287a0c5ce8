//! One volume: its lines are judged, its items copied in batches, its heads taken over, its strays refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nightsafe_schema::journal::{Entry, EntryFields, HeadFields, Seq, StreamId, VerifiedEntry};
use nightsafe_schema::signed::SignedLineError;
use nightsafe_schema::time::Hour;

use super::{ImportError, ImportReport, Stopped};
use crate::disk::Space;
use crate::high::hand_over::{self, Copied, NotCopied};
use crate::high::holes::HoleReason;
use crate::high::judge::{FittingEntry, HeadJudgement, Judgement};
use crate::high::quarantine::record::Finding;
use crate::high::refusal::Refusal;
use crate::high::seen::Ending;
use crate::high::side::HighSide;
use crate::high::volume::Volume;
use crate::limits;
use crate::supervision::Supervision;
use crate::trust::Verified;

/// The import of one volume.
struct OneVolume<'a> {
    side: &'a mut HighSide,
    volume: &'a Volume,
    around: Supervision<'a>,
    report: &'a mut ImportReport,
    /// Items that a signed entry of this volume names.
    named: BTreeSet<String>,
    /// Places that are in the batch under way.
    pending: BTreeSet<(StreamId, Seq)>,
    batch: Vec<(FittingEntry, PathBuf)>,
    batch_bytes: u64,
    /// New quarantine records, and the bytes that may still be copied into them.
    records: usize,
    room: u64,
    /// Whether everything in the volume was in order so far.
    is_clean: bool,
    /// Whether another look at the same volume could bring more.
    worth_another_look: bool,
}

impl HighSide {
    /// Imports a volume, as far as the inbox has room and nobody asks to stop.
    pub(super) fn import_volume(
        &mut self,
        volume: &Volume,
        around: Supervision<'_>,
        report: &mut ImportReport,
    ) -> Result<Ending, ImportError> {
        report.volumes.push(volume.number.to_string());
        self.seen.note_half_copied(volume.number, !volume.is_whole, around.clock.now());
        let verified = self.gateways.verify_all::<EntryFields>(&volume.lines);
        expect(volume, around);
        let mut run = OneVolume {
            side: self,
            volume,
            around,
            report,
            named: BTreeSet::new(),
            pending: BTreeSet::new(),
            batch: Vec::new(),
            batch_bytes: 0,
            records: 0,
            room: limits::QUARANTINE_BYTES,
            is_clean: volume.is_whole,
            worth_another_look: !volume.is_whole,
        };
        for (line, verified) in volume.lines.iter().zip(verified) {
            if run.batch.len() >= limits::BATCH || run.batch_bytes >= limits::BATCH_BYTES {
                run.hand_over_batch()?;
            }
            if run.has_ended() {
                return Ok(Ending::AnotherLook);
            }
            run.take_line(line, verified)?;
        }
        run.hand_over_batch()?;
        if run.has_ended() {
            return Ok(Ending::AnotherLook);
        }
        for line in &volume.heads {
            run.take_head(line)?;
        }
        run.refuse_strays()?;
        Ok(match (run.worth_another_look, run.is_clean) {
            (true, _) => Ending::AnotherLook,
            (false, false) => Ending::Through,
            (false, true) => Ending::Clean,
        })
    }
}

/// Tells whoever watches what the volume holds.
fn expect(volume: &Volume, around: Supervision<'_>) {
    let bytes = volume.items.values().fold(0_u64, |sum, item| sum.saturating_add(item.size));
    around.progress.expect(volume.lines.len() as u64, bytes);
    let now = u64::try_from(around.clock.now().as_second()).unwrap_or(0);
    if let Some(oldest) = volume.items.values().map(|item| item.modified).min() {
        around.progress.oldest(now.saturating_sub(oldest));
    }
}

impl OneVolume<'_> {
    /// Whether the run ends in the middle of this volume.
    fn has_ended(&mut self) -> bool {
        self.report.interrupted |= self.batch.is_empty() && (self.around.stop)();
        self.report.interrupted || self.report.stopped.is_some()
    }

    fn take_line(&mut self, line: &[u8], verified: Verified<EntryFields>) -> Result<(), ImportError> {
        let (entry, gateway) = match verified {
            Ok(verified) => verified,
            Err(error) => {
                self.around.progress.one();
                return self.refuse_line(line, &error);
            }
        };
        let (stream, seq, size) = (entry.fields().stream, entry.fields().seq, entry.fields().size);
        let name = entry.fields().item.file_name();
        self.named.insert(name.clone());
        if self.pending.contains(&(stream, seq)) {
            self.hand_over_batch()?;
        }
        let judged = self.side.inbox.judge(entry, &gateway, &self.side.gateways).map_err(ImportError::Judge)?;
        match judged {
            Judgement::Known => {
                self.around.progress.one_without_copying(size);
                self.report.known += 1;
            }
            Judgement::Fits(entry) => {
                self.pending.insert((stream, seq));
                self.batch_bytes = self.batch_bytes.saturating_add(size);
                self.batch.push((*entry, self.volume.item_path(&name)));
            }
            Judgement::Refused(why) => {
                self.around.progress.one();
                let finding = self.finding(why, Some(stream), Some(seq), Some(name.clone()));
                let path = self.volume.item_path(&name);
                let id = self.refuse(finding, Some(line), Some(&path))?;
                self.explain(stream, seq, id.map(|quarantine| HoleReason::Refused { quarantine }));
            }
        }
        Ok(())
    }

    fn hand_over_batch(&mut self) -> Result<(), ImportError> {
        self.pending.clear();
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        let batch = self.as_fits_the_inbox(batch);
        if batch.is_empty() {
            return Ok(());
        }
        let now = self.around.clock.now();
        let outcomes = hand_over::copy_all(self.side.inbox.items(), batch, Hour::containing(now), self.around.progress)
            .map_err(ImportError::HandOver)?;
        let mut copied = Vec::new();
        let mut not_copied = Vec::new();
        for outcome in outcomes {
            match outcome {
                Copied::Item(item) => copied.push(item),
                Copied::Not(entry, why) => not_copied.push((entry, why)),
            }
        }
        for entry in self.side.inbox.hand_over(copied).map_err(ImportError::HandOver)? {
            let fields = entry.fields();
            self.report.handed_over += 1;
            self.report.bytes += fields.size;
            tracing::debug!(stream = %fields.stream, seq = fields.seq.value(), "handed over");
            let healed = self.side.quarantine.heal(&entry, now).map_err(ImportError::Quarantine)?;
            self.report.healed += healed;
        }
        not_copied.iter().try_for_each(|(entry, why)| self.not_copied(entry, *why))
    }

    /// The beginning of a batch that the inbox has room for. If something is left over, the run ends with it.
    fn as_fits_the_inbox(&mut self, mut batch: Vec<(FittingEntry, PathBuf)>) -> Vec<(FittingEntry, PathBuf)> {
        // A file system that does not say how much room it has is tried.
        let Some(space) = Space::of(self.side.inbox.items()) else { return batch };
        let mut left = space.free.saturating_sub(limits::RESERVE_BYTES);
        let mut fits = |(entry, _): &(FittingEntry, PathBuf)| {
            let cost = space.cost(entry.entry().fields().size);
            let fits = cost <= left;
            left = left.saturating_sub(cost);
            fits
        };
        if let Some(first) = batch.iter().position(|one| !fits(one)) {
            let needed = batch.get(first).map_or(0, |(entry, _)| entry.entry().fields().size);
            self.report.stopped = Some(Stopped::InboxFull { free: space.free, needed });
            batch.truncate(first);
        }
        batch
    }

    fn not_copied(&mut self, entry: &VerifiedEntry, why: NotCopied) -> Result<(), ImportError> {
        let (stream, seq) = (entry.fields().stream, entry.fields().seq);
        let volume = self.volume.number.to_string();
        let name = entry.fields().item.file_name();
        let path = self.volume.item_path(&name);
        self.is_clean = false;
        let reason = match why {
            // It was there a moment ago: the medium is being pulled.
            NotCopied::Absent if self.volume.items.contains_key(&name) => {
                self.worth_another_look = true;
                HoleReason::Unreadable { volume }
            }
            NotCopied::Absent => HoleReason::WithoutItem { volume },
            NotCopied::NoFile => HoleReason::NoFile { volume },
            NotCopied::HalfCopied => HoleReason::HalfCopied { volume },
            NotCopied::Unreadable => {
                self.worth_another_look = true;
                HoleReason::Unreadable { volume }
            }
            NotCopied::Differs => {
                let finding = self.finding(Refusal::BytesDiffer, Some(stream), Some(seq), Some(name.clone()));
                self.refuse(finding, Some(entry.line()), Some(&path))?;
                HoleReason::Differs { volume }
            }
            NotCopied::NameTaken => {
                let finding = self.finding(Refusal::ItemNameTaken, Some(stream), Some(seq), Some(name.clone()));
                match self.refuse(finding, Some(entry.line()), Some(&path))? {
                    Some(quarantine) => HoleReason::Refused { quarantine },
                    None => HoleReason::NotArrived,
                }
            }
        };
        self.explain(stream, seq, Some(reason));
        Ok(())
    }

    fn take_head(&mut self, line: &[u8]) -> Result<(), ImportError> {
        let judged = match self.side.gateways.verify::<HeadFields>(line) {
            Ok((head, gateway)) => {
                self.side.inbox.judge_head(&head, &gateway, &self.side.gateways).map_err(ImportError::Judge)?
            }
            Err(_) => HeadJudgement::Contradiction,
        };
        match judged {
            HeadJudgement::Newer => self.report.newer_heads += 1,
            HeadJudgement::Known => {}
            HeadJudgement::Contradiction => {
                let finding = self.finding(Refusal::BadHead, None, None, None);
                self.refuse(finding, Some(line), None)?;
            }
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
        for (name, file) in &self.volume.items {
            if !self.named.contains(name) {
                let finding = self.finding(Refusal::ItemWithoutEntry, None, None, Some(name.clone()));
                self.refuse(finding, None, Some(&file.path))?;
            }
        }
        for (name, path) in &self.volume.foreign {
            let finding = self.finding(Refusal::ForeignFile, None, None, Some(name.clone()));
            self.refuse(finding, None, Some(path))?;
        }
        Ok(())
    }

    /// Keeps a finding in quarantine, within bounds. Returns the id of a new record.
    fn refuse(
        &mut self,
        finding: Finding,
        line: Option<&[u8]>,
        item: Option<&Path>,
    ) -> Result<Option<String>, ImportError> {
        self.is_clean = false;
        if self.records >= limits::MOST_RECORDS {
            tracing::error!(volume = %self.volume.number, "more is wrong with the volume than is kept");
            return Ok(None);
        }
        let now = self.around.clock.now();
        let room = self.room.min(limits::LARGEST_RECORD);
        let kept = self.side.quarantine.keep(finding, line, item, now, room).map_err(ImportError::Quarantine)?;
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
