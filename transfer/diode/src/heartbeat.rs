//! What the sender says every two seconds: how far it is, what waits, and what it sent lately.
//!
//! A heartbeat has the datagrams' tags and no signature: it can name what is missing, and it can never make anything be
//! handed over. The signed head of each stream travels in it verbatim.

use jiff::Timestamp;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemId};
use nightsafe_schema::journal::{Seq, StreamId};
use nightsafe_schema::signed::LONGEST_LINE;
use serde::{Deserialize, Serialize};

use crate::limits;

/// One heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    schema: Schema,
    /// The low side's clock.
    pub at: Timestamp,
    /// How many datagrams this session has sent.
    pub sent: u64,
    /// What waits to be sent for the first time.
    pub backlog: Backlog,
    /// By stream.
    pub streams: Vec<StreamState>,
}

/// What waits, by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// Reports.
    pub text: Amount,
    /// Attachments.
    pub media: Amount,
}

/// Items and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// How many.
    pub items: u64,
    /// How large together.
    pub bytes: u64,
}

/// How far one stream is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamState {
    /// Which.
    pub stream: StreamId,
    /// The last place up to which everything but `unsent` was sent; 0 before the first.
    pub last: u64,
    /// The digest of its line; zeros before the first.
    pub sha256: Digest,
    /// Places up to `last` that are still to be sent for the first time.
    pub unsent: Vec<(u64, u64)>,
    /// The newest signed head line that says nothing beyond `last`.
    pub head: Option<String>,
    /// The last entries that were sent.
    pub recent: Vec<Recent>,
}

/// An entry without what signs and chains it: place, item, size, digest, class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent(pub Seq, pub ItemId, pub u64, pub Digest, pub ItemClass);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "heartbeat/1")]
    Heartbeat1,
}

/// The bytes are no heartbeat.
#[derive(Debug, thiserror::Error)]
pub enum HeartbeatError {
    /// It is longer than any.
    #[error("a heartbeat longer than {} bytes", limits::HEARTBEAT_BYTES)]
    TooLong,
    /// It is not JSON with just its fields.
    #[error("not the fields of a heartbeat")]
    Fields(#[source] serde_json::Error),
    /// It names more than a heartbeat does, or ranges that do not go up.
    #[error("a heartbeat that names too much, or ranges that do not go up")]
    Bounds,
}

impl Heartbeat {
    /// A heartbeat.
    pub const fn new(at: Timestamp, sent: u64, backlog: Backlog, streams: Vec<StreamState>) -> Self {
        Self { schema: Schema::Heartbeat1, at, sent, backlog, streams }
    }

    /// Reads what came.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeartbeatError> {
        if bytes.len() > limits::HEARTBEAT_BYTES {
            return Err(HeartbeatError::TooLong);
        }
        let heartbeat: Self = serde_json::from_slice(bytes).map_err(HeartbeatError::Fields)?;
        if heartbeat.is_bounded() { Ok(heartbeat) } else { Err(HeartbeatError::Bounds) }
    }

    /// The bytes that travel.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeartbeatError> {
        let bytes = serde_json::to_vec(self).map_err(HeartbeatError::Fields)?;
        if bytes.len() > limits::HEARTBEAT_BYTES { Err(HeartbeatError::TooLong) } else { Ok(bytes) }
    }

    fn is_bounded(&self) -> bool {
        let recent: usize = self.streams.iter().map(|stream| stream.recent.len()).sum();
        self.streams.len() <= limits::HEARTBEAT_STREAMS
            && recent <= limits::RECENT
            && self.streams.iter().all(StreamState::is_bounded)
    }
}

impl StreamState {
    fn is_bounded(&self) -> bool {
        let mut free_from = 1;
        let mut goes_up = |(first, last): &(u64, u64)| {
            let fits = *first >= free_from && last >= first && *last <= self.last;
            free_from = last.saturating_add(1);
            fits
        };
        self.unsent.len() <= limits::UNSENT_RANGES
            && self.unsent.iter().all(&mut goes_up)
            && self.head.as_ref().is_none_or(|head| head.len() <= LONGEST_LINE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heartbeat(unsent: Vec<(u64, u64)>, recent: usize) -> Heartbeat {
        let entry = |number: usize| {
            let seq = Seq::try_from(number as u64 + 1).unwrap();
            Recent(seq, ItemId::from_bytes([1; 16]), 32768, Digest::of(b"item"), ItemClass::Text)
        };
        let state = StreamState {
            stream: StreamId::from_bytes([3; 16]),
            last: 64,
            sha256: Digest::of(b"line"),
            unsent,
            head: None,
            recent: (0..recent).map(entry).collect(),
        };
        Heartbeat::new(Timestamp::UNIX_EPOCH, 7, Backlog::default(), vec![state])
    }

    #[test]
    fn a_heartbeat_is_read_as_it_was_written_and_is_small() {
        let sent = heartbeat(vec![(3, 4), (9, 64)], limits::RECENT);
        let bytes = sent.to_bytes().unwrap();
        assert!(bytes.len() < 12_000, "{}", bytes.len());
        assert_eq!(Heartbeat::parse(&bytes).unwrap(), sent);
    }

    #[test]
    fn one_that_names_too_much_or_nonsense_is_refused() {
        for wrong in [
            heartbeat(vec![], limits::RECENT + 1),
            heartbeat(vec![(3, 2)], 0),
            heartbeat(vec![(5, 6), (6, 7)], 0),
            heartbeat(vec![(60, 65)], 0),
            heartbeat(vec![(0, 1)], 0),
        ] {
            assert!(matches!(Heartbeat::parse(&wrong.to_bytes().unwrap()), Err(HeartbeatError::Bounds)), "{wrong:?}");
        }
        assert!(matches!(Heartbeat::parse(&vec![b' '; limits::HEARTBEAT_BYTES + 1]), Err(HeartbeatError::TooLong)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_heartbeat_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Heartbeat::parse(&bytes);
        }
    }
}
