//! A volume as it lies on the medium: lines and names, none of them believed.
//!
//! It may be half copied, renamed, altered or full of junk. Reading it is bounded; a volume that is not whole is read as
//! far as it goes and looked at again next time.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use nightsafe_runtime::bounded_file;
use nightsafe_runtime::line_file::LineReader;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::signed::LONGEST_LINE;
use nightsafe_schema::volume::{ENTRIES, HEAD, ITEMS, VolumeNumber};

use crate::limits;
use crate::regular_file;

/// What a volume holds.
#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) number: VolumeNumber,
    folder: PathBuf,
    /// The lines of `entries.jsonl`, as far as they are whole.
    pub(crate) lines: Vec<Vec<u8>>,
    /// The lines of `head.json`.
    pub(crate) heads: Vec<Vec<u8>>,
    /// The files in `items/`, by name; a name that is no text is shown as far as it is.
    pub(crate) items: BTreeMap<String, ItemFile>,
    /// What else lies in the volume's folder.
    pub(crate) foreign: BTreeMap<String, PathBuf>,
    /// Whether everything a volume has is there, as far as can be seen.
    pub(crate) is_whole: bool,
    /// Whether `entries.jsonl` goes on beyond what a volume may hold.
    pub(crate) has_too_many_entries: bool,
}

/// A file in `items/`, as the folder lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemFile {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    /// In seconds since 1970.
    pub(crate) modified: u64,
}

/// Changes when something is put into a volume's folder, or taken out, or when its lists are written: the cheapest look.
/// A change of the bytes of an item alone does not show.
pub(crate) fn glance(medium: &Path, number: VolumeNumber) -> Option<Digest> {
    let folder = medium.join(number.to_string());
    let look = |name: &str| {
        let seen = fs::symlink_metadata(folder.join(name)).ok()?;
        let times = [seen.mtime(), seen.mtime_nsec(), seen.ctime(), seen.ctime_nsec()];
        Some(format!("{name} {:?} {times:?}\n", [seen.dev(), seen.ino(), seen.len()]))
    };
    let text: String = ["", ENTRIES, HEAD, ITEMS].into_iter().map(look).collect::<Option<_>>()?;
    Some(Digest::of(text.as_bytes()))
}

/// The numbers of the volumes on a medium, ascending. Unfinished and foreign names are left out.
pub(crate) fn list(medium: &Path) -> io::Result<Vec<VolumeNumber>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(medium)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(number) = number
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

impl Volume {
    /// Reads what lies under the volume's name.
    pub(crate) fn read(medium: &Path, number: VolumeNumber) -> Self {
        let folder = medium.join(number.to_string());
        let mut volume = Self {
            number,
            folder,
            lines: Vec::new(),
            heads: Vec::new(),
            items: BTreeMap::new(),
            foreign: BTreeMap::new(),
            is_whole: true,
            has_too_many_entries: false,
        };
        // Whatever cannot be read has perhaps not been copied yet.
        volume.is_whole &= volume.read_entries().is_some();
        volume.is_whole &= volume.read_heads().is_some();
        volume.is_whole &= volume.list_items().is_some();
        volume.is_whole &= volume.list_foreign().is_some();
        volume
    }

    /// Whether its folder is still there: a medium may be pulled at any moment.
    pub(crate) fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// Where an item of this volume lies.
    pub(crate) fn item_path(&self, name: &str) -> PathBuf {
        self.folder.join(ITEMS).join(name)
    }

    /// Changes when anything in the volume does, as far as the folder tells.
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut text = Vec::new();
        for line in self.lines.iter().chain(&self.heads) {
            text.extend_from_slice(Digest::of(line).as_bytes());
        }
        for (name, file) in &self.items {
            text.extend_from_slice(format!("{name}\n{}\n{}\n", file.size, file.modified).as_bytes());
        }
        for name in self.foreign.keys() {
            text.extend_from_slice(format!("{name}\n").as_bytes());
        }
        Digest::of(&text)
    }

    fn read_entries(&mut self) -> Option<()> {
        let path = self.folder.join(ENTRIES);
        let file = regular_file::open(&path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut reader = LineReader::of(file, &path, LONGEST_LINE);
        loop {
            if self.lines.len() >= limits::MOST_ENTRIES {
                self.has_too_many_entries = reader.position() < length;
                return Some(());
            }
            match reader.next_line() {
                Ok(Some(line)) => self.lines.push(line),
                // A torn tail has perhaps not been copied yet; a line beyond any length never will be an entry.
                Ok(None) => return (reader.position() == length).then_some(()),
                Err(_) => {
                    self.has_too_many_entries = true;
                    return Some(());
                }
            }
        }
    }

    fn read_heads(&mut self) -> Option<()> {
        let path = self.folder.join(HEAD);
        let mut file: File = regular_file::open(&path).ok()?;
        let bytes = bounded_file::read_open(&path, &mut file, limits::HEADS_BYTES).ok()?;
        let whole = bytes.is_empty() || bytes.ends_with(b"\n");
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        self.heads = lines.take(limits::MOST_STREAMS).map(<[u8]>::to_vec).collect();
        whole.then_some(())
    }

    fn list_items(&mut self) -> Option<()> {
        let folder = self.folder.join(ITEMS);
        if !fs::symlink_metadata(&folder).ok()?.is_dir() {
            return None;
        }
        for entry in fs::read_dir(folder).ok()? {
            let entry = entry.ok()?;
            let Some(name) = shown(&entry.file_name()) else { continue };
            if self.items.len() >= limits::MOST_FILES {
                self.has_too_many_entries = true;
                break;
            }
            let metadata = entry.metadata().ok()?;
            let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let modified = modified.map_or(0, |age| age.as_secs());
            self.items.insert(name, ItemFile { path: entry.path(), size: metadata.len(), modified });
        }
        Some(())
    }

    fn list_foreign(&mut self) -> Option<()> {
        for entry in fs::read_dir(&self.folder).ok()? {
            let entry = entry.ok()?;
            let Some(name) = shown(&entry.file_name()) else { continue };
            if ![ENTRIES, HEAD, ITEMS].contains(&name.as_str()) && self.foreign.len() < limits::MOST_RECORDS {
                self.foreign.insert(name, entry.path());
            }
        }
        Some(())
    }
}

/// A name as text. Hidden names are something's temporary files: they are never handed over, and no alarm either.
fn shown(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    (!name.starts_with('.')).then(|| name.into_owned())
}
