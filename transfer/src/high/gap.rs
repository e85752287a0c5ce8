//! `gap`: tickets for what is missing, and the decision to give something up.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::journal::{Seq, StreamId};
use nightsafe_schema::ticket::GapTicket;
use serde::Serialize;

use crate::high::holes::Hole;
use crate::high::losses::Loss;
use crate::high::side::HighSide;
use crate::high::stream::StreamError;

/// A ticket for one stream, ready to be carried over.
#[derive(Debug, Serialize)]
pub(crate) struct Ticket {
    pub(crate) stream: StreamId,
    /// The line itself.
    pub(crate) ticket: String,
}

/// Why a loss was not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LossError {
    /// No stream begins like this, or more than one.
    #[error("no stream, or more than one, begins with {stream8}")]
    Stream {
        /// The first eight digits that were given.
        stream8: String,
    },
    /// The place is not missing.
    #[error("place {seq} of stream {stream8} is not missing")]
    NotMissing {
        /// The place.
        seq: u64,
        /// The stream's first eight digits.
        stream8: String,
    },
    /// The decision could not be recorded.
    #[error("cannot record the decision")]
    Write(#[source] DurableError),
    /// The memory could not be written.
    #[error("cannot remember the decision")]
    Memory(#[source] StreamError),
}

impl HasExitCode for LossError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Stream { .. } | Self::NotMissing { .. } => ExitCode::Usage,
            Self::Write(source) => source.exit_code(),
            Self::Memory(source) => source.exit_code(),
        }
    }
}

/// The tickets that ask for the holes of one stream; several if one would be too long to type.
pub(crate) fn tickets(stream: StreamId, holes: &[Hole]) -> Vec<Ticket> {
    let ranges = joined(holes);
    let ticket = |ranges: &[RangeInclusive<u64>]| {
        let ranges = ranges
            .iter()
            .filter_map(|range| Some(Seq::try_from(*range.start()).ok()?..=Seq::try_from(*range.end()).ok()?));
        let ticket = GapTicket::new(&stream, ranges.collect()).ok()?;
        Some(Ticket { stream, ticket: ticket.to_string() })
    };
    ranges.chunks(RANGES_A_TICKET).filter_map(ticket).collect()
}

/// Holes differ in age and reason; a ticket only names places.
fn joined(holes: &[Hole]) -> Vec<RangeInclusive<u64>> {
    let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
    for hole in holes {
        match ranges.last_mut() {
            Some(last) if *last.end() + 1 == hole.first => *last = *last.start()..=hole.last,
            _ => ranges.push(hole.first..=hole.last),
        }
    }
    ranges
}

impl HighSide {
    /// Records that a person gives a missing place up.
    pub(crate) fn accept_loss(
        &mut self,
        stream8: &str,
        seq: Seq,
        by: String,
        reason: String,
        now: Timestamp,
    ) -> Result<Loss, LossError> {
        let unknown = || LossError::Stream { stream8: stream8.to_owned() };
        let mut called = self.inbox.streams.iter_mut().filter(|(stream, _)| stream.short() == stream8);
        let (Some((stream, known)), None) = (called.next(), called.next()) else { return Err(unknown()) };
        if !known.record.holes.iter().any(|hole| (hole.first..=hole.last).contains(&seq.value())) {
            return Err(LossError::NotMissing { seq: seq.value(), stream8: stream8.to_owned() });
        }
        let loss = Loss { at: now, by, stream: *stream, seq, reason };
        self.losses.accept(&self.state, &loss).map_err(LossError::Write)?;
        known.save(self.losses.of(stream), now).map_err(LossError::Memory)?;
        Ok(loss)
    }
}

/// About as many as a person types without a mistake.
const RANGES_A_TICKET: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::high::holes::HoleReason;

    #[test]
    fn a_ticket_joins_holes_that_touch() {
        let since = Timestamp::UNIX_EPOCH;
        let hole = |first, last, why| Hole { first, last, since, why };
        let holes = [
            hole(3, 4, HoleReason::NotArrived),
            hole(5, 5, HoleReason::WithoutItem { volume: "volume-000001".to_owned() }),
            hole(9, 9, HoleReason::NotArrived),
        ];
        let stream: StreamId = "7f3a91c2000000000000000000000000".parse().unwrap();
        let tickets = tickets(stream, &holes);
        assert_eq!(tickets.len(), 1);
        assert!(tickets[0].ticket.starts_with("GAP 7f3a91c2 3-5,9 #"), "{}", tickets[0].ticket);
        assert!(tickets[0].ticket.parse::<GapTicket>().is_ok());
    }
}
