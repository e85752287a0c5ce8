//! What can go wrong with a ledger, by what was asked of it.

use std::{io, path::PathBuf, sync::Arc};

use nightsafe_schema::{case::CaseId, randomness::NoRandomness};

use crate::{head::HeadError, key_table::KeyTableError};

/// The ledger stays shut.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk refused.
    #[error("the ledger {path} cannot be opened")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another process writes to it.
    #[error("another process has the ledger {folder} open")]
    InUse {
        /// The ledger's folder.
        folder: PathBuf,
    },
    /// A segment is gone.
    #[error("segment {number} of the ledger is missing")]
    MissingSegment {
        /// Its number, from 1.
        number: u32,
    },
    /// A line is not what was written, and an interrupted append does not explain it. `audit verify` says more.
    #[error("segment {segment} of the ledger is damaged at byte {offset}")]
    Damaged {
        /// The segment's number.
        segment: u32,
        /// Where the first bad line starts.
        offset: u64,
    },
    /// A signed head speaks of events that are gone.
    #[error("the ledger ends at event {tail}, but a signed head speaks of event {head}")]
    TailCut {
        /// The last event found.
        tail: u64,
        /// The newest head's event.
        head: u64,
    },
    /// The newest signed head speaks of another line.
    #[error("event {seq} is not the one that the newest signed head speaks of")]
    HeadMismatch {
        /// The head's event.
        seq: u64,
    },
    /// The newest head cannot be read or trusted.
    #[error("the newest signed head is not usable")]
    Head(#[source] HeadError),
    /// The last event does not open: the key table is another ledger's, or older than this one.
    #[error("the last event of the ledger does not open with this key table")]
    LastEvent(#[source] ReadError),
}

/// Nothing of the batch was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Someone else changed the case meanwhile.
    #[error("case {case} is at version {found}, not {expected}")]
    VersionConflict {
        /// The case.
        case: CaseId,
        /// The version that the draft expected.
        expected: u64,
        /// The version that it has.
        found: u64,
    },
    /// The key of the case is erased; nothing can be added to it.
    #[error("the key of case {case} is erased")]
    CaseErased {
        /// The case.
        case: CaseId,
    },
    /// The draft at this place of the batch breaks a rule of the format.
    #[error("draft {index} of the batch is not an event: {reason}")]
    Draft {
        /// Its place, from 0.
        index: usize,
        /// Which rule.
        reason: &'static str,
    },
    /// The batch is empty, has too many events, or is longer than a segment.
    #[error("the batch is empty or too large")]
    BatchSize,
    /// The ledger has reached its largest event number or segment number.
    #[error("the ledger is full")]
    Full,
    /// No nonce could be drawn.
    #[error("no random bytes to seal with")]
    Randomness(#[source] NoRandomness),
    /// The key table refused.
    #[error("the keys of the batch could not be kept or used")]
    Keys(#[source] Arc<KeyTableError>),
    /// The disk refused: this batch, or to take back what an earlier refused write left. The ledger is as it was before.
    #[error("the batch could not be written")]
    Disk(#[source] Arc<io::Error>),
}

/// An event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A line is not what was written.
    #[error("segment {segment} of the ledger is damaged at byte {offset}")]
    Damaged {
        /// The segment's number.
        segment: u32,
        /// Where the line starts.
        offset: u64,
    },
    /// A part does not open although its key is there.
    #[error("event {seq} does not open with its key")]
    Sealed {
        /// The event.
        seq: u64,
    },
    /// The key table refused.
    #[error("the key of event {seq} could not be used")]
    Keys {
        /// The event.
        seq: u64,
        /// What the key table said.
        #[source]
        source: KeyTableError,
    },
    /// The disk refused.
    #[error("segment {segment} of the ledger could not be read")]
    Disk {
        /// The segment's number.
        segment: u32,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}
