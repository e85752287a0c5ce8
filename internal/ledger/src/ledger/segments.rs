//! Segment files: their names, and their lines one after the other within bounds.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{ledger::positions::Place, limits::LINE_BYTES};

pub(crate) fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("segment-{segment:06}.jsonl"))
}

/// The numbers of the segments in the folder, ascending.
pub(crate) fn segment_numbers(folder: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix("segment-")?.strip_suffix(".jsonl"));
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The first number from 1 that is not among `numbers` although a later one is.
pub(crate) fn first_missing(numbers: &[u32]) -> Option<u32> {
    (1..).zip(numbers).find_map(|(expected, &found)| (expected != found).then_some(expected))
}

/// Reads the lines of one segment.
pub(crate) struct Lines {
    reader: BufReader<File>,
    place: Place,
    line: Vec<u8>,
}

/// What stands at the reader's place.
pub(crate) enum Next<'a> {
    /// A line, without its line feed.
    Line(&'a [u8]),
    /// Bytes without a line feed, up to the end of the file or to the limit of a line.
    Unfinished(&'a [u8]),
    /// The end of the file.
    End,
}

impl Lines {
    pub(crate) fn open(folder: &Path, place: Place) -> io::Result<Self> {
        let mut file = File::open(segment_path(folder, place.segment))?;
        file.seek(SeekFrom::Start(place.offset))?;
        Ok(Self { reader: BufReader::with_capacity(READ_BYTES, file), place, line: Vec::new() })
    }

    /// Where the next line starts.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        self.line.clear();
        let read = self.reader.by_ref().take(LINE_BYTES as u64).read_until(b'\n', &mut self.line)?;
        self.place.offset += read as u64;
        Ok(match self.line.strip_suffix(b"\n") {
            _ if read == 0 => Next::End,
            Some(line) => Next::Line(line),
            None => Next::Unfinished(&self.line),
        })
    }

    /// Whether nothing but zero bytes follows: space that a file system gave the file before it had the data.
    pub(crate) fn only_zeros_follow(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(true);
            }
            if buffer.iter().any(|&byte| byte != 0) {
                return Ok(false);
            }
            let length = buffer.len();
            self.reader.consume(length);
        }
    }
}

/// Bytes read at once: the events of a case, which mostly stand together.
const READ_BYTES: usize = 32 * 1024;
