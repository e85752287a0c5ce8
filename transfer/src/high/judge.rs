//! Judges a signed entry by everything known of its stream: is it new, known, or a contradiction?

use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{Seq, VerifiedEntry, VerifiedHead};
use nightsafe_schema::ring::KeyName;

use crate::high::inbox::{Inbox, InboxError};
use crate::high::places::Place;
use crate::high::refusal::Refusal;
use crate::high::stream::{Stream, StreamError};
use crate::high::stream_record::Origin;
use crate::limits;
use crate::trust::Gateways;

/// An entry that fits everything known of its stream, and whose item has not been handed over.
#[derive(Clone, Debug)]
pub(crate) struct FittingEntry(VerifiedEntry);

/// What an entry is.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// It fits; its item is wanted.
    Fits(Box<FittingEntry>),
    /// Its item was handed over before.
    Known,
    /// It contradicts what is known.
    Refused(Refusal),
}

/// What a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadJudgement {
    /// It fits and is newer than the one known.
    Newer,
    /// It fits and tells nothing new.
    Known,
    /// It contradicts what is known.
    Contradiction,
}

/// Why nothing can be said of an entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JudgeError {
    /// The inbox cannot be used.
    #[error("cannot compare with the inbox")]
    Inbox(#[source] InboxError),
    /// The stream cannot be used.
    #[error("cannot compare with the stream")]
    Stream(#[source] StreamError),
}

impl HasExitCode for JudgeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Inbox(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
        }
    }
}

impl FittingEntry {
    /// The entry.
    pub(crate) fn entry(&self) -> &VerifiedEntry {
        &self.0
    }

    /// The entry, once its item is copied or not to be had.
    pub(crate) fn into_entry(self) -> VerifiedEntry {
        self.0
    }
}

impl Inbox {
    /// Judges an entry that `gateway` signed, and announces its place if it fits.
    pub(crate) fn judge(
        &mut self,
        entry: VerifiedEntry,
        gateway: &KeyName,
        gateways: &Gateways,
    ) -> Result<Judgement, JudgeError> {
        let (stream, seq, prev) = (entry.fields().stream, entry.fields().seq, entry.fields().prev);
        if seq.value() > limits::FURTHEST_PLACE {
            return Ok(Judgement::Refused(Refusal::TooFar));
        }
        let origin = (seq == Seq::FIRST).then(|| Origin::at(prev));
        if origin.is_some_and(|origin| self.is_taken(origin, &entry, gateway)) {
            return Ok(Judgement::Refused(Refusal::UnannouncedStream));
        }
        let known = self.stream(stream, gateways).map_err(JudgeError::Inbox)?;
        if known.record.gateway.as_ref().is_some_and(|owner| owner != gateway) {
            return Ok(Judgement::Refused(Refusal::OtherGateway));
        }
        match known.place(seq).map_err(JudgeError::Stream)? {
            Some(place) if place.digest != entry.digest() => return Ok(Judgement::Refused(Refusal::OtherDigest)),
            Some(_) if known.has(seq) => return Ok(Judgement::Known),
            Some(_) => return Ok(Judgement::Fits(Box::new(FittingEntry(entry)))),
            None => {}
        }
        if !fits_neighbours(known, &entry).map_err(JudgeError::Stream)? {
            return Ok(Judgement::Refused(Refusal::BrokenChain));
        }
        known.record.gateway.get_or_insert_with(|| gateway.clone());
        known.announce(&entry, origin).map_err(JudgeError::Stream)?;
        Ok(Judgement::Fits(Box::new(FittingEntry(entry))))
    }

    /// Judges a head that `gateway` signed, and takes it over if it fits and is newer.
    pub(crate) fn judge_head(
        &mut self,
        head: &VerifiedHead,
        gateway: &KeyName,
        gateways: &Gateways,
    ) -> Result<HeadJudgement, JudgeError> {
        let fields = head.fields();
        if fields.seq > limits::FURTHEST_PLACE {
            return Ok(HeadJudgement::Contradiction);
        }
        let known = self.stream(fields.stream, gateways).map_err(JudgeError::Inbox)?;
        let owner_differs = known.record.gateway.as_ref().is_some_and(|owner| owner != gateway);
        let mark_differs = known.record.head.is_some_and(|mark| mark.seq == fields.seq && mark.sha256 != fields.sha256);
        if owner_differs || mark_differs || contradicts(known, fields.seq, fields.sha256).map_err(JudgeError::Stream)? {
            return Ok(HeadJudgement::Contradiction);
        }
        known.record.gateway.get_or_insert_with(|| gateway.clone());
        let is_newer = known.take_head(head).map_err(JudgeError::Stream)?;
        Ok(if is_newer { HeadJudgement::Newer } else { HeadJudgement::Known })
    }

    /// Finds out which streams that cite an earlier line cite one that is known by now.
    pub(crate) fn find_cited_lines(&mut self) -> Result<(), JudgeError> {
        let open: Vec<_> = self
            .streams
            .iter()
            .filter_map(|(stream, known)| match known.record.origin {
                Origin::CitesUnknown(digest) => Some((*stream, digest)),
                _ => None,
            })
            .collect();
        for (stream, digest) in open {
            let mut found = false;
            for (other, known) in &self.streams {
                found |= *other != stream && holds(known, digest).map_err(JudgeError::Stream)?;
            }
            if let Some(known) = self.streams.get_mut(&stream).filter(|_| found) {
                known.record.origin = Origin::Cites(digest);
            }
        }
        Ok(())
    }

    /// Whether another stream begins where this one would: a gateway has one stream that starts at zeros, and no line is
    /// cited by two streams. Else a restored snapshot would fork the chain unseen.
    fn is_taken(&self, origin: Origin, entry: &VerifiedEntry, gateway: &KeyName) -> bool {
        let cited = |origin: Origin| match origin {
            Origin::Cites(digest) | Origin::CitesUnknown(digest) => Some(digest),
            Origin::Unknown | Origin::Zeros => None,
        };
        self.streams.iter().filter(|(stream, _)| **stream != entry.fields().stream).any(|(_, other)| match origin {
            Origin::Zeros => other.record.origin == Origin::Zeros && other.record.gateway.as_ref() == Some(gateway),
            _ => cited(other.record.origin).is_some() && cited(other.record.origin) == cited(origin),
        })
    }
}

/// Compares an entry with the places beside it and with the newest head.
fn fits_neighbours(known: &Stream, entry: &VerifiedEntry) -> Result<bool, StreamError> {
    let Place { digest, prev } = Place::of(entry);
    let seq = entry.fields().seq;
    let neighbour = |seq: Option<Seq>| seq.map_or(Ok(None), |seq| known.place(seq));
    let follows = neighbour(seq.previous())?.is_none_or(|before| before.digest == prev);
    let is_followed = neighbour(seq.next())?.is_none_or(|after| after.prev == digest);
    let fits_head = known.record.head.is_none_or(|head| match head.seq {
        at if at == seq.value() => head.sha256 == digest,
        at if at + 1 == seq.value() => head.sha256 == prev,
        _ => true,
    });
    Ok(follows && is_followed && fits_head)
}

/// Whether a head that names this line at this place cannot be true.
fn contradicts(known: &Stream, seq: u64, sha256: Digest) -> Result<bool, StreamError> {
    let at = |place: u64| Seq::try_from(place).ok().map_or(Ok(None), |seq| known.place(seq));
    let here = at(seq)?.is_some_and(|place| place.digest != sha256);
    let next = at(seq + 1)?.is_some_and(|place| place.prev != sha256);
    Ok(here || next)
}

fn holds(known: &Stream, digest: Digest) -> Result<bool, StreamError> {
    let is_head = known.record.head.is_some_and(|head| head.sha256 == digest);
    // Only what was handed over is searched: a place far out costs a gateway nothing to announce.
    let places = known.record.received.places();
    Ok(is_head || known.places.holds(digest, places).map_err(|source| known.places_error(source))?)
}
