//! Files of lines that only grow: journals.
//!
//! A line without its `\n` does not exist yet (DESIGN section 6). The writer cuts such a torn tail when it opens its own
//! file; a reader of somebody else's file leaves it alone and stops before it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::durable_file::{self, DurableError, Step};
use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// The end of a line file, held by its one writer.
#[derive(Debug)]
pub struct LineWriter {
    file: File,
    path: PathBuf,
    length: u64,
}

impl LineWriter {
    /// Opens the file at its end, or makes it; a last line without `\n` is cut off.
    pub fn open(path: &Path) -> Result<Self, DurableError> {
        let existed = path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o640)
            .open(path)
            .map_err(DurableError::step(Step::Create, path))?;
        let length = whole_lines(&mut file).map_err(DurableError::step(Step::Write, path))?;
        let mut writer = Self { file, path: path.to_owned(), length };
        writer.cut()?;
        if !existed {
            durable_file::sync_folder(durable_file::parent(path)?)?;
        }
        Ok(writer)
    }

    /// Appends `line` and `\n`. It exists for good after [`Self::sync`]; if this fails, the file is as before.
    pub fn append(&mut self, line: &[u8]) -> Result<(), DurableError> {
        self.append_all([line])
    }

    /// Appends each line and its `\n` in one write: a process that is killed leaves all of them or none.
    pub fn append_all<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<(), DurableError> {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        if let Err(source) = self.file.write_all_at(&bytes, self.length) {
            self.cut()?;
            return Err(DurableError::step(Step::Write, &self.path)(source));
        }
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Flushes all appended lines to the disk.
    pub fn sync(&mut self) -> Result<(), DurableError> {
        self.file.sync_data().map_err(DurableError::step(Step::Flush, &self.path))
    }

    /// The length of the file in bytes, which is a place between two lines.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes the last lines off again, back to a [`Self::length`] seen before: what was appended but never synced.
    pub fn truncate_to(&mut self, length: u64) -> Result<(), DurableError> {
        self.length = self.length.min(length);
        self.cut()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn cut(&mut self) -> Result<(), DurableError> {
        let cut = || -> io::Result<()> {
            if self.file.metadata()?.len() > self.length {
                self.file.set_len(self.length)?;
                self.file.sync_data()?;
            }
            Ok(())
        };
        cut().map_err(DurableError::step(Step::Write, &self.path))
    }
}

/// Why a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The operating system refused.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A line is longer than its kind may be.
    #[error("line {line} of {path} is longer than {limit} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// The most a line may hold, in bytes.
        limit: usize,
    },
}

impl HasExitCode for LineError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } => exit_code_of_io(source),
            Self::TooLong { .. } => ExitCode::Integrity,
        }
    }
}

/// Reads a line file from its start, or from a place between two lines, one bounded line at a time.
#[derive(Debug)]
pub struct LineReader {
    reader: BufReader<File>,
    path: PathBuf,
    limit: usize,
    line: u64,
    position: u64,
}

impl LineReader {
    /// Reads lines of at most `limit` bytes, `\n` not counted.
    pub fn open(path: &Path, limit: usize) -> Result<Self, LineError> {
        Self::open_at(path, limit, 0)
    }

    /// As [`Self::open`], from byte `position`, which must be the start of a line.
    pub fn open_at(path: &Path, limit: usize, position: u64) -> Result<Self, LineError> {
        let refused = |source| LineError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(refused)?;
        file.seek(SeekFrom::Start(position)).map_err(refused)?;
        Ok(Self { position, ..Self::of(file, path, limit) })
    }

    /// As [`Self::open`], from a file that was opened with care; `path` is for messages.
    pub fn of(file: File, path: &Path, limit: usize) -> Self {
        Self { reader: BufReader::new(file), path: path.to_owned(), limit, line: 0, position: 0 }
    }

    /// The next whole line without its `\n`; `None` at the end, or before a torn tail.
    pub fn next_line(&mut self) -> Result<Option<Vec<u8>>, LineError> {
        let mut line = Vec::new();
        let bound = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = self
            .reader
            .by_ref()
            .take(bound)
            .read_until(b'\n', &mut line)
            .map_err(|source| LineError::Read { path: self.path.clone(), source })?;
        if line.pop_if(|last| *last == b'\n').is_some() {
            self.line += 1;
            self.position = self.position.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
            return Ok(Some(line));
        }
        if line.len() > self.limit {
            return Err(LineError::TooLong { path: self.path.clone(), line: self.line + 1, limit: self.limit });
        }
        Ok(None)
    }

    /// The byte after the last line read.
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl Iterator for LineReader {
    type Item = Result<Vec<u8>, LineError>;

    /// After an error the reader is not at the start of a line: stop there.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

/// The length of the file up to and with its last `\n`.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = vec![0_u8; TAIL_BLOCK];
    while end > 0 {
        let start = end.saturating_sub(TAIL_BLOCK as u64);
        let Some(tail) = block.get_mut(..usize::try_from(end - start).unwrap_or(TAIL_BLOCK)) else { break };
        file.read_exact_at(tail, start)?;
        if let Some(place) = tail.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    file.flush()?;
    Ok(0)
}

/// How much of the tail is looked at in one go for the last line end.
const TAIL_BLOCK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn lines(path: &Path) -> Vec<Vec<u8>> {
        LineReader::open(path, 1000).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_torn_last_line_is_ignored_by_readers_and_cut_by_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "one\ntwo\nthr").unwrap();
        assert_eq!(lines(&path), [b"one", b"two"]);
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\nthr");
        let mut writer = LineWriter::open(&path).unwrap();
        writer.append(b"three").unwrap();
        writer.sync().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn a_torn_file_without_any_line_becomes_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, vec![b'x'; TAIL_BLOCK * 2 + 5]).unwrap();
        assert_eq!(LineWriter::open(&path).unwrap().length(), 0);
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn a_line_over_the_limit_is_an_error_and_not_read_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "12345\n123456\n").unwrap();
        let mut reader = LineReader::open(&path, 5).unwrap();
        assert_eq!(reader.next_line().unwrap().unwrap(), b"12345");
        assert!(matches!(reader.next_line(), Err(LineError::TooLong { line: 2, limit: 5, .. })));
    }

    #[test]
    fn reading_goes_on_from_a_remembered_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "one\ntwo\n").unwrap();
        let mut reader = LineReader::open(&path, 10).unwrap();
        reader.next_line().unwrap();
        let mut second = LineReader::open_at(&path, 10, reader.position()).unwrap();
        assert_eq!(second.next_line().unwrap().unwrap(), b"two");
        assert_eq!(second.next_line().unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.jsonl");
            fs::write(&path, &bytes).unwrap();
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
            let mut read = Vec::new();
            for line in LineReader::open(&path, 300).unwrap() {
                read.extend(line.unwrap());
                read.push(b'\n');
            }
            prop_assert_eq!(&read, &bytes[..whole]);
            prop_assert_eq!(LineWriter::open(&path).unwrap().length(), whole as u64);
        }
    }
}
