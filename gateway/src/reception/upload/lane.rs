//! The hand-over between the network and the disk: two batches an upload, one filling while the other is sealed.

use std::sync::Arc;

use nightsafe_schema::item::ItemId;
use nightsafe_schema::time::Hour;

use super::super::Reception;
use super::super::workers::{DroppedAside, Lost, Working};
use super::sealing::{Sealed, Sealing, SealingFault};
use crate::limits;

/// One attachment's way to the disk. Dropped, it takes its file away.
pub(super) struct SealingLane {
    reception: Arc<Reception>,
    state: LaneState,
    /// Bytes handed over since the free space was looked at.
    unmeasured: u64,
}

/// The sealing, and a batch that has been written and may be filled again.
type Written = Result<(Box<Sealing>, Vec<u8>), SealingFault>;

/// The sealing and the empty batch are either here or with a worker.
enum LaneState {
    Waiting(DroppedAside<Box<Sealing>>, Vec<u8>),
    Working(Working<Written>),
    /// A fault has ended it.
    Over,
}

impl SealingLane {
    /// Begins an attachment's file.
    pub(super) async fn begin(reception: &Arc<Reception>) -> Result<Self, SealingFault> {
        let lane = Self { reception: Arc::clone(reception), state: LaneState::Over, unmeasured: 0 };
        lane.check_space()?;
        let recipients = reception.ring.recipients(reception.now()).map_err(|_| SealingFault::Closed)?;
        let item = ItemId::random(&*reception.randomness)?;
        let staging = reception.staging.clone();
        let begun = reception.workers.start(move || Sealing::begin(&staging, &recipients, item));
        let sealing = DroppedAside::new(Box::new(begun.await?.await??));
        Ok(Self { state: LaneState::Waiting(sealing, Vec::with_capacity(limits::UPLOAD_BATCH)), ..lane })
    }

    /// Gives a full batch to a worker and gets an empty one back, as soon as the batch before it has been written.
    pub(super) async fn hand_over(&mut self, batch: Vec<u8>) -> Result<Vec<u8>, SealingFault> {
        let (mut sealing, mut empty) = self.settled().await?;
        self.unmeasured += batch.len() as u64;
        if self.unmeasured >= limits::WRITE_BACK {
            self.check_space()?;
            self.unmeasured = 0;
        }
        let working = self.reception.workers.start(move || sealing.write(&batch).map(|()| (sealing, batch)));
        self.state = LaneState::Working(working.await?);
        empty.clear();
        Ok(empty)
    }

    /// Seals the last batch and waits until the file is on the disk.
    pub(super) async fn finish(mut self, last: Vec<u8>, hour: Hour) -> Result<Sealed, SealingFault> {
        let (mut sealing, _) = self.settled().await?;
        let finished = self.reception.workers.start(move || {
            sealing.write(&last)?;
            sealing.finish(hour)
        });
        finished.await?.await?
    }

    /// The sealing, once the worker that has it is done.
    async fn settled(&mut self) -> Written {
        match std::mem::replace(&mut self.state, LaneState::Over) {
            LaneState::Waiting(sealing, empty) => Ok((sealing.into_inner().ok_or(Lost)?, empty)),
            LaneState::Working(working) => working.await?,
            LaneState::Over => Err(Lost.into()),
        }
    }

    /// A full disk ends an upload before it takes the room that reports need.
    fn check_space(&self) -> Result<(), SealingFault> {
        if self.reception.space.is_enough() { Ok(()) } else { Err(SealingFault::NoSpace) }
    }
}
