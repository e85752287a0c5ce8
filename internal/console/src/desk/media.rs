//! How attachments are looked at: their safe copies, and their originals by two people.

use std::{
    fmt,
    io::{self, Read},
};

use nightsafe_casework::safe_copy::{CopyKind, NoCopy, OriginalRequest};
use nightsafe_schema::item::ItemId;

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

/// Which safe copies a page puts before its reader together with the case: one look, one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// None.
    Nothing,
    /// The first page or the picture of every attachment that is one.
    Pictures,
    /// One part of one attachment.
    Part(ItemId, u32),
}

/// Where bytes come from, in order; what is not wanted is passed over.
pub trait Source: Read + Send {
    /// Passes over so many bytes.
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut Read::take(&mut *self, bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Source for &[u8] {}

impl<T: AsRef<[u8]> + Send> Source for io::Cursor<T> {}

/// Bytes to be handed out, as a stream.
pub struct Media {
    /// What they are: one of the types of safe copies, or octets.
    pub media_type: &'static str,
    /// How many.
    pub length: u64,
    /// Where they come from.
    pub bytes: Box<dyn Source>,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
