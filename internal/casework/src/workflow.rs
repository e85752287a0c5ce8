//! What people do with a case after it was routed, from assessment to the archive (DOMAIN 4.2), as pure functions.
//!
//! Each part of a case goes its own way ([`Progress`]). What may be done is one table ([`RULES`]): which move, from where to
//! where, by whom, under which guards. [`decide`] reads it, makes the recorded [`Step`]s, and refuses everything else; the
//! fold of the steps is in [`crate::case`]. Nothing here knows a store, a clock or a page.

mod callback;
mod deadline;
mod decide;
mod earlier;
mod gate;
mod guard;
mod month;
mod moves;
mod progress;
mod protection;
mod public;
mod reward;
mod setting;
mod stage;
mod step;
mod undertaking;
mod verification;

pub use self::{
    callback::{Candidate as CallbackCandidate, Commitment, Draw, DrawError, SampleSize, draw},
    deadline::{Due, DueKind, Term, due, earliest, result_due},
    decide::{Decided, GROUNDS, Wish, decide, open_moves},
    earlier::{EarlierCheck, complained_of},
    gate::{Gate, GateDecision, GateTable, GateTableError, Gates, Verdict},
    guard::{Guard, Refused},
    month::{Month, MonthError},
    moves::{Move, RULES, Rule, To, UnknownMove, Who},
    progress::{Extension, FeedbackGiven, Heard, Progress, Signature},
    protection::{Measure, Protection, UnknownMeasure},
    public::PublicStatus,
    reward::{Reported, Reward, RewardAmount, RewardBand, RewardBands, RewardBandsError},
    setting::{People, Setting},
    stage::{Stage, UnknownStage},
    step::{Channel, Opinion, Step, UnknownChannel, UnknownOpinion},
    undertaking::Undertaking,
    verification::{Disposal, Record, Result as VerificationResult, UnknownDisposal, UnknownResult},
};

#[cfg(test)]
mod tests;
