//! What became of the samples: the facts behind the summary, for people and for machines.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::samples::Sample;

/// What became of one sample.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SampleOutcome {
    /// The sample's name.
    pub sample: String,
    /// Its title.
    pub title: String,
    /// The gateway's status.
    pub status: u16,
    /// The clue number, if it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clue_number: Option<String>,
    /// The case inside, once it was visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// How many of its attachments can be opened inside.
    pub attachments: usize,
    /// The units that hold its tasks and copies.
    pub holders: Vec<String>,
    /// Units that the inside keeps it from: those the sample's file names, or more.
    pub kept_from: BTreeSet<String>,
    /// From acceptance until an analyst could see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_to_visible: Option<f64>,
    /// Units whose analyst found it.
    pub seen_by: Vec<String>,
    /// Units whose analyst looked and did not find it.
    pub hidden_from: Vec<String>,
    /// What did not hold; empty if all did.
    pub problems: Vec<String>,
}

/// What became of all of them.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Whether everything held.
    pub ok: bool,
    /// How many were filed.
    pub filed: usize,
    /// How many the gateway accepted.
    pub accepted: usize,
    /// How many came out at the other side of the gap.
    pub crossed: usize,
    /// How many were opened and recorded.
    pub opened: usize,
    /// How many attachments came with them.
    pub attachments: usize,
    /// How many went to exactly the units they should.
    pub routed: usize,
    /// How many were refused, as they should be.
    pub refused: usize,
    /// The quickest way from acceptance to visible, in seconds.
    pub fastest_seconds: Option<f64>,
    /// The slowest.
    pub slowest_seconds: Option<f64>,
    /// One by one.
    pub samples: Vec<SampleOutcome>,
}

impl SampleOutcome {
    /// A sample that has just been filed.
    pub fn filed(sample: &Sample, status: u16) -> Self {
        Self { sample: sample.name.clone(), title: sample.title.clone(), status, ..Self::default() }
    }
}

impl Outcome {
    /// Sums up.
    pub fn of(samples: Vec<SampleOutcome>) -> Self {
        let count = |holds: &dyn Fn(&SampleOutcome) -> bool| samples.iter().filter(|one| holds(one)).count();
        let seconds = || samples.iter().filter_map(|one| one.seconds_to_visible);
        Self {
            ok: samples.iter().all(|one| one.problems.is_empty()),
            filed: samples.len(),
            accepted: count(&|one| one.clue_number.is_some()),
            crossed: count(&|one| one.case.is_some()),
            opened: count(&|one| one.case.is_some()),
            attachments: samples.iter().map(|one| one.attachments).sum(),
            routed: count(&|one| one.case.is_some() && !one.holders.is_empty() && one.problems.is_empty()),
            refused: count(&|one| one.clue_number.is_none() && one.problems.is_empty()),
            fastest_seconds: seconds().reduce(f64::min),
            slowest_seconds: seconds().reduce(f64::max),
            samples,
        }
    }
}
