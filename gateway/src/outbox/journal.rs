//! The journal's one writer: numbers, signs and chains what many requests have placed, with one flush for all of them.
//!
//! Requests hand their items over through a bounded channel and wait. The writer takes whatever waits, flushes the
//! items' folder once, appends their lines, flushes the file once, then answers all. The folder goes first: a line whose
//! item a power cut could still take away would be a hole that nothing can fill.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};

use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::failpoint;
use nightsafe_schema::journal::{ChainEnd, ChainError, EntryFields, HeadFields};
use nightsafe_schema::signed::SignedLineError;
use nightsafe_schema::time::{Clock, Hour};
use tokio::sync::oneshot;

use super::stream_file::{StreamFile, replace_head};
use super::{OutboxFolders, PlacedItem, failpoints};
use crate::credentials::JournalSigner;
use crate::limits;

/// The way to the writer. Clones share it; the writer ends when the last one is gone.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    requests: SyncSender<Request>,
}

/// Why items were not journalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JournalError {
    /// No line names them, now or later: they may be removed.
    #[error("the items were not journalled")]
    Refused,
    /// The disk would not say whether a line reached it: they must stay, for their lines are written again.
    #[error("nobody knows whether the items were journalled")]
    Unknown,
}

/// Everything one submission asks for.
#[derive(Debug)]
struct Request {
    items: Vec<PlacedItem>,
    answer: oneshot::Sender<Result<(), JournalError>>,
}

/// The writer, before it runs.
pub(crate) struct JournalWriter {
    file: StreamFile,
    signer: JournalSigner,
    folders: OutboxFolders,
    clock: Arc<dyn Clock>,
    requests: Receiver<Request>,
    doubtful: Option<Lines>,
    head_hour: Option<Hour>,
}

/// The signed lines of one batch.
#[derive(Debug)]
struct Lines {
    /// Where in the file they begin.
    from: u64,
    texts: Vec<Vec<u8>>,
    /// The chain's end after them.
    chain: ChainEnd,
}

/// Why the writer stopped working on a batch.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    #[error("the outbox cannot be flushed")]
    Items(#[source] DurableError),
    #[error("a line cannot be signed")]
    Sign(#[source] SignedLineError),
    #[error("the stream has no place left")]
    Full(#[source] ChainError),
    #[error("a line cannot be appended")]
    Append(#[source] DurableError),
    #[error("the journal cannot be flushed")]
    Flush(#[source] DurableError),
    #[error("the journal cannot be put back as it was")]
    Undo(#[source] DurableError),
    #[error("what was written before is still in doubt")]
    Unsettled(#[source] Box<BatchError>),
}

impl BatchError {
    /// What those who wait are told.
    fn answer(&self) -> JournalError {
        match self {
            Self::Items(_) | Self::Sign(_) | Self::Full(_) | Self::Append(_) | Self::Unsettled(_) => {
                JournalError::Refused
            }
            Self::Flush(_) | Self::Undo(_) => JournalError::Unknown,
        }
    }
}

impl Journal {
    /// Waits until the items' lines are on the disk.
    pub(crate) async fn record(&self, items: Vec<PlacedItem>) -> Result<(), JournalError> {
        let (answer, answered) = oneshot::channel();
        match self.requests.try_send(Request { items, answer }) {
            Ok(()) => answered.await.unwrap_or(Err(JournalError::Unknown)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(JournalError::Refused),
        }
    }
}

impl JournalWriter {
    /// A writer at the end of `file`, and the way to it.
    pub(crate) fn new(
        file: StreamFile,
        signer: JournalSigner,
        folders: OutboxFolders,
        clock: Arc<dyn Clock>,
    ) -> (Self, Journal) {
        let (sender, requests) = sync_channel(limits::WAITING);
        let writer = Self { file, signer, folders, clock, requests, doubtful: None, head_hour: None };
        (writer, Journal { requests: sender })
    }

    /// Works until the last [`Journal`] is gone. Blocks.
    pub(crate) fn run(mut self) {
        self.write_due_head();
        loop {
            match self.requests.recv_timeout(limits::HEAD_TICK) {
                Ok(first) => self.serve(first),
                // If this fails it is tried again before the next batch.
                Err(RecvTimeoutError::Timeout) => drop(self.settle()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.write_due_head();
        }
        // If this fails the next start reads the file and knows.
        drop(self.settle());
        self.write_head(Hour::containing(self.clock.now()));
    }

    /// Journals what waits, up to a batch, and answers it.
    fn serve(&mut self, first: Request) {
        let mut batch = vec![first];
        batch.extend(self.requests.try_iter().take(limits::JOURNAL_BATCH - 1));
        let outcome = self.commit(&batch).map_err(|error| {
            tracing::error!(alarm = "journal", error = &error as &dyn std::error::Error, "reports were refused");
            error.answer()
        });
        for mut request in batch {
            if outcome != Err(JournalError::Refused) {
                request.items.iter_mut().for_each(PlacedItem::keep);
            }
            // Whoever waited may be gone; the item is journalled all the same and a retry gets the same number.
            let _ = request.answer.send(outcome);
        }
    }

    fn commit(&mut self, batch: &[Request]) -> Result<(), BatchError> {
        self.settle()?;
        durable_file::sync_folder(self.folders.items()).map_err(BatchError::Items)?;
        failpoint::hit(failpoints::ITEMS_SYNCED);
        let lines = self.sign(batch)?;
        match self.write(&lines) {
            Ok(()) => {
                self.file.end.chain = lines.chain;
                self.hide_minutes([self.file.lines.path(), self.folders.items()]);
                Ok(())
            }
            Err(error) => {
                if error.answer() == JournalError::Unknown {
                    self.doubtful = Some(lines);
                }
                Err(error)
            }
        }
    }

    /// Lines of which the disk would not say whether it has them are written once more, byte for byte: a reader may have
    /// seen them, so nothing else may ever stand in their place. Until that succeeds nothing new is journalled.
    fn settle(&mut self) -> Result<(), BatchError> {
        let Some(lines) = self.doubtful.take() else { return Ok(()) };
        let back = self.file.lines.truncate_to(lines.from).map_err(BatchError::Undo);
        match back.and_then(|()| self.write(&lines)) {
            Ok(()) => {
                self.file.end.chain = lines.chain;
                tracing::info!("the journal is known again");
                Ok(())
            }
            Err(error) => {
                self.doubtful = Some(lines);
                Err(BatchError::Unsettled(Box::new(error)))
            }
        }
    }

    fn sign(&self, batch: &[Request]) -> Result<Lines, BatchError> {
        let mut lines = Lines { from: self.file.lines.length(), texts: Vec::new(), chain: self.file.end.chain };
        for item in batch.iter().flat_map(|request| &request.items) {
            let seq = lines.chain.next_seq().map_err(BatchError::Full)?;
            let fields = EntryFields {
                stream: self.file.end.stream,
                seq,
                item: item.item,
                size: item.size,
                sha256: item.sha256,
                class: item.class,
                prev: lines.chain.digest,
            };
            let entry = self.signer.sign(fields).map_err(BatchError::Sign)?;
            lines.texts.push(entry.line().to_vec());
            lines.chain = ChainEnd { last: Some(seq), digest: entry.digest() };
        }
        Ok(lines)
    }

    /// All of the lines reach the disk, or the file is as before, or nobody knows.
    fn write(&mut self, lines: &Lines) -> Result<(), BatchError> {
        for text in &lines.texts {
            if let Err(error) = self.file.lines.append(text) {
                self.file.lines.truncate_to(lines.from).map_err(BatchError::Undo)?;
                return Err(BatchError::Append(error));
            }
        }
        failpoint::hit(failpoints::LINE_APPENDED);
        self.file.lines.sync().map_err(BatchError::Flush)?;
        failpoint::hit(failpoints::JOURNAL_SYNCED);
        Ok(())
    }

    fn write_due_head(&mut self) {
        let hour = Hour::containing(self.clock.now());
        if self.head_hour != Some(hour) {
            self.write_head(hour);
        }
    }

    /// A head that cannot be written is tried again at the next tick; a missing one is an alarm inside.
    fn write_head(&mut self, hour: Hour) {
        let chain = self.file.end.chain;
        let seq = chain.last.map_or(0, nightsafe_schema::journal::Seq::value);
        let fields = HeadFields { stream: self.file.end.stream, seq, sha256: chain.digest, hour };
        let written = self
            .signer
            .sign(fields)
            .map_err(BatchError::Sign)
            .and_then(|head| replace_head(&self.file.head_path, &head).map_err(BatchError::Append));
        match written {
            Ok(()) => {
                self.head_hour = Some(hour);
                self.hide_minutes([&self.file.head_path, self.folders.journal()]);
            }
            Err(error) => {
                tracing::error!(alarm = "head", error = &error as &dyn std::error::Error, "the head was not written");
            }
        }
    }

    /// Cuts the times of these files and folders to the hour, so that a seized disk tells no minute.
    fn hide_minutes(&self, changed: [&Path; 2]) {
        let hour = Hour::containing(self.clock.now());
        for path in changed {
            // Best effort: a time that stays costs privacy of a minute, not a report.
            let _ = File::open(path).and_then(|file| durable_file::truncate_times(&file, hour));
        }
    }
}

#[cfg(test)]
mod tests;
