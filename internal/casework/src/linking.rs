//! What belongs together (DOMAIN 4.3): which earlier cases a report resembles, and why.
//!
//! ```text
//! case ─▶ Matter ─▶ keys and sketches ─▶ (index) cases that share one ─▶ judge: kind and reasons ─▶ candidate
//! candidates ─▶ an analyst merges ─▶ series: one lead file, every number alive, forbidden sets as one ─▶ undo
//! ```
//!
//! Candidates are found by anything two reports have in common and judged by all of it; nothing is merged here, and no
//! candidate follows from text alone unless the place agrees. Pure: index and daemon hand everything in.

mod judge;
mod mark;
mod matter;
mod named;
mod reason;
mod series;
mod text;

pub use self::{
    judge::{Verdict, judge},
    mark::{Mark, MarkKind, Marker, marks},
    matter::{Area, Key, KeyKind, Matter, SUPPLEMENTS_COMPARED},
    named::{IdentifierKind, Named, named},
    reason::{LinkKind, Reason, ReasonCode},
    series::{Members, inherited},
    text::{Pairs, SKETCH_BYTES, Sketch},
};

/// The edition of these rules, recorded with every candidate.
pub const RULES: &str = "links/1";
