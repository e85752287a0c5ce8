//! Attachments that wait between two requests of one form (DESIGN section 6).
//!
//! ```text
//! Attachments ──wait──▶ WaitingAttachment (on the page, authenticated) ──claim──▶ Attachments ──receive──▶ Receipt
//! ```
//!
//! The gateway remembers nothing of them: what it knew when they were sealed travels in the page, and their files lie in
//! the staging folder. One whose file has gone is either acknowledged already, which the journal says, or not here.

use std::sync::Arc;

use nightsafe_schema::intake::IntakeAttachment;
use nightsafe_schema::submission::SubmissionId;
use nightsafe_schema::time::Hour;
use tokio::sync::Mutex;

use super::super::workers::DroppedAside;
use super::{Attachments, ReceivedAttachment, Turn};
use crate::http::{Problem, ProblemKind};
use crate::outbox::StagedItem;
use crate::reception::Reception;

/// One attachment that waits for its form to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingAttachment {
    pub(crate) facts: IntakeAttachment,
    /// Bytes of its sealed file.
    pub(crate) size: u64,
}

/// Attachments that this gateway does not have: too old, or sealed at another one. Positions count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotHere(pub(crate) Vec<usize>);

/// Where one attachment of a form is.
enum Whereabouts {
    Staged(StagedItem),
    /// In the outbox or across the gap: an earlier sending of the same form took it there.
    Acknowledged,
    NotHere,
}

/// One turn at a time for submissions that share a place; nothing is remembered of them.
#[derive(Debug)]
pub(crate) struct Turns(Vec<Arc<Mutex<()>>>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }

    async fn of(&self, submission: &SubmissionId) -> Option<Turn> {
        let place = submission.as_bytes().iter().fold(0, |sum, byte| (31 * sum + usize::from(*byte)) % TURNS);
        Some(Turn { _guard: Arc::clone(self.0.get(place)?).lock_owned().await })
    }
}

impl Attachments {
    /// Leaves the sealed files in the staging folder for a later request of the same form.
    pub(crate) async fn wait(self, reception: &Reception) -> Result<Vec<WaitingAttachment>, Problem> {
        let staging = reception.staging.clone();
        let hour = Hour::containing(reception.now());
        let left = reception.workers.start(move || {
            let left = self.list.into_iter().filter_map(|received| {
                let staged = received.staged?.into_inner()?;
                let waiting = WaitingAttachment { facts: received.facts, size: staged.size() };
                Some(staged.wait(&staging).map(|()| waiting))
            });
            let left = left.collect::<Result<Vec<_>, _>>();
            staging.hide_minutes(hour);
            left
        });
        let lost = |_| Problem::from(ProblemKind::Busy);
        left.await.map_err(lost)?.await.map_err(lost)?.map_err(|error| {
            tracing::error!(alarm = "staging", error = &error as &dyn std::error::Error, "an attachment was refused");
            ProblemKind::Busy.into()
        })
    }
}

impl Reception {
    /// The attachments of a form that is being sent. A claim that is not used leaves the files where they are.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        submission: &SubmissionId,
        waiting: &[WaitingAttachment],
    ) -> Result<Result<Attachments, NotHere>, ProblemKind> {
        let turn = self.turns.of(submission).await;
        let found = self.look_for(waiting).await?;
        let missing = missing(&found);
        if !missing.is_empty() {
            return Ok(Err(NotHere(missing)));
        }
        let received = waiting.iter().zip(found).map(|(waiting, whereabouts)| ReceivedAttachment {
            facts: waiting.facts.clone(),
            staged: match whereabouts {
                Whereabouts::Staged(staged) => Some(DroppedAside::new(staged)),
                Whereabouts::Acknowledged | Whereabouts::NotHere => None,
            },
        });
        Ok(Ok(Attachments { list: received.collect(), place: None, turn }))
    }

    /// Which attachments of a form have to be added again.
    pub(crate) async fn not_here(self: &Arc<Self>, waiting: &[WaitingAttachment]) -> Result<NotHere, ProblemKind> {
        Ok(NotHere(missing(&self.look_for(waiting).await?)))
    }

    /// Deletes the file of an attachment that its reporter took back.
    pub(crate) async fn discard(self: &Arc<Self>, taken_back: &WaitingAttachment) {
        let (this, item) = (Arc::clone(self), taken_back.facts.item);
        let discarded = self.workers.start(move || {
            let discarded = this.staging.discard(item);
            this.staging.hide_minutes(Hour::containing(this.now()));
            discarded
        });
        // What cannot be deleted now is swept when its time is over.
        if let Ok(discarding) = discarded.await {
            let _ = discarding.await;
        }
    }

    async fn look_for(self: &Arc<Self>, waiting: &[WaitingAttachment]) -> Result<Vec<Whereabouts>, ProblemKind> {
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let (this, waiting) = (Arc::clone(self), waiting.to_vec());
        let found = self.workers.start(move || waiting.iter().map(|one| this.whereabouts(one)).collect());
        found.await.map_err(|_| ProblemKind::Busy)?.await.map_err(|_| ProblemKind::Busy)
    }

    fn whereabouts(&self, waiting: &WaitingAttachment) -> Whereabouts {
        let item = waiting.facts.item;
        match self.staging.claim(item) {
            Some(file) => Whereabouts::Staged(StagedItem::claimed(file, item, waiting.size, waiting.facts.item_sha256)),
            None if self.outbox.has_acknowledged(item) => Whereabouts::Acknowledged,
            None => Whereabouts::NotHere,
        }
    }
}

fn missing(found: &[Whereabouts]) -> Vec<usize> {
    let absent = found.iter().enumerate().filter(|(_, one)| matches!(one, Whereabouts::NotHere));
    absent.map(|(position, _)| position).collect()
}

/// Places for turns: two submissions that share one by chance only wait for each other's flush.
const TURNS: usize = 128;
