//! The doors by which items come in: what the gateways sealed, over the gap; what a clerk registered, at the counter.
//!
//! Each has an inbox, streams and keys of its own, and nothing that came by one is believed to have come by the other:
//! a gateway's key signs nothing for the counter's stream, the counter's key nothing for a gateway's, and a report whose
//! envelope names a channel of the other door is quarantined. From there on all items go one way.

use nightsafe_schema::{
    catalog::Strictness,
    intake::Intake,
    journal::{Entry, JournalKey, JournalKeys, StreamId},
};

use super::trust::Trust;

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// From the gateways, by way of the transfer.
    Gap,
    /// From the clerks inside.
    Counter,
}

/// What the counter's stream is called, and the one key that is believed about it.
#[derive(Debug, Clone)]
pub(crate) struct CounterTrust {
    /// The stream.
    pub(crate) stream: StreamId,
    /// Its key.
    pub(crate) key: JournalKey,
}

impl Door {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Gap, Self::Counter];

    /// The keys that are believed about entries of this door.
    pub(crate) fn keys(self, trust: &Trust) -> JournalKeys {
        match self {
            Self::Gap => trust.gateway_keys(),
            Self::Counter => vec![trust.counter().key.clone()],
        }
    }

    /// Whether this entry's stream is one of this door, whoever signed it.
    pub(crate) fn has_stream(self, entry: &Entry, trust: &Trust) -> bool {
        (entry.fields().stream == trust.counter().stream) == (self == Self::Counter)
    }

    /// Whether a report with this envelope can have come by this door.
    pub(crate) const fn lets_in(self, intake: &Intake) -> bool {
        let inside = matches!(self, Self::Counter);
        intake.is_of_one_door() && intake.channel.is_registered_inside() == inside
    }

    /// How its reports are held to the catalog.
    pub(crate) const fn strictness(self) -> Strictness {
        match self {
            Self::Gap => Strictness::Strict,
            Self::Counter => Strictness::Registered,
        }
    }
}
