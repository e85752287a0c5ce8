//! Notes: what a reader of the ledger has made of it, kept so that the next start need not read everything again.
//!
//! A cache and no more. A note is sealed under the site key, bound to its name and to the event up to which it speaks, and
//! given back only if that event is still the one there. Nothing that the ledger does depends on one.

use std::{io, path::PathBuf};

use zeroize::Zeroizing;

use crate::{
    event::EventLog as _,
    files,
    key_table::{KeyPurpose, KeySlot, SITE_OWNER},
    ledger::{Ledger, Tail},
    sealed_part,
};

/// A note that was kept.
pub struct Note {
    /// The last event that it takes in.
    pub at: Tail,
    /// What it says.
    pub content: Zeroizing<Vec<u8>>,
}

impl Ledger {
    /// Keeps a note in place of the one of this name, a plain word. It speaks of everything up to `at`.
    pub fn keep_note(&self, name: &str, at: Tail, content: &[u8]) -> io::Result<()> {
        let key = self.keys.unwrap(KeySlot::SITE, KeyPurpose::Site, SITE_OWNER).map_err(io::Error::other)?;
        let key = key.as_ref().and_then(|key| key.expose_whole());
        let key = key.ok_or_else(|| io::Error::other("the site key is no key"))?;
        let head = head(name, at);
        let sealed = sealed_part::seal(key, &head, content, self.keys.randomness()).map_err(io::Error::other)?;
        files::replace(&self.note_path(name), &[head, sealed].concat())
    }

    /// The note of this name, if there is one and it speaks of this ledger.
    pub fn note(&self, name: &str) -> Option<Note> {
        let bytes = files::read_bounded(&self.note_path(name), LARGEST).ok()?;
        let mut rest = bytes.strip_prefix(format!("{MAGIC}{name}\n").as_bytes())?;
        let seq = u64::from_be_bytes(take(&mut rest)?);
        let at = Tail { seq, digest: nightsafe_schema::digest::Digest::from_bytes(take(&mut rest)?) };
        if !self.has(at) {
            return None;
        }
        let key = self.keys.unwrap(KeySlot::SITE, KeyPurpose::Site, SITE_OWNER).ok()??;
        let content = sealed_part::open(key.expose_whole()?, &head(name, at), rest)?;
        Some(Note { at, content })
    }

    /// Whether this event is the one of its number.
    fn has(&self, event: Tail) -> bool {
        if event == Tail::EMPTY || event == self.tail() {
            return true;
        }
        let digest = self.reader(event.seq).and_then(|mut reader| reader.next_line(|_line, digest| Ok(digest)));
        matches!(digest, Ok(Some(digest)) if digest == event.digest)
    }

    fn note_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.cache"))
    }
}

fn head(name: &str, at: Tail) -> Vec<u8> {
    [MAGIC.as_bytes(), name.as_bytes(), b"\n", &at.seq.to_be_bytes(), at.digest.as_bytes()].concat()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

const MAGIC: &str = "nightsafe-ledger-note/1 ";

/// Some hundred bytes a case: more cases than any ledger will see.
const LARGEST: u64 = 4 * 1024 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Site, draft};

    #[test]
    fn a_note_comes_back_only_in_its_own_ledger_and_as_it_was() {
        let site = Site::new();
        let ledger = site.open();
        assert!(ledger.note("reader").is_none());
        for number in 1..200 {
            ledger.append(vec![draft(number, serde_json::json!(number))]).unwrap();
        }
        let at = ledger.tail();
        ledger.keep_note("reader", at, b"what was read").unwrap();
        ledger.append(vec![draft(500, serde_json::json!(0))]).unwrap();
        drop(ledger);
        let ledger = site.open();
        let note = ledger.note("reader").unwrap();
        assert_eq!((note.at, note.content.as_slice()), (at, &b"what was read"[..]));
        assert!(ledger.note("another").is_none());

        let path = ledger.note_path("reader");
        let kept = std::fs::read(&path).unwrap();
        std::fs::write(ledger.note_path("another"), &kept).unwrap();
        assert!(ledger.note("another").is_none());
        for position in 0..kept.len() {
            let mut changed = kept.clone();
            changed[position] ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(ledger.note("reader").is_none(), "{position}");
            std::fs::write(&path, &kept[..position]).unwrap();
            assert!(ledger.note("reader").is_none(), "{position}");
        }
        drop(ledger);

        std::fs::write(&path, &kept).unwrap();
        std::fs::remove_dir_all(site.ledger_folder().join("heads")).unwrap();
        std::fs::remove_file(site.segment(1)).unwrap();
        site.forget_positions();
        let other = site.open();
        assert!(other.note("reader").is_none());
        for number in 1..200 {
            other.append(vec![draft(number, serde_json::json!("another event"))]).unwrap();
        }
        assert!(other.note("reader").is_none());
    }
}
