//! `ack` on the high side: the line that lets the low side forget what is safe here.

use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::journal::{Seq, StreamId};
use nightsafe_schema::ticket::AckTicket;
use serde::Serialize;

use crate::high::side::HighSide;
use crate::high::stream::StreamError;
use crate::pair_secret::{self, PairSecretError};

/// An acknowledgement, ready to be carried over.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgement {
    pub(crate) stream: StreamId,
    /// The last place up to which nothing is missing.
    pub(crate) seq: Seq,
    /// The line itself.
    pub(crate) ticket: String,
}

/// Why nothing can be acknowledged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcknowledgeError {
    /// There is no secret to make it with.
    #[error("cannot make an acknowledgement")]
    Secret(#[source] PairSecretError),
    /// A stream cannot be read.
    #[error("cannot read what was received")]
    Stream(#[source] StreamError),
}

impl HasExitCode for AcknowledgeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Secret(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
        }
    }
}

impl HighSide {
    /// One line for each stream of which something is here without a hole before it. Accepted losses are no holes, but
    /// the line always names an entry that is here.
    pub(crate) fn acknowledgements(&self) -> Result<Vec<Acknowledgement>, AcknowledgeError> {
        let secret = pair_secret::read(self.pair_secret.as_deref()).map_err(AcknowledgeError::Secret)?;
        let mut lines = Vec::new();
        for (stream, known) in &self.inbox.streams {
            let mut there = known.record.received.clone();
            if let Some(lost) = self.losses.of(stream) {
                there.extend(lost);
            }
            let mut last = Seq::try_from(there.leading()).ok();
            while let Some(seq) = last.filter(|seq| !known.has(*seq)) {
                last = seq.previous();
            }
            let Some(seq) = last else { continue };
            if let Some(place) = known.place(seq).map_err(AcknowledgeError::Stream)? {
                let ticket = AckTicket::new(&secret, stream, seq, &place.digest).to_string();
                lines.push(Acknowledgement { stream: *stream, seq, ticket });
            }
        }
        Ok(lines)
    }
}
