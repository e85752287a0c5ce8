//! Files that are written once and read in pieces.
//!
//! ```text
//! data                      any length
//! tags                      16 bytes for each 16 KiB of data: HMAC(file name, block number, block)
//! data length               u64, big-endian
//! tag                       16 bytes: HMAC(file name, data length, tags)
//! ```
//!
//! The file's name is under each tag, so a whole file put in another's place is as wrong as a flipped bit.

mod cache;

use std::{
    fmt, fs,
    io::{self, Write},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use tantivy::{
    HasLen,
    directory::{AntiCallToken, FileHandle, OwnedBytes, TerminatingWrite},
};

pub(super) use self::cache::BlockCache;
use self::cache::FileNumber;
use super::CheckedFolder;
use crate::{
    key::{TAG, Tag},
    limits::BLOCK,
};

/// A finished file, held open: its data stays readable even after its name is gone.
pub(super) struct BlockFile {
    folder: CheckedFolder,
    name: PathBuf,
    file: fs::File,
    number: FileNumber,
    length: usize,
    tags: Vec<Tag>,
}

impl BlockFile {
    pub(super) fn open(folder: &CheckedFolder, name: &Path) -> io::Result<Self> {
        let damage = |what: &str| folder.inner.damage.report(name, what);
        let file = fs::File::open(folder.at(name)).inspect_err(|error| {
            // tantivy asks only for files that it wrote itself.
            damage(&error.to_string());
        })?;
        let size = file.metadata()?.len();
        let trailer_start = size.checked_sub(TRAILER as u64).ok_or_else(|| damage("shorter than its trailer"))?;
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, trailer_start)?;
        let (length_bytes, trailer_tag) = trailer.split_at(LENGTH);
        let length = length_bytes.iter().fold(0_u64, |length, &byte| length << 8 | u64::from(byte));
        let tags_length = length.div_ceil(BLOCK as u64).checked_mul(TAG as u64);
        if tags_length.and_then(|tags| tags.checked_add(length)) != Some(trailer_start) {
            return Err(damage("not of the length that it names"));
        }
        let mut table = vec![0; narrow(trailer_start - length)?];
        file.read_exact_at(&mut table, length)?;
        if folder.inner.tagger.tag(&[b"file", encoded(name), length_bytes, &table]) != trailer_tag {
            return Err(damage("its table of tags is not what was written"));
        }
        let (tags, _) = table.as_chunks::<TAG>();
        Ok(Self {
            folder: folder.clone(),
            name: name.to_owned(),
            file,
            number: folder.inner.cache.number_a_file(),
            length: narrow(length)?,
            tags: tags.to_vec(),
        })
    }

    /// Reads all data past the cache and compares every tag.
    pub(super) fn scan(&self) -> io::Result<()> {
        for block in 0..self.tags.len() {
            self.read(block..block + 1)?;
        }
        Ok(())
    }

    /// These blocks in one piece, each from the cache or read and compared with its tag.
    fn run(&self, blocks: Range<usize>) -> io::Result<OwnedBytes> {
        if blocks.len() > CACHED_RUN {
            // A column or a dictionary: whoever reads so much at once keeps it.
            return self.read(blocks).map(OwnedBytes::new);
        }
        let cache = &self.folder.inner.cache;
        let mut found = cache.find(self.number, blocks.clone());
        for (block, bytes) in blocks.clone().zip(&mut found) {
            if bytes.is_none() {
                let read = OwnedBytes::new(self.read(block..block + 1)?);
                cache.keep(self.number, block, &read);
                *bytes = Some(read);
            }
        }
        let mut pieces = found.into_iter().flatten();
        match (pieces.next(), blocks.len()) {
            (Some(only), 1) => Ok(only),
            (first, _) => {
                let mut whole = Vec::with_capacity(blocks.len() * BLOCK);
                first.into_iter().chain(pieces).for_each(|piece| whole.extend_from_slice(&piece));
                Ok(OwnedBytes::new(whole))
            }
        }
    }

    fn read(&self, blocks: Range<usize>) -> io::Result<Vec<u8>> {
        let start = blocks.start.saturating_mul(BLOCK);
        let mut bytes = vec![0; blocks.end.saturating_mul(BLOCK).min(self.length).saturating_sub(start)];
        let damage = |what: &str| self.folder.inner.damage.report(&self.name, what);
        self.file.read_exact_at(&mut bytes, start as u64).map_err(|error| damage(&error.to_string()))?;
        let expected = self.tags.get(blocks.clone()).ok_or_else(|| damage("read past its end"))?;
        for ((block, content), expected) in blocks.zip(bytes.chunks(BLOCK)).zip(expected) {
            if block_tag(&self.folder, &self.name, block, content) != *expected {
                return Err(damage("a block is not what was written"));
            }
        }
        Ok(bytes)
    }
}

impl FileHandle for BlockFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.start > range.end || range.end > self.length {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a read past the end of the file"));
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let blocks = range.start / BLOCK..range.end.div_ceil(BLOCK);
        let offset = blocks.start * BLOCK;
        Ok(self.run(blocks)?.slice(range.start - offset..range.end - offset))
    }
}

impl HasLen for BlockFile {
    fn len(&self) -> usize {
        self.length
    }
}

impl fmt::Debug for BlockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockFile({})", self.name.display())
    }
}

/// A file being written, under a name of its own until it is complete.
pub(super) struct BlockWriter {
    folder: CheckedFolder,
    name: PathBuf,
    file: fs::File,
    length: u64,
    block: Vec<u8>,
    table: Vec<u8>,
}

impl BlockWriter {
    pub(super) fn create(folder: &CheckedFolder, name: &Path) -> io::Result<Self> {
        if folder.at(name).try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Self {
            folder: folder.clone(),
            name: name.to_owned(),
            file: fs::File::create_new(folder.part(name))?,
            length: 0,
            block: Vec::with_capacity(BLOCK),
            table: Vec::new(),
        })
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let number = self.table.len() / TAG;
        self.table.extend(block_tag(&self.folder, &self.name, number, &self.block));
        self.file.write_all(&self.block)?;
        self.length += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }
}

impl Write for BlockWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BLOCK - self.block.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.block.extend_from_slice(taken);
        if self.block.len() == BLOCK {
            self.end_block()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for BlockWriter {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.end_block()?;
        let length = self.length.to_be_bytes();
        let tag = self.folder.inner.tagger.tag(&[b"file", encoded(&self.name), &length, &self.table]);
        self.file.write_all(&self.table)?;
        self.file.write_all(&length)?;
        self.file.write_all(&tag)?;
        self.file.sync_data()?;
        fs::rename(self.folder.part(&self.name), self.folder.at(&self.name))
    }
}

fn block_tag(folder: &CheckedFolder, name: &Path, number: usize, block: &[u8]) -> Tag {
    folder.inner.tagger.tag(&[b"block", encoded(name), &(number as u64).to_be_bytes(), block])
}

fn encoded(name: &Path) -> &[u8] {
    name.as_os_str().as_encoded_bytes()
}

fn narrow(length: u64) -> io::Result<usize> {
    usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

/// Blocks read together that go through the cache: a megabyte.
const CACHED_RUN: usize = 64;
const LENGTH: usize = 8;
const TRAILER: usize = LENGTH + TAG;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::directory::Directory as _;

    use super::*;
    use crate::key::IndexKey;

    fn folder(path: &Path) -> CheckedFolder {
        CheckedFolder::open(path, IndexKey::from_bytes([1; 32]).purpose("files")).unwrap()
    }

    fn write(folder: &CheckedFolder, name: &str, content: &[u8]) {
        let mut writer = folder.open_write(Path::new(name)).unwrap();
        writer.write_all(content).unwrap();
        writer.terminate().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_range_reads_what_was_written(length in 0_usize..3 * BLOCK, a: usize, b: usize) {
            let place = tempfile::tempdir().unwrap();
            let folder = folder(place.path());
            let content: Vec<u8> = (0..=250_u8).cycle().take(length).collect();
            write(&folder, "x.idx", &content);
            let handle = folder.get_file_handle(Path::new("x.idx")).unwrap();
            let (a, b) = (a % (length + 1), b % (length + 1));
            let range = a.min(b)..a.max(b);
            for _ in 0..2 {
                let read = handle.read_bytes(range.clone()).unwrap();
                prop_assert_eq!(read.as_slice(), &content[range.clone()]);
            }
            prop_assert!(folder.scan([PathBuf::from("x.idx")]).is_ok());
            prop_assert!(handle.read_bytes(0..length + 1).is_err());
        }

        #[test]
        fn any_flipped_bit_and_any_cut_is_found(length in 1_usize..2 * BLOCK, at: usize, bit in 0..8, cut: bool) {
            let place = tempfile::tempdir().unwrap();
            let folder = folder(place.path());
            write(&folder, "x.idx", &vec![7; length]);
            let path = place.path().join("x.idx");
            let mut bytes = fs::read(&path).unwrap();
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1_u8 << bit }
            fs::write(&path, bytes).unwrap();
            prop_assert!(folder.scan([PathBuf::from("x.idx")]).is_err());
            prop_assert!(folder.damage().found().is_some());
        }
    }

    #[test]
    fn a_file_in_another_ones_place_is_found() {
        let place = tempfile::tempdir().unwrap();
        let folder = folder(place.path());
        write(&folder, "a.idx", b"text");
        fs::rename(place.path().join("a.idx"), place.path().join("b.idx")).unwrap();
        assert!(folder.scan([PathBuf::from("b.idx")]).is_err());
    }

    #[test]
    fn a_file_cut_while_it_is_open_is_an_error_and_not_a_signal() {
        let place = tempfile::tempdir().unwrap();
        let folder = folder(place.path());
        write(&folder, "a.idx", &vec![1; 5 * BLOCK]);
        let handle = folder.get_file_handle(Path::new("a.idx")).unwrap();
        fs::File::create(place.path().join("a.idx")).unwrap();
        assert!(handle.read_bytes(0..5 * BLOCK).is_err());
        assert!(folder.damage().found().is_some());
    }

    #[test]
    fn half_written_files_have_no_name_and_are_swept() {
        let place = tempfile::tempdir().unwrap();
        let writer = folder(place.path()).open_write(Path::new("a.idx")).unwrap();
        drop(writer);
        assert!(!folder(place.path()).exists(Path::new("a.idx")).unwrap());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn small_files_are_tagged_too() {
        let place = tempfile::tempdir().unwrap();
        let folder = folder(place.path());
        folder.atomic_write(Path::new("meta.json"), b"{}").unwrap();
        folder.atomic_write(Path::new("meta.json"), b"{\"a\":1}").unwrap();
        assert_eq!(folder.atomic_read(Path::new("meta.json")).unwrap(), b"{\"a\":1}");
        let path = place.path().join("meta.json");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            fs::write(&path, &whole[..at]).unwrap();
            assert!(folder.atomic_read(Path::new("meta.json")).is_err());
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, flipped).unwrap();
            assert!(folder.atomic_read(Path::new("meta.json")).is_err());
        }
    }
}
