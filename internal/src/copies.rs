//! Safe copies of attachments (docs/spec/safe-copies.md): the only form in which anybody is shown what a stranger sent.
//!
//! ```text
//! vault ──▶ original, opened as a stream ──▶ nightsafe-safecopy ──▶ sealed `.part` ──▶ looked through ──▶ its place
//!                                            a process a part, locked in, under a clock and a scale
//! ```
//!
//! What is wanted and what was refused the ledger says; what was made is what lies in the folder. So a crash costs at most
//! the copy that was being made, and the folder can be thrown away. Each part is sealed under a key that follows from the
//! attachment's own file key: when a case is erased its copies are, too. No byte of an original is written anywhere, and
//! nothing here decides who may look.

pub(crate) mod child;
pub(crate) mod lanes;
mod making;
pub(crate) mod sealed;
mod verifier;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use data_encoding::BASE64;
use nightsafe_casework::{
    event::UnlockedItem,
    safe_copy::{CopyKind, NoCopy},
};
use nightsafe_ledger::{BlobStore as _, KeyPurpose, KeyTableError, VaultError};
use nightsafe_open::{
    AttachmentReader, Header, ItemKey, attachment::AttachmentError, header::HeaderError, open_attachment,
};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_schema::{item::ItemId, randomness::NoRandomness};

use self::sealed::{SealedReader, UnsealError};
use crate::{config::Config, register::Register, stores::Stores, stores::slot};

/// Where the copies of one site lie and which are being made.
#[derive(Debug)]
pub(crate) struct Copies {
    folder: PathBuf,
    program: PathBuf,
    making: Mutex<BTreeSet<ItemId>>,
}

/// How far the copy of an attachment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has begun.
    Waiting,
    /// It is being made.
    Making,
    /// It has so many parts.
    Made(u32),
    /// There is none, and why.
    Refused(NoCopy),
}

/// What a part of a copy is; the only media types that are ever said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Mp3,
    Mp4,
}

/// A part of a copy, opened.
pub(crate) struct Part {
    /// What it is.
    pub(crate) format: Format,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Its bytes.
    pub(crate) bytes: SealedReader<File>,
}

impl Copies {
    /// The copies of this site. Nothing is made or looked for yet.
    pub(crate) fn of(config: &Config) -> Self {
        let given = config.folders.copies.as_ref();
        let folder = given.map_or_else(|| config.folders.state.join("copies"), |folder| folder.to_path_buf());
        let program = config.safecopy.as_ref().map_or_else(beside_this_program, |path| path.to_path_buf());
        Self { folder, program, making: Mutex::default() }
    }

    /// How far the copy of an attachment of this kind has come.
    pub(crate) fn standing(&self, item: ItemId, register: &Register) -> Standing {
        if let Some(parts) = self.parts(item) {
            return Standing::Made(parts);
        }
        if let Some(why) = register.copy_refused(item) {
            return Standing::Refused(why);
        }
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if making.contains(&item) { Standing::Making } else { Standing::Waiting }
    }

    /// Opens a part; `None` if there is none.
    pub(crate) fn open(&self, sealed: &UnlockedItem, part: u32, stores: &Stores) -> Result<Option<Part>, CopyError> {
        let file = match File::open(self.place(sealed.item).join(part.to_string())) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CopyError::Read(error)),
        };
        let Some(key) = file_key(sealed, stores)? else { return Ok(None) };
        let whole = file.metadata().map_err(CopyError::Read)?.len();
        let mut bytes = SealedReader::open(file, &key, &context(sealed.item, part))?;
        let mut first = [0];
        bytes.read_exact(&mut first).map_err(CopyError::Read)?;
        let format = Format::of_byte(first).ok_or(CopyError::NoFormat)?;
        let length = sealed::plaintext_length(whole).saturating_sub(1);
        Ok(Some(Part { format, length, bytes }))
    }

    /// How many parts were made; `None` if there is no copy.
    fn parts(&self, item: ItemId) -> Option<u32> {
        let names = fs::read_dir(self.place(item)).ok()?.filter_map(Result::ok);
        names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).max()
    }

    /// Removes a copy.
    fn remove(&self, item: ItemId) -> Result<(), CopyError> {
        match fs::remove_dir_all(self.place(item)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CopyError::Read(error)),
            _ => Ok(()),
        }
    }

    /// The folder of an item's copy: a shelf for each beginning of a name.
    fn place(&self, item: ItemId) -> PathBuf {
        let name = item.to_string();
        self.folder.join(name.get(..SHELF).unwrap_or_default()).join(name)
    }

    /// Removes what a crash left half made, and copies of which no key is left.
    fn sweep(&self, register: &Register, stores: &Stores) -> Result<usize, CopyError> {
        durable_file::create_folder(&self.folder)?;
        let mut swept = 0;
        for shelf in listed(&self.folder)? {
            swept += durable_file::sweep(&shelf)?;
            for place in listed(&shelf)? {
                let item = place.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
                let keyed = item.is_some_and(|item| is_keyed(item, register, stores));
                if !keyed {
                    fs::remove_dir_all(&place).map_err(CopyError::Read)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }
}

impl Format {
    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Mp3 => "audio/mpeg",
            Self::Mp4 => "video/mp4",
        }
    }

    /// What a copy of this kind may be.
    const fn of_kind(kind: CopyKind) -> &'static [Self] {
        match kind {
            CopyKind::Picture => &[Self::Jpeg, Self::Png],
            CopyKind::Pages => &[Self::Png],
            CopyKind::Sound => &[Self::Mp3],
            CopyKind::Video => &[Self::Mp4],
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Jpeg => b'J',
            Self::Png => b'P',
            Self::Mp3 => b'3',
            Self::Mp4 => b'4',
        }
    }

    fn of_byte([byte]: [u8; 1]) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Mp3, Self::Mp4].into_iter().find(|format| format.byte() == byte)
    }
}

/// The original of an attachment, as a stream; `None` if its key is gone.
pub(crate) fn original(
    sealed: &UnlockedItem,
    length: u64,
    stores: &Stores,
) -> Result<Option<AttachmentReader<File>>, CopyError> {
    let Some(key) = file_key(sealed, stores)? else { return Ok(None) };
    let Some(payload) = stores.vault.get(sealed.item)? else { return Ok(None) };
    let header = BASE64.decode(sealed.header.as_bytes()).map_err(|_damaged| CopyError::NoHeader)?;
    let header = Header::read(&mut header.as_slice())?;
    Ok(Some(open_attachment(&header, &key, payload, length)?))
}

fn file_key(sealed: &UnlockedItem, stores: &Stores) -> Result<Option<ItemKey>, CopyError> {
    let key = stores.keys.unwrap(slot(sealed.file_key), KeyPurpose::File, &sealed.item.to_string())?;
    Ok(key.and_then(|key| ItemKey::from_slice(key.expose())))
}

fn is_keyed(item: ItemId, register: &Register, stores: &Stores) -> bool {
    let Some(crate::register::Item::Kept { slot: number, .. }) = register.item(item) else { return false };
    // A table that cannot be read says nothing about one key.
    stores.keys.unwrap(slot(number), KeyPurpose::File, &item.to_string()).map_or(true, |key| key.is_some())
}

fn context(item: ItemId, part: u32) -> String {
    format!("nightsafe/safe-copy/1 {item} {part}")
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, CopyError> {
    let entries = fs::read_dir(folder).map_err(CopyError::Read)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(CopyError::Read)).collect()
}

/// Packages put the two programs side by side.
fn beside_this_program() -> PathBuf {
    std::env::current_exe().map_or_else(|_unknown| PathBuf::from(PROGRAM), |path| path.with_file_name(PROGRAM))
}

const PROGRAM: &str = "nightsafe-safecopy";

/// Characters of an item's name by which its copy is shelved.
const SHELF: usize = 2;

/// Why a copy cannot be read or made now. All of it passes, or is the operator's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// The copy or its folder cannot be read.
    #[error("副本不可读 (the copy cannot be read)")]
    Read(#[source] io::Error),
    /// The copy does not open.
    #[error("副本打不开 (the copy does not open)")]
    Unseal(#[from] UnsealError),
    /// It does not say what it is.
    #[error("副本没有写明格式 (the copy does not say what it is)")]
    NoFormat,
    /// The header in the ledger is none.
    #[error("账本中的头部不可读 (the header in the ledger cannot be read)")]
    NoHeader,
    /// The same, found by its reader.
    #[error("账本中的头部不可读 (the header in the ledger cannot be read)")]
    Header(#[from] HeaderError),
    /// The original does not open.
    #[error("原件打不开 (the original does not open)")]
    Original(#[from] AttachmentError),
    /// The key table cannot be read.
    #[error("密钥表不可用 (the key table cannot be used)")]
    Keys(#[from] KeyTableError),
    /// The vault cannot be read.
    #[error("保管库不可用 (the vault cannot be used)")]
    Vault(#[from] VaultError),
    /// The copy cannot be written.
    #[error("副本写不下 (the copy cannot be written)")]
    Write(#[source] io::Error),
    /// Its folder cannot be made or named.
    #[error("副本目录不可用 (the folder of copies cannot be used)")]
    Folder(#[from] DurableError),
    /// No random bytes.
    #[error("没有随机数 (there are no random bytes)")]
    Randomness(#[from] NoRandomness),
}
