//! From a submission to a clue number.
//!
//! ```text
//! RawSubmission ──check──▶ CheckedSubmission ──seal──▶ SealedItem ──place──┐
//!                                                                          ├─▶ PlacedItems ──journal──▶ Receipt
//!                            Upload ──▶ Attachments ──▶ StagedItems ──move─┘
//! ```
//!
//! Each stage takes the one before by value. Only the last shows a number, and only an [`Acknowledged`] makes it. Nothing
//! is remembered of a submission once its receipt is given: no number, no key, no hash of either.

mod admission;
mod submission;
mod upload;
mod workers;

use std::sync::Arc;

use jiff::Timestamp;
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{Shutdown, failpoint};
use nightsafe_schema::catalog::Catalog;
use nightsafe_schema::clue::{ClueNumber, content_digest};
use nightsafe_schema::intake::{Intake, envelope};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::randomness::Randomness;
use nightsafe_schema::submission::{SiteSecret, SubmissionId};
use nightsafe_schema::time::{Clock, Hour};
use nightsafe_seal::{SealError, SealedItem, seal_report};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

pub(crate) use self::admission::Admission;
pub(crate) use self::submission::{CheckedSubmission, RawSubmission};
pub(crate) use self::upload::{Attachments, NotHere, Turns, Upload, UploadPlace, WaitingAttachment};
pub(crate) use self::workers::Workers;
use crate::http::{Problem, ProblemKind};
use crate::outbox::{Acknowledged, Outbox, PlacedItem, Space, Staging, failpoints};
use crate::ring::CurrentRing;
use crate::wiped::{Wiped, wiped};

/// Takes reports in, one outbox for all.
pub(crate) struct Reception {
    pub(crate) site_secret: SiteSecret,
    pub(crate) gateway: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) ring: CurrentRing,
    pub(crate) outbox: Outbox,
    pub(crate) staging: Staging,
    pub(crate) space: Space,
    pub(crate) admission: Admission,
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) workers: Workers,
    pub(crate) turns: Turns,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) shutdown: Shutdown,
}

/// What a reporter is told. Exists only for reports that are durable and journalled.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) clue_number: ClueNumber,
    pub(crate) accepted_hour: Hour,
    pub(crate) catalog: String,
    /// How many attachments came with it.
    pub(crate) attachments: usize,
}

impl Reception {
    /// Whether a report sent now could be taken; asked before its body is read, so that a refusal comes early.
    pub(crate) fn check_open(&self) -> Result<(), ProblemKind> {
        if self.shutdown.has_begun() || self.admission.is_full() {
            return Err(ProblemKind::Busy);
        }
        self.check_possible()
    }

    /// Whether what has arrived can be taken; when the program is to end, it still is.
    fn check_possible(&self) -> Result<(), ProblemKind> {
        if self.ring.recipients(self.clock.now()).is_err() {
            return Err(ProblemKind::Closed);
        }
        if !self.space.is_enough() {
            return Err(ProblemKind::Busy);
        }
        Ok(())
    }

    /// A fresh submission id, for a client that brought none.
    pub(crate) fn draw_submission(&self) -> Result<SubmissionId, ProblemKind> {
        SubmissionId::random(&*self.randomness).map_err(|_| ProblemKind::Busy)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Takes a report in: returns once it is durable. What has begun goes on even if the client leaves.
    pub(crate) async fn receive(
        self: Arc<Self>,
        checked: CheckedSubmission,
        attachments: Attachments,
    ) -> Result<Receipt, Problem> {
        self.check_possible()?;
        let place = self.admission.enter().await?;
        let (tell, told) = oneshot::channel();
        let this = Arc::clone(&self);
        let acceptance = Wiped::new(async move {
            let outcome = this.accept(checked, attachments).await;
            drop(place);
            // If nobody waits any more, the report is taken all the same; a retry gets the same number.
            let _ = tell.send(outcome);
        });
        self.shutdown.spawn("acceptance", acceptance);
        Ok(told.await.unwrap_or(Err(ProblemKind::Busy))?)
    }

    async fn accept(
        self: Arc<Self>,
        checked: CheckedSubmission,
        mut attachments: Attachments,
    ) -> Result<Receipt, ProblemKind> {
        let _turn = attachments.take_turn();
        let this = Arc::clone(&self);
        let (placed, receipt) = spawn_blocking(move || wiped(|| this.seal_and_place(&checked, attachments)))
            .await
            .unwrap_or(Err(ProblemKind::Busy))?;
        let acknowledged = self.outbox.acknowledge(placed).await.map_err(|_| ProblemKind::Busy)?;
        failpoint::hit(failpoints::ANSWERING);
        Ok(receipt.given(&acknowledged))
    }

    /// Works on the disk: called on a thread for blocking work. The attachments come first and the report last; if one
    /// cannot be placed, dropping the others takes them away again.
    fn seal_and_place(
        &self,
        checked: &CheckedSubmission,
        attachments: Attachments,
    ) -> Result<(Vec<PlacedItem>, PendingReceipt), ProblemKind> {
        let now = self.clock.now();
        let pending = self.number(checked, &attachments, now);
        let sealed = self.seal(checked, &attachments, &pending, now)?;
        let count = attachments.count();
        let (staged, _place) = attachments.into_staged();
        let mut placed: Vec<PlacedItem> = staged
            .into_iter()
            .map(|item| self.outbox.move_in(item))
            .collect::<Result<_, _>>()
            .map_err(|error| refused(&error))?;
        if count > 0 {
            self.staging.hide_minutes(pending.0.accepted_hour);
        }
        placed.push(self.outbox.place(&sealed, pending.0.accepted_hour).map_err(|error| refused(&error))?);
        Ok((placed, pending))
    }

    /// The number follows from key and content; a supplement keeps the number that it cites.
    fn number(&self, checked: &CheckedSubmission, attachments: &Attachments, now: Timestamp) -> PendingReceipt {
        let clue_number = checked.cites().cloned().unwrap_or_else(|| {
            let content = content_digest(checked.report().as_bytes(), &attachments.digests());
            ClueNumber::derive(&self.site_secret, checked.submission(), &content)
        });
        PendingReceipt(Receipt {
            clue_number,
            accepted_hour: Hour::containing(now),
            catalog: self.catalog.version().to_owned(),
            attachments: attachments.count(),
        })
    }

    fn seal(
        &self,
        checked: &CheckedSubmission,
        attachments: &Attachments,
        pending: &PendingReceipt,
        now: Timestamp,
    ) -> Result<SealedItem, ProblemKind> {
        let intake = Intake {
            clue_number: pending.0.clue_number.clone(),
            submission_id: *checked.submission(),
            accepted_hour: pending.0.accepted_hour,
            gateway: self.gateway.clone(),
            channel: checked.channel(),
            catalog: pending.0.catalog.clone(),
            attachments: attachments.facts().cloned().collect(),
            registered: None,
        };
        let envelope = envelope(&intake, checked.report()).map_err(|_| ProblemKind::Busy)?;
        let recipients = self.ring.recipients(now).map_err(|_| ProblemKind::Closed)?;
        let item = ItemId::random(&*self.randomness).map_err(|_| ProblemKind::Busy)?;
        seal_report(&recipients, &envelope, item).map_err(|error| match error {
            SealError::TooLarge { .. } => ProblemKind::TooLarge,
            SealError::Recipients(_) | SealError::Payload | SealError::Write(_) => ProblemKind::Busy,
        })
    }
}

fn refused(error: &DurableError) -> ProblemKind {
    tracing::error!(alarm = "outbox", error = error as &dyn std::error::Error, "a report was refused");
    ProblemKind::Busy
}

/// A receipt that nobody may see yet.
struct PendingReceipt(Receipt);

impl PendingReceipt {
    fn given(self, _: &Acknowledged) -> Receipt {
        self.0
    }
}
