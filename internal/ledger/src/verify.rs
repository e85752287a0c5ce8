//! Verification without any store key: what is on disk against the chain and against signed heads.
//!
//! The chain finds a line that was changed, removed, moved or put in between; heads find a tail that was cut and a chain
//! that was written anew. A head taken off the host finds them even if root removed the heads that lie beside the
//! ledger. What lies behind the newest head is chained, but nobody has vouched for it yet.

mod finding;
#[cfg(test)]
mod tests;
mod walk;

use std::{
    io,
    path::{Path, PathBuf},
};

use nightsafe_schema::digest::Digest;

use crate::{
    head::{HeadError, LedgerPublicKey, SignedHead, kept_heads},
    ledger::{
        Tail, heads_folder,
        segments::{self, first_missing},
    },
    verify::walk::Walk,
};

pub use finding::{Fault, Finding};

/// A ledger in which nothing was found amiss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intact {
    /// Its last event.
    pub tail: Tail,
    /// How many signed heads agree with it.
    pub heads: u64,
    /// The newest event that a head speaks of; what follows is only chained. 0 without heads.
    pub vouched_through: u64,
    /// Bytes of an append that is under way or was interrupted, behind the last finished batch.
    pub unfinished: u64,
}

/// The ledger is not intact, or could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It was altered.
    #[error("{0}")]
    Tampered(Finding),
    /// A head cannot be read, or is not signed by this key.
    #[error("a signed head of the ledger is not usable")]
    Head(#[source] HeadError),
    /// The disk refused.
    #[error("the ledger {path} could not be read")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// Verifies the ledger in `folder` line by line, against the heads kept beside it and against one from elsewhere.
pub fn verify(folder: &Path, key: &LedgerPublicKey, against: Option<&SignedHead>) -> Result<Intact, VerifyError> {
    let heads = expected_heads(folder, key, against)?;
    let numbers = segments::segment_numbers(folder).map_err(|source| disk(folder, source))?;
    let mut walk = Walk::new(heads);
    if let Some(segment) = first_missing(&numbers) {
        // Name what is amiss before the gap first.
        walk.segments(folder, segment - 1)?;
        let finding = Finding { segment, line: 0, seq: walk.tail.seq + 1, fault: Fault::MissingSegment };
        return Err(VerifyError::Tampered(finding));
    }
    let last = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    walk.segments(folder, last)?;
    walk.finish()
}

/// What heads say, verified: event number and digest, ascending.
fn expected_heads(
    folder: &Path,
    key: &LedgerPublicKey,
    against: Option<&SignedHead>,
) -> Result<Vec<(u64, Digest)>, VerifyError> {
    let folder = heads_folder(folder);
    let kept = match kept_heads(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        kept => kept.map_err(|source| disk(&folder, source))?,
    };
    let mut heads = Vec::new();
    for (_, path) in kept {
        let head = SignedHead::read(&path).and_then(|head| head.verify(key)).map_err(VerifyError::Head)?;
        heads.push((head.seq, head.sha256));
    }
    if let Some(head) = against {
        let head = head.verify(key).map_err(VerifyError::Head)?;
        heads.push((head.seq, head.sha256));
    }
    heads.sort_unstable();
    Ok(heads)
}

fn disk(path: &Path, source: io::Error) -> VerifyError {
    VerifyError::Disk { path: path.to_owned(), source }
}
