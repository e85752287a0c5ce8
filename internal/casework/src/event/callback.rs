//! 每月回访: what is recorded from the commitment before a month to the hand-over of its list.
//!
//! What is drawn stands in the cases themselves (`TASK_STEPPED`, move `draw`), as does what a reporter thinks (move
//! `call_back`). Here is what makes the draw reproducible, and who let the list go out. No number of a telephone stands in
//! any event.

use std::fmt;

use nightsafe_schema::{case::CaseId, digest::Digest};
use serde::{Deserialize, Serialize};

use crate::{
    account::AccountName,
    event::Via,
    routing::Part,
    workflow::{CallbackCandidate, Commitment, Month, SampleSize},
};

/// Before a month: its nonce was drawn, and how many will be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackCommitted {
    /// The month and its nonce. Only this event has the nonce until the draw; its body is sealed like every other.
    pub secret: Commitment,
    /// What is published of it.
    pub commitment: Digest,
    /// How many are drawn: said before anybody knows of how many.
    pub size: SampleSize,
}

/// Of whom it was drawn, in as many events as they need, all in one batch with the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackCandidates {
    /// The month.
    pub month: Month,
    /// Which part of the list this is, from 1.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// The candidates, in order of their cases.
    pub candidates: Vec<CallbackCandidate>,
}

/// After a month: the draw, with all that another program needs to repeat it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackDrawn {
    /// The month.
    pub month: Month,
    /// Its nonce, no secret from here on.
    pub nonce: Digest,
    /// The seed.
    pub seed: Digest,
    /// How many were to be drawn.
    pub size: SampleSize,
    /// How many candidates there were.
    pub candidates: u32,
    /// Which of them were drawn: their places in the list, from 0.
    pub drawn: Vec<u32>,
}

/// A person approved that the list of a month goes to the SMS desk; a second one lets it go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackApproved {
    /// From where.
    pub via: Via,
    /// The month.
    pub month: Month,
    /// Who.
    pub by: AccountName,
}

/// The first approval of a month's list was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackWithdrawn {
    /// From where.
    pub via: Via,
    /// The month.
    pub month: Month,
    /// Who took it back.
    pub by: AccountName,
}

/// A list of telephone numbers was sealed to the SMS desk and written where the site's configuration says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackHandedOver {
    /// The month.
    pub month: Month,
    /// The name of the file.
    pub file: String,
    /// The digest of the whole sealed file.
    pub sha256: Digest,
    /// To whom it is sealed.
    pub recipient: String,
    /// The two who approved.
    pub approved: [AccountName; 2],
    /// Whom it holds.
    pub entries: Vec<HandedOver>,
    /// Those who left no number that could be called: they are asked in another way.
    pub without_number: Vec<(CaseId, Part)>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// What the SMS desk calls it by: random, and of no meaning to anybody else.
    pub reference: String,
    /// The case.
    pub case: CaseId,
    /// Its part.
    pub part: Part,
}

impl fmt::Debug for CallbackCommitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackCommitted({}, {})", self.secret.month, self.commitment)
    }
}
