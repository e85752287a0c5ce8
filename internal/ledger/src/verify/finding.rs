//! What verification says: the first thing amiss and its place.

use std::fmt;

/// The first thing amiss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which segment.
    pub segment: u32,
    /// Which line of it, from 1; 0 if the segment itself is missing.
    pub line: u64,
    /// Which event should stand there.
    pub seq: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line is not the one that the next line, or a head, speaks of; or it is no event's line at all.
    Changed,
    /// The event is not there; the next ones are.
    Removed {
        /// The event found in its place.
        found: u64,
    },
    /// Another event stands here and this one later.
    Reordered {
        /// The event found in its place.
        found: u64,
    },
    /// A line stands here that belongs to no place in the chain.
    Inserted,
    /// The ledger ends before an event that a signed head speaks of.
    CutTail {
        /// The event of that head.
        head: u64,
    },
    /// A segment is gone.
    MissingSegment,
    /// A case's version, or a batch's count, does not follow from the lines before.
    Inconsistent,
    /// The chain is whole, but somewhere after the last head that agrees it is not what was signed.
    Rewritten {
        /// The last event for which a head agrees, 0 if none does.
        after: u64,
        /// The event at which a head disagrees.
        head: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, line, seq, fault } = self;
        let place = format!("segment {segment}, line {line}");
        match fault {
            Fault::Changed => write!(f, "event {seq} ({place}) was changed"),
            Fault::Removed { found } => write!(f, "event {seq} ({place}) was removed; event {found} stands there"),
            Fault::Reordered { found } => write!(f, "event {seq} ({place}) was moved; event {found} stands there"),
            Fault::Inserted => write!(f, "a line was put in before event {seq} ({place})"),
            Fault::CutTail { head } => {
                write!(f, "the tail was cut from event {seq} on ({place}): a signed head speaks of event {head}")
            }
            Fault::MissingSegment => write!(f, "segment {segment} is missing"),
            Fault::Inconsistent => write!(f, "event {seq} ({place}) does not follow from the lines before it"),
            Fault::Rewritten { after, head } => {
                write!(
                    f,
                    "the events after {after} were written anew: the signed head of event {head} disagrees ({place})"
                )
            }
        }
    }
}
