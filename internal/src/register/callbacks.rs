//! Where the monthly call-backs stand: which parts were fed back in which month, and the events of each month's draw.
//!
//! Kept as JSON with the rest of the work. Of the nonce nothing is here: it is read from its event when it is needed.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_casework::{
    account::AccountName,
    event::{Body, TaskStepped},
    routing::Part,
    workflow::{Month, Step},
};
use nightsafe_schema::case::CaseId;
use serde::{Deserialize, Serialize};

use super::Place;

/// See the module.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callbacks {
    /// Parts that were fed back, by month; those that were taken up again are among them.
    told: BTreeMap<Month, BTreeSet<(CaseId, Part)>>,
    /// The months that have a commitment.
    months: BTreeMap<Month, Drawing>,
    /// Months that somebody drew before anything was committed to: no draw, and no daemon of ours did it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    uncommitted: BTreeSet<Month>,
}

/// The events of one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drawing {
    /// The commitment.
    pub(crate) committed: u64,
    /// The list of candidates.
    pub(crate) candidates: Vec<u64>,
    /// The draw.
    pub(crate) drawn: Option<u64>,
    /// Who approved first that the list goes out, if the second approval waits.
    pub(crate) approved: Option<AccountName>,
    /// How many it drew.
    pub(crate) wanted: u64,
    /// How many of their cases say so.
    pub(crate) marked: u64,
    /// The hand-overs.
    pub(crate) handed_over: Vec<u64>,
}

impl Callbacks {
    /// Takes in the next event.
    pub(super) fn follow(&mut self, place: Place<'_>, body: &Body) {
        match body {
            Body::TaskStepped(stepped) => self.stepped(place, stepped),
            Body::CallbackCommitted(committed) => {
                let drawing = Drawing { committed: place.seq, ..Drawing::default() };
                self.months.entry(committed.secret.month).or_insert(drawing);
            }
            Body::CallbackCandidates(candidates) => {
                if let Some(drawing) = self.months.get_mut(&candidates.month) {
                    drawing.candidates.push(place.seq);
                }
            }
            Body::CallbackDrawn(drawn) => {
                if let Some(drawing) = self.months.get_mut(&drawn.month) {
                    drawing.drawn = Some(place.seq);
                    drawing.wanted = drawn.drawn.len() as u64;
                    self.told.remove(&drawn.month);
                } else {
                    self.uncommitted.insert(drawn.month);
                }
            }
            Body::CallbackApproved(approved) => {
                if let Some(drawing) = self.months.get_mut(&approved.month) {
                    drawing.approved = Some(approved.by.clone());
                }
            }
            Body::CallbackWithdrawn(withdrawn) => {
                if let Some(drawing) = self.months.get_mut(&withdrawn.month) {
                    drawing.approved = None;
                }
            }
            Body::CallbackHandedOver(handed) => {
                if let Some(drawing) = self.months.get_mut(&handed.month) {
                    drawing.approved = None;
                    drawing.handed_over.push(place.seq);
                }
            }
            _ => {}
        }
    }

    /// The months that have a commitment, the newest last.
    pub(crate) const fn months(&self) -> &BTreeMap<Month, Drawing> {
        &self.months
    }

    /// Whether something was drawn for a month before anything was committed to.
    pub(crate) fn was_drawn_uncommitted(&self, month: Month) -> bool {
        self.uncommitted.contains(&month)
    }

    /// The parts that were fed back in a month, whatever became of them since.
    pub(crate) fn told_in(&self, month: Month) -> Vec<(CaseId, Part)> {
        self.told.get(&month).into_iter().flatten().copied().collect()
    }

    fn stepped(&mut self, place: Place<'_>, stepped: &TaskStepped) {
        let Some(case) = place.case else { return };
        if let Step::Draw { month } = &stepped.step
            && let Some(drawing) = self.months.get_mut(month)
        {
            drawing.marked = drawing.marked.saturating_add(1);
        }
        if let Step::FeedBack { .. } = &stepped.step {
            let month = Month::of(place.at);
            self.told.entry(month).or_default().insert((case, stepped.part));
            // What had no commitment is never drawn: it need not be remembered for ever.
            while self.told.len() > MONTHS_REMEMBERED {
                self.told.pop_first();
            }
        }
    }
}

/// A month is drawn from when it is over; a site that stood still for so long draws from what it remembers.
const MONTHS_REMEMBERED: usize = 13;
