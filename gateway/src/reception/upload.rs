//! The attachments of one submission as they come in (DESIGN section 3).
//!
//! ```text
//! Upload ──begin──▶ Arriving ──receive*──▶ Arriving ──finish──▶ Upload with one ReceivedAttachment more ──▶ Attachments
//!                      │
//!                      └─ batches of bytes ─▶ SealingLane: a thread that hashes, seals and writes while more arrives
//! ```
//!
//! Every check comes before the bytes it is about are sealed: position and claims with the part's head, the kind with
//! its first bytes, sizes with each batch. Whoever drops an upload, at whatever stage, drops its files with it.

mod lane;
mod sealing;
mod waiting;

use std::sync::Arc;

use nightsafe_schema::catalog::{AttachmentKind, AttachmentRules, FieldProblem, ProblemCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::intake::IntakeAttachment;
use nightsafe_schema::media::ENOUGH;
use nightsafe_schema::time::Hour;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use self::lane::SealingLane;
use self::sealing::{Sealed, SealingFault};
pub(crate) use self::waiting::{NotHere, Turns, WaitingAttachment};
use super::Reception;
use super::workers::DroppedAside;
use crate::http::{FieldError, Problem, ProblemKind};
use crate::limits;
use crate::multipart::PartHead;
use crate::outbox::StagedItem;

/// One of the few places for uploads; held as long as anything of the upload is.
#[derive(Debug)]
pub(crate) struct UploadPlace {
    _permit: OwnedSemaphorePermit,
}

/// A submission's attachments while more may come.
pub(crate) struct Upload<'c> {
    reception: Arc<Reception>,
    rules: AttachmentRules<'c>,
    received: Attachments,
    /// Attachments that came before this upload.
    before: usize,
    total: u64,
}

/// One attachment of which bytes arrive.
pub(crate) struct Arriving<'c> {
    upload: Upload<'c>,
    name: String,
    lane: SealingLane,
    /// What arrived and has not been handed to the lane.
    batch: Vec<u8>,
    /// Known once enough has arrived.
    kind: Option<&'c AttachmentKind>,
    length: u64,
}

/// All attachments of a submission, sealed and on the disk.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    list: Vec<ReceivedAttachment>,
    place: Option<UploadPlace>,
    turn: Option<Turn>,
}

/// The right to send a submission whose attachments wait in the staging folder: two presses of one button take turns.
#[derive(Debug)]
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<()>,
}

/// One attachment, sealed and on the disk.
#[derive(Debug)]
struct ReceivedAttachment {
    facts: IntakeAttachment,
    /// None for one that an earlier sending of the same form has taken to the outbox.
    staged: Option<DroppedAside<StagedItem>>,
}

impl Reception {
    /// A place for an upload, asked for before its body is read; a late 503 helps nobody.
    pub(crate) fn upload_place(&self) -> Result<UploadPlace, ProblemKind> {
        let permit = Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| ProblemKind::Busy)?;
        Ok(UploadPlace { _permit: permit })
    }

    /// Begins the attachments of a submission of this flow.
    pub(crate) fn upload<'c>(self: &Arc<Self>, place: UploadPlace, rules: AttachmentRules<'c>) -> Upload<'c> {
        let received = Attachments { list: Vec::new(), place: Some(place), turn: None };
        Upload { reception: Arc::clone(self), rules, received, before: 0, total: 0 }
    }
}

impl<'c> Upload<'c> {
    /// A part begins: its position and its claims are checked.
    pub(crate) async fn begin(self, head: &PartHead) -> Result<Arriving<'c>, Problem> {
        let name = head.file_name.as_deref().unwrap_or_default();
        let position = self.position();
        self.rules.position(position).map_err(refusal)?;
        let claimed = self.rules.declared(position, name, head.content_type.as_deref().unwrap_or_default());
        claimed.map_err(refusal)?;
        let lane = SealingLane::begin(&self.reception).await?;
        Ok(Arriving {
            upload: self,
            // A longer name would take the report's room in its item.
            name: name.chars().take(limits::FILE_NAME).collect(),
            lane,
            batch: Vec::with_capacity(limits::UPLOAD_BATCH),
            kind: None,
            length: 0,
        })
    }

    /// What came before on other requests counts too: so many attachments, so many bytes.
    pub(crate) fn after(self, count: usize, bytes: u64) -> Self {
        Self { before: count, total: bytes, ..self }
    }

    /// No more will come.
    pub(crate) fn end(self) -> Attachments {
        self.received
    }

    /// Counts from 1.
    fn position(&self) -> usize {
        self.before + self.received.list.len() + 1
    }
}

impl<'c> Arriving<'c> {
    /// Takes more bytes. Waits while the lane is behind, so that the client is slowed to what the disk takes.
    pub(crate) async fn receive(&mut self, mut bytes: &[u8]) -> Result<(), Problem> {
        while !bytes.is_empty() {
            let room = limits::UPLOAD_BATCH.saturating_sub(self.batch.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.batch.extend_from_slice(now);
            self.length += now.len() as u64;
            self.check()?;
            if self.batch.len() >= limits::UPLOAD_BATCH {
                let batch = std::mem::take(&mut self.batch);
                self.batch = self.lane.hand_over(batch).await?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// The part has ended: waits until the sealed file is on the disk.
    pub(crate) async fn finish(mut self) -> Result<Upload<'c>, Problem> {
        let kind = self.kind()?;
        self.upload.rules.length(self.upload.position(), kind, self.length).map_err(refusal)?;
        let media_type = kind.media_types.first().cloned().unwrap_or_default();
        let hour = Hour::containing(self.upload.reception.now());
        let Sealed { staged, facts } = self.lane.finish(self.batch, hour).await?;
        let facts = IntakeAttachment {
            item: facts.item,
            name: self.name,
            media_type,
            length: facts.length,
            sha256: facts.sha256,
            item_sha256: facts.item_sha256,
        };
        let mut upload = self.upload;
        upload.total += self.length;
        upload.received.list.push(ReceivedAttachment { facts, staged: Some(staged) });
        Ok(upload)
    }

    fn check(&mut self) -> Result<(), Problem> {
        if self.kind.is_none() && self.batch.len() >= ENOUGH {
            self.kind()?;
        }
        let (rules, position) = (self.upload.rules, self.upload.position());
        if let Some(kind) = self.kind {
            rules.length(position, kind, self.length).map_err(refusal)?;
        }
        rules.total(self.upload.total + self.length).map_err(refusal)
    }

    /// The kind, by what has arrived: nothing has been handed over before it is known.
    fn kind(&mut self) -> Result<&'c AttachmentKind, Problem> {
        if let Some(kind) = self.kind {
            return Ok(kind);
        }
        let start = self.batch.get(..ENOUGH).unwrap_or(&self.batch);
        let kind = self.upload.rules.content(self.upload.position(), start).map_err(refusal)?;
        Ok(self.kind.insert(kind))
    }
}

impl Attachments {
    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    /// What goes into the report item.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &IntakeAttachment> {
        self.list.iter().map(|attachment| &attachment.facts)
    }

    /// The digests of their contents, in order.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.facts().map(|facts| facts.sha256).collect()
    }

    /// To be held until what they belong to is acknowledged.
    pub(super) fn take_turn(&mut self) -> Option<Turn> {
        self.turn.take()
    }

    /// The sealed files, and the place that is free once they are placed.
    pub(super) fn into_staged(self) -> (Vec<StagedItem>, Option<UploadPlace>) {
        let staged = self.list.into_iter().filter_map(|attachment| attachment.staged?.into_inner());
        (staged.collect(), self.place)
    }
}

/// Too much is 413, everything else that people can mend is 422.
fn refusal(problem: FieldProblem) -> Problem {
    let kind = match problem.code {
        ProblemCode::TooLarge => ProblemKind::TooLarge,
        _ => ProblemKind::Fields,
    };
    Problem::of_fields(kind, vec![FieldError::from(problem)])
}

impl From<SealingFault> for Problem {
    /// Nobody outside learns more than that it was not taken.
    fn from(fault: SealingFault) -> Self {
        fault.report();
        match fault {
            SealingFault::Closed => ProblemKind::Closed,
            _ => ProblemKind::Busy,
        }
        .into()
    }
}
