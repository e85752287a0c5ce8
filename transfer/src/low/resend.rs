//! `resend`: takes a gap ticket from the high side and queues exactly what it asks for.

use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::journal::{Seq, StreamId};
use nightsafe_schema::ticket::GapTicket;
use serde::Serialize;

use crate::low::memory::{MemoryError, StreamMemory};
use crate::low::outbox::OutboxError;
use crate::low::send::{self, SendMemory, SendMemoryError};
use crate::low::side::LowSide;

/// What a ticket led to.
#[derive(Debug, Serialize)]
pub(crate) struct ResendReport {
    /// The stream that the ticket means.
    pub(crate) stream: StreamId,
    /// How many places the next export writes again.
    pub(crate) queued: u64,
    /// How many places the high side itself acknowledged earlier: their items are gone.
    pub(crate) forgotten: u64,
}

/// Why a ticket was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResendError {
    /// The outbox cannot be listed.
    #[error("cannot look into the outbox")]
    Outbox(#[source] OutboxError),
    /// No stream begins like this.
    #[error("the outbox has no stream {stream8}; is this the ticket of another gateway?")]
    UnknownStream {
        /// The first eight digits on the ticket.
        stream8: String,
    },
    /// Two streams begin like this.
    #[error("more than one stream begins with {stream8}")]
    Ambiguous {
        /// The first eight digits on the ticket.
        stream8: String,
    },
    /// It asks for what has never been exported.
    #[error(
        "the ticket asks for {asked}, and only {exported} have been exported or sent; run `nightsafe-transfer export` first"
    )]
    Beyond {
        /// The last place asked for.
        asked: u64,
        /// The last place exported.
        exported: u64,
    },
    /// The queue could not be written.
    #[error("cannot queue the ticket")]
    Memory(#[source] MemoryError),
    /// What the one-way link has sent cannot be read.
    #[error("cannot tell what was sent over the one-way link")]
    Sent(#[source] SendMemoryError),
    /// The ticket could not be left for the one-way link.
    #[error("cannot leave the ticket for `nightsafe-transfer send`")]
    Ticket(#[source] DurableError),
}

impl HasExitCode for ResendError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Outbox(source) => source.exit_code(),
            Self::UnknownStream { .. } | Self::Ambiguous { .. } | Self::Beyond { .. } => ExitCode::Usage,
            Self::Memory(source) => source.exit_code(),
            Self::Sent(source) => source.exit_code(),
            Self::Ticket(source) => source.exit_code(),
        }
    }
}

impl LowSide {
    /// Queues the places of a ticket for the next export.
    pub(crate) fn resend(&mut self, ticket: &GapTicket) -> Result<ResendReport, ResendError> {
        let stream = self.stream_called(ticket.stream8())?;
        let sent = self.sent_over_the_link(stream)?;
        let memory = self.memory.streams.entry(stream).or_default();
        let exported = memory.last.map_or(0, |last| last.seq.value()).max(sent);
        let asked = ticket.ranges().last().map_or(0, |range| *range.end());
        if asked > exported {
            return Err(ResendError::Beyond { asked, exported });
        }
        let report = queue(memory, stream, ticket);
        self.memory.save(&self.state).map_err(ResendError::Memory)?;
        if self.has_diode {
            send::drop_ticket(&self.state, ticket).map_err(ResendError::Ticket)?;
        }
        Ok(report)
    }

    /// The last place of a stream up to which the one-way link has sent everything.
    fn sent_over_the_link(&self, stream: StreamId) -> Result<u64, ResendError> {
        if !self.has_diode {
            return Ok(0);
        }
        let sent = SendMemory::load(&self.state).map_err(ResendError::Sent)?;
        Ok(sent.streams.get(&stream).and_then(|sent| sent.last).map_or(0, |last| last.seq.value()))
    }

    /// The one stream of the outbox whose id begins with these eight digits.
    pub(crate) fn stream_called(&self, stream8: &str) -> Result<StreamId, ResendError> {
        let all = self.outbox.streams().map_err(ResendError::Outbox)?;
        let mut called = all.into_iter().filter(|stream| stream.short() == stream8);
        match (called.next(), called.next()) {
            (Some(stream), None) => Ok(stream),
            (None, _) => Err(ResendError::UnknownStream { stream8: stream8.to_owned() }),
            (Some(_), Some(_)) => Err(ResendError::Ambiguous { stream8: stream8.to_owned() }),
        }
    }
}

fn queue(memory: &mut StreamMemory, stream: StreamId, ticket: &GapTicket) -> ResendReport {
    let mut report = ResendReport { stream, queued: 0, forgotten: 0 };
    for seq in ticket.ranges().iter().cloned().flatten().filter_map(|place| Seq::try_from(place).ok()) {
        if seq.value() <= memory.acknowledged {
            report.forgotten += 1;
        } else {
            memory.resend.insert(seq);
            report.queued += 1;
        }
    }
    report
}
