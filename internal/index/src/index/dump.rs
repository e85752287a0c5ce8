//! The canonical dump: the whole content of the index as lines that follow from the ledger alone.
//!
//! Its SHA-256 is the identity of the index: built at once or event by event, in whatever segments and pages, the same
//! ledger gives the same bytes. Values and terms stand in it as keyed hashes, so that a dump holds no part of a report.

use std::io::{self, Write};

use nightsafe_schema::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::Index;
use crate::{error::IndexError, hex::Hex, position::FORMAT, projections::Tree};

impl Index {
    /// Writes the dump and returns its digest. Nothing is applied meanwhile.
    pub fn dump(&self, out: &mut dyn Write) -> Result<Digest, IndexError> {
        let _states = self.writing();
        self.ask(|stores| {
            let position = stores.position()?;
            let tagger = self.key.purpose("dump");
            let mut lines = Lines { out, digest: Sha256::new(), failed: None };
            lines.put(&format!(
                "nightsafe-index/{FORMAT} {} {} {}",
                position.seq,
                position.digest,
                self.rules.digest()
            ));
            for &tree in Tree::ALL {
                stores.projections.each(tree, &[], |key, value| {
                    lines.put(&format!("row {} {} {}", tree.name(), Hex(key), Hex(&tagger.tag(&[b"value", value]))));
                    Ok(lines.failed.is_none())
                })?;
            }
            stores.text.dump(&tagger, &mut |line| {
                lines.put(line);
                lines.failed.is_none()
            })?;
            lines.finish().map_err(IndexError::Dump)
        })
    }
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    digest: Sha256,
    failed: Option<io::Error>,
}

impl Lines<'_> {
    fn put(&mut self, line: &str) {
        let bytes = [line.as_bytes(), b"\n"].concat();
        self.digest.update(&bytes);
        if self.failed.is_none() {
            self.failed = self.out.write_all(&bytes).err();
        }
    }

    fn finish(self) -> io::Result<Digest> {
        self.failed.map_or(Ok(()), Err)?;
        self.out.flush()?;
        Ok(Digest::from_bytes(self.digest.finalize().into()))
    }
}
