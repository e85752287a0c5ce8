//! How attachments are looked at: their safe copies, and their originals by two people.

use std::{fmt, io::Read};

use nightsafe_casework::safe_copy::{CopyKind, NoCopy, OriginalRequest};

/// How an attachment that has come can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRow {
    /// Its safe copy; none if its kind has none and it is listed only.
    pub copy: Option<(CopyKind, CopyState)>,
    /// Who asked for the original, while that is open.
    pub original: Option<OriginalRequest>,
}

/// How far a safe copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// Nobody has begun.
    Waiting,
    /// It is being made.
    Making,
    /// It can be looked at.
    Made {
        /// How many parts it has: the pages of a document.
        parts: u32,
    },
    /// There is none, until somebody asks again.
    Refused(NoCopy),
}

/// Bytes to be handed out, as a stream.
pub struct Media {
    /// What they are: one of the types of safe copies, or octets.
    pub media_type: &'static str,
    /// How many.
    pub length: u64,
    /// Where they come from.
    pub bytes: Box<dyn Read + Send>,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
