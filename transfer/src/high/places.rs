//! What is known of each place of a stream: the digest of its line and the digest that the line cites.
//!
//! A file of 64-byte slots, found by the place alone, so that a chain with holes is checked against both neighbours and a
//! replayed entry is recognised at any length of stream. It is derived from the inbox journal and rebuilt from it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{Seq, VerifiedEntry};

/// The file of places of one stream.
#[derive(Debug)]
pub(crate) struct Places {
    file: File,
    path: PathBuf,
}

/// What one place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The digest of its line.
    pub(crate) digest: Digest,
    /// The digest that the line cites.
    pub(crate) prev: Digest,
}

impl Place {
    /// The place that an entry takes.
    pub(crate) fn of(entry: &VerifiedEntry) -> Self {
        Self { digest: entry.digest(), prev: entry.fields().prev }
    }
}

impl Places {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is known of a place.
    pub(crate) fn read(&self, seq: Seq) -> io::Result<Option<Place>> {
        let mut digest = [0_u8; 32];
        let mut prev = [0_u8; 32];
        let start = slot(seq);
        let read =
            self.file.read_exact_at(&mut digest, start).and_then(|()| self.file.read_exact_at(&mut prev, start + 32));
        match read {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let place = Place { digest: Digest::from_bytes(digest), prev: Digest::from_bytes(prev) };
        Ok((place.digest != Digest::ZERO).then_some(place))
    }

    /// Remembers a place.
    pub(crate) fn write(&self, seq: Seq, place: Place) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(place.digest.as_bytes());
        bytes.extend_from_slice(place.prev.as_bytes());
        self.file.write_all_at(&bytes, slot(seq))
    }

    /// The last place that the file reaches.
    pub(crate) fn covered(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len() / SLOT)
    }

    /// Forgets all places, before they are derived anew.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// Flushes to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Whether one of these places has the line with this digest.
    pub(crate) fn holds(&self, digest: Digest, among: impl Iterator<Item = u64>) -> io::Result<bool> {
        for seq in among.filter_map(|place| Seq::try_from(place).ok()) {
            if self.read(seq)?.is_some_and(|found| found.digest == digest) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn slot(seq: Seq) -> u64 {
    (seq.value() - 1).saturating_mul(SLOT)
}

/// Two digests.
const SLOT: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_and_holes_stay_holes() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::open(&folder.path().join("places")).unwrap();
        let seq = |place: u64| Seq::try_from(place).unwrap();
        let place = Place { digest: Digest::of(b"line"), prev: Digest::ZERO };
        places.write(seq(7), place).unwrap();
        assert_eq!(places.read(seq(7)).unwrap(), Some(place));
        assert_eq!(places.read(seq(6)).unwrap(), None);
        assert_eq!(places.read(seq(8)).unwrap(), None);
        assert!(places.holds(Digest::of(b"line"), 1..=7).unwrap());
        assert!(!places.holds(Digest::of(b"line"), 1..=6).unwrap());
        places.clear().unwrap();
        assert_eq!(places.read(seq(7)).unwrap(), None);
    }
}
