//! Making one copy: part after part, each by a process of its own, sealed while it comes, looked through, and only then in
//! its place.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write as _},
    path::Path,
    sync::PoisonError,
    time::Duration,
};

use nightsafe_casework::{
    case::CaseState,
    event::UnlockedItem,
    safe_copy::{CopyKind, NoCopy},
};
use nightsafe_runtime::{ExitCode, durable_file};
use nightsafe_schema::{digest::Digest, intake::IntakeAttachment, item::ItemId};
use sha2::{Digest as _, Sha256};

use super::{
    Copies, CopyError, Format,
    child::{Ended, Order, RunError},
    context, file_key, original,
    sealed::{BeginError, SealedReader, SealedWriter},
    verifier,
};
use crate::{limits, site::Site};

/// What became of making a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// It lies in its place, with so many parts.
    Parts(u32),
    /// There is none, and a person has to ask again.
    Refused(NoCopy),
    /// The attachment's key is gone: nobody will see it any more.
    Erased,
    /// The daemon ends.
    Broken,
    /// The decoder cannot lock itself in on this machine.
    NoSandbox,
}

/// What became of one part.
enum Part {
    Made,
    /// There are no more pages.
    NoSuchPage,
    Not(Made),
}

/// An attachment that has come: its item, and what its report says of it.
pub(super) struct Source {
    sealed: UnlockedItem,
    supplied: IntakeAttachment,
}

impl Source {
    /// An attachment with what a report of its case says of it.
    pub(super) fn of(state: &CaseState, sealed: UnlockedItem) -> Option<Self> {
        let entry = state.all_attachments().find(|entry| entry.item() == Some(sealed.item))?;
        Some(Self { sealed, supplied: entry.attachment.supplied.clone()? })
    }
}

impl Copies {
    /// Makes the copy of an attachment. An error is of this machine, and the copy is still wanted.
    pub(super) fn make(
        &self,
        site: &Site,
        source: &Source,
        kind: CopyKind,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Made, MakingError> {
        let item = source.sealed.item;
        let _said = Making::begin(self, item);
        let place = self.place(item);
        let unfinished = place.with_extension("part");
        let above = place.parent().unwrap_or(&self.folder);
        durable_file::create_folder(above).map_err(CopyError::from)?;
        clear(&unfinished)?;
        durable_file::create_folder(&unfinished).map_err(CopyError::from)?;
        let made = self.parts_of(site, source, kind, &unfinished, go_on);
        if let Ok(Made::Parts(_)) = made {
            durable_file::sync_folder(&unfinished).map_err(CopyError::from)?;
            self.remove(item)?;
            durable_file::rename_new(&unfinished, &place).map_err(CopyError::from)?;
            durable_file::sync_folder(above).map_err(CopyError::from)?;
        } else {
            clear(&unfinished)?;
        }
        made
    }

    fn parts_of(
        &self,
        site: &Site,
        source: &Source,
        kind: CopyKind,
        folder: &Path,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Made, MakingError> {
        let began = site.clock.elapsed();
        let pages = if kind == CopyKind::Pages { limits::COPY_PAGES } else { 1 };
        let mut made = 0;
        for part in 1..=pages {
            match self.part(site, source, kind, folder, part, go_on)? {
                Part::Made => made = part,
                Part::NoSuchPage if part > 1 => break,
                Part::NoSuchPage => return Ok(Made::Refused(NoCopy::Undecodable)),
                Part::Not(why @ (Made::Broken | Made::Erased | Made::NoSandbox | Made::Refused(NoCopy::Differs))) => {
                    return Ok(why);
                }
                // The pages before it can be seen.
                Part::Not(_) if made > 0 => break,
                Part::Not(why) => return Ok(why),
            }
            if site.clock.elapsed().saturating_sub(began) >= limits::COPY_DOCUMENT {
                break;
            }
        }
        Ok(Made::Parts(made))
    }

    fn part(
        &self,
        site: &Site,
        source: &Source,
        kind: CopyKind,
        folder: &Path,
        part: u32,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Part, MakingError> {
        let length = source.supplied.length;
        let (Some(key), Some(attachment)) =
            (file_key(&source.sealed, &site.stores)?, original(&source.sealed, length, &site.stores)?)
        else {
            return Ok(Part::Not(Made::Erased));
        };
        let raw = folder.join("decoded");
        let file = File::create_new(&raw).map_err(CopyError::Write)?;
        // As the decoder writes it, under a name of its own: what it is shows only once it is whole.
        let mut writer = SealedWriter::begin(file, &key, RAW, &*site.randomness)?;
        let mut hashed = Hashed { from: attachment, hasher: Sha256::new(), whole: false };
        let words = words(kind, part);
        let order = Order {
            program: &self.program,
            words: &words,
            most: time_for(kind, length),
            most_bytes: limits::COPY_LONGEST,
            most_memory: limits::COPY_MEMORY,
            clock: &*site.clock,
            go_on,
        };
        let ended = match order.run(&mut hashed, &mut writer) {
            // An original that does not authenticate to its end is not what the gateway received.
            Err(RunError::Original(error)) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(Part::Not(Made::Refused(NoCopy::Differs)));
            }
            ended => ended?,
        };
        writer.finish().map_err(CopyError::Write)?;
        if hashed.whole && hashed.digest() != source.supplied.sha256 {
            return Ok(Part::Not(Made::Refused(NoCopy::Differs)));
        }
        let made = match ended {
            Ended::Code(0) => settle(site, &raw, &folder.join(part.to_string()), &key, (&source.sealed, kind, part)),
            ended => Ok(told(&ended)),
        };
        fs::remove_file(&raw).map_err(CopyError::Write)?;
        made
    }
}

/// What a run that made nothing means.
fn told(ended: &Ended) -> Part {
    let number = |code: ExitCode| i32::from(code.number());
    let refused = |why| Part::Not(Made::Refused(why));
    match ended {
        Ended::Code(code) if *code == number(ExitCode::NothingToDo) => Part::NoSuchPage,
        Ended::Code(code) if *code == number(ExitCode::BytesDiffer) => refused(NoCopy::Undecodable),
        Ended::Code(code) if *code == number(ExitCode::Integrity) => Part::Not(Made::NoSandbox),
        Ended::Code(_) => refused(NoCopy::Failed),
        Ended::TooSlow => refused(NoCopy::TooSlow),
        Ended::Limited | Ended::TooLarge | Ended::TooLong => refused(NoCopy::TooLarge),
        Ended::Broken => Part::Not(Made::Broken),
    }
}

/// Looks through what was decoded and writes it, with what it is in front, under its own name.
fn settle(
    site: &Site,
    raw: &Path,
    to: &Path,
    key: &nightsafe_open::ItemKey,
    (sealed, kind, part): (&UnlockedItem, CopyKind, u32),
) -> Result<Part, MakingError> {
    let open = || -> Result<_, MakingError> {
        let file = File::open(raw).map_err(CopyError::Read)?;
        Ok(BufReader::with_capacity(limits::COPY_BYTES, SealedReader::open(file, key, RAW).map_err(CopyError::from)?))
    };
    let mut copy = open()?;
    let looked = verifier::format_of(&mut copy, Format::of_kind(kind))
        .and_then(|format| verifier::look_through(&mut copy, format).map(|()| format));
    let format = match looked {
        Ok(format) => format,
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
            return Ok(Part::Not(Made::Refused(NoCopy::NotACopy)));
        }
        Err(error) => return Err(CopyError::Read(error).into()),
    };
    let file = File::create_new(to).map_err(CopyError::Write)?;
    let mut writer = SealedWriter::begin(file, key, &context(sealed.item, part), &*site.randomness)?;
    let written = writer.write_all(&[format.byte()]).and_then(|()| io::copy(&mut open_raw(open)?, &mut writer));
    written.and_then(|_bytes| writer.finish()?.sync_all()).map_err(CopyError::Write)?;
    Ok(Part::Made)
}

fn open_raw<R>(open: impl FnOnce() -> Result<R, MakingError>) -> io::Result<R> {
    open().map_err(io::Error::other)
}

fn words(kind: CopyKind, part: u32) -> Vec<String> {
    match kind {
        CopyKind::Picture => vec!["picture".to_owned()],
        CopyKind::Pages => ["page", "--number"].map(str::to_owned).into_iter().chain([part.to_string()]).collect(),
        CopyKind::Sound => vec!["audio".to_owned()],
        CopyKind::Video => vec!["video".to_owned()],
    }
}

/// How long a part may take: as its own limit of processor time, by our clock.
fn time_for(kind: CopyKind, length: u64) -> Duration {
    match kind {
        CopyKind::Picture | CopyKind::Pages => limits::COPY_TIME,
        CopyKind::Sound | CopyKind::Video => {
            let mebibytes = u32::try_from(length >> 20).unwrap_or(u32::MAX);
            limits::COPY_TIME.saturating_add(limits::COPY_TIME_A_MIB.saturating_mul(mebibytes))
        }
    }
}

fn clear(folder: &Path) -> Result<(), CopyError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CopyError::Write(error)),
        _ => Ok(()),
    }
}

/// Says that a copy is being made, for as long as it lives.
struct Making<'a> {
    copies: &'a Copies,
    item: ItemId,
}

impl<'a> Making<'a> {
    fn begin(copies: &'a Copies, item: ItemId) -> Self {
        copies.making.lock().unwrap_or_else(PoisonError::into_inner).insert(item);
        Self { copies, item }
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.copies.making.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.item);
    }
}

/// Reads on and hashes what was read; whole once its end was seen.
struct Hashed<R> {
    from: R,
    hasher: Sha256,
    whole: bool,
}

impl<R> Hashed<R> {
    fn digest(self) -> Digest {
        Digest::from_bytes(self.hasher.finalize().into())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.whole |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

/// The context under which what is not looked through yet is sealed: it opens as nobody's part.
const RAW: &str = "nightsafe/safe-copy/1 decoded";

/// Why a copy is not made now.
#[derive(Debug, thiserror::Error)]
pub(super) enum MakingError {
    /// A file or a store.
    #[error("副本没有做成 (the copy was not made)")]
    Copy(#[from] CopyError),
    /// The program.
    #[error("复制程序没有运行 (the program that makes copies did not run)")]
    Run(#[from] RunError),
    /// The file of a part.
    #[error("副本文件没有开始 (the copy's file was not begun)")]
    Begin(#[from] BeginError),
}
