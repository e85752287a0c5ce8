//! The vault: immutable blobs, each the payload of one sealed item without its header.
//!
//! ```text
//! vault/.incoming/<item-id>-<n>.part    being written; swept when the vault is opened
//! vault/7K/7K2M….payload                256 folders, so that none holds too many
//! ```
//!
//! A blob is never changed. Without its file key (key table) and its header (ledger) it is noise.
//!
//! It comes in two steps: *staged*, whole but without a name, then *kept*. What is kept together becomes durable
//! together, so that a hundred small blobs cost little more than one. Nothing is kept until whoever stages has seen all
//! of its bytes: what turns out wrong is dropped and never had a name.

mod together;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use nightsafe_schema::item::ItemId;

use crate::files;

/// What a store of blobs must do; the vault on local disk is the default one (DESIGN section 11).
pub trait BlobStore: Send + Sync {
    /// An open blob.
    type Blob: Read + Seek + Send + 'static;
    /// A blob that was taken in whole and is not kept. Dropped, it was never there.
    type Staged: Send;

    /// Takes in everything that `content` yields.
    fn stage(&self, id: ItemId, content: &mut dyn BufRead) -> Result<Self::Staged, VaultError>;

    /// Opens a staged blob at its first byte.
    fn look(&self, staged: &Self::Staged) -> Result<Self::Blob, VaultError>;

    /// Keeps blobs under their ids, each for itself all or nothing, and in this order told what became of it; durable
    /// when this returns.
    fn keep(&self, staged: Vec<Self::Staged>) -> Vec<Result<Stored, VaultError>>;

    /// Keeps one blob: everything that `content` yields, or nothing.
    fn put(&self, id: ItemId, content: &mut dyn BufRead) -> Result<Stored, VaultError> {
        together::put(self, id, content)
    }

    /// Opens a blob at its first byte; `None` if there is none.
    fn get(&self, id: ItemId) -> Result<Option<Self::Blob>, VaultError>;

    /// Removes a blob; whether there was one.
    fn remove(&self, id: ItemId) -> Result<bool, VaultError>;

    /// Whether there is a blob.
    fn contains(&self, id: ItemId) -> Result<bool, VaultError>;
}

/// What became of a blob that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    New,
    /// It was there already, to the byte: an interrupted receipt was taken up again.
    Before,
}

/// An operation on the vault failed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The folder cannot be used.
    #[error("the vault {folder} cannot be opened")]
    Open {
        /// The vault's folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Other bytes lie under this id. Ids are never reused, so one of the two is forged or damaged.
    #[error("the vault holds other bytes under {id}")]
    Conflict {
        /// The item.
        id: ItemId,
    },
    /// The content could not be read from where it comes.
    #[error("the content of {id} could not be read")]
    Content {
        /// The item.
        id: ItemId,
        /// What its reader said.
        #[source]
        source: io::Error,
    },
    /// The disk refused.
    #[error("the vault could not {operation} {id}")]
    Disk {
        /// `write`, `sync`, `read` or `remove`.
        operation: &'static str,
        /// The item.
        id: ItemId,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// A vault in a folder of the local disk.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    /// Open from the start, so that it tells of every write that failed since.
    disk: File,
    /// How many blobs were staged: no two share a name, also if the first could not be removed.
    staged: AtomicU64,
}

impl Vault {
    /// Opens a vault, makes its folder if it is missing, and sweeps what an interrupted run left.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, VaultError> {
        let folder = folder.into();
        let disk = sweep(&folder).and_then(|()| File::open(&folder));
        let disk = disk.map_err(|source| VaultError::Open { folder: folder.clone(), source })?;
        Ok(Self { folder, disk, staged: AtomicU64::new(0) })
    }

    fn path_of(&self, id: ItemId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(name.get(..2).unwrap_or_default()).join(format!("{name}.payload"))
    }

    /// Renames a staged blob to its place, whose folder is there.
    fn settle(&self, staged: &StagedBlob) -> Result<Stored, VaultError> {
        let StagedBlob { id, unfinished, .. } = staged;
        let path = self.path_of(*id);
        let write = |source| VaultError::Disk { operation: "write", id: *id, source };
        match files::rename_to_free_name(&unfinished.0, &path) {
            Ok(()) => Ok(Stored::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same = same_content(&unfinished.0, &path).map_err(write)?;
                if same { Ok(Stored::Before) } else { Err(VaultError::Conflict { id: *id }) }
            }
            Err(error) => Err(write(error)),
        }
    }
}

/// A whole blob without a name.
#[derive(Debug)]
pub struct StagedBlob {
    id: ItemId,
    /// Kept open, so that its sync tells of every write that failed.
    file: File,
    unfinished: Unfinished,
}

impl BlobStore for Vault {
    type Blob = File;

    type Staged = StagedBlob;

    fn stage(&self, id: ItemId, content: &mut dyn BufRead) -> Result<StagedBlob, VaultError> {
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        let unfinished = Unfinished(self.folder.join(INCOMING).join(format!("{id}-{number}{}", files::UNFINISHED)));
        let write = |source| VaultError::Disk { operation: "write", id, source };
        let mut file = OpenOptions::new().write(true).create_new(true).open(&unfinished.0).map_err(write)?;
        loop {
            // As the reader has it: no second buffer.
            let piece = match content.fill_buf() {
                Ok([]) => return Ok(StagedBlob { id, file, unfinished }),
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(VaultError::Content { id, source }),
            };
            file.write_all(piece).map_err(write)?;
            let written = piece.len();
            content.consume(written);
        }
    }

    fn look(&self, staged: &StagedBlob) -> Result<File, VaultError> {
        let failed = |source| VaultError::Disk { operation: "read", id: staged.id, source };
        File::open(&staged.unfinished.0).map_err(failed)
    }

    fn keep(&self, staged: Vec<StagedBlob>) -> Vec<Result<Stored, VaultError>> {
        together::keep(self, &staged)
    }

    fn get(&self, id: ItemId) -> Result<Option<File>, VaultError> {
        match File::open(self.path_of(id)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(VaultError::Disk { operation: "read", id, source }),
        }
    }

    fn remove(&self, id: ItemId) -> Result<bool, VaultError> {
        let path = self.path_of(id);
        match fs::remove_file(&path).and_then(|()| files::sync_folder(path.parent().unwrap_or(&self.folder))) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(VaultError::Disk { operation: "remove", id, source }),
        }
    }

    fn contains(&self, id: ItemId) -> Result<bool, VaultError> {
        self.path_of(id).try_exists().map_err(|source| VaultError::Disk { operation: "read", id, source })
    }
}

/// The name of a blob that is being written; removed unless it was renamed away.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is swept when the vault is opened next.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes the folder if it is missing and removes every unfinished blob.
fn sweep(folder: &Path) -> io::Result<()> {
    let incoming = folder.join(INCOMING);
    files::create_folder(&incoming)?;
    for entry in fs::read_dir(&incoming)? {
        fs::remove_file(entry?.path())?;
    }
    files::sync_folder(&incoming)
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let mut other = BufReader::new(other).bytes();
    for byte in BufReader::new(one).bytes() {
        if other.next().transpose()? != Some(byte?) {
            return Ok(false);
        }
    }
    Ok(true)
}

const INCOMING: &str = ".incoming";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: ItemId = ItemId::from_bytes([0x7a; 16]);

    fn content_of(vault: &Vault, id: ItemId) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        vault.get(id).unwrap()?.read_to_end(&mut content).unwrap();
        Some(content)
    }

    fn unfinished_of(folder: &Path) -> usize {
        fs::read_dir(folder.join(INCOMING)).unwrap().count()
    }

    #[test]
    fn a_blob_is_kept_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        assert!(!vault.contains(ID).unwrap());
        assert_eq!(vault.put(ID, &mut &b"payload"[..]).unwrap(), Stored::New);
        drop(vault);
        let vault = Vault::open(folder.path()).unwrap();
        assert!(vault.contains(ID).unwrap());
        assert_eq!(content_of(&vault, ID).unwrap(), b"payload");
        assert!(vault.remove(ID).unwrap());
        assert!(!vault.remove(ID).unwrap());
        assert_eq!(content_of(&vault, ID), None);
    }

    #[test]
    fn the_same_bytes_again_are_welcome_and_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        vault.put(ID, &mut &b"payload"[..]).unwrap();
        assert_eq!(vault.put(ID, &mut &b"payload"[..]).unwrap(), Stored::Before);
        for other in [&b"paylaod"[..], b"", b"payload and more"] {
            assert!(matches!(vault.put(ID, &mut &*other), Err(VaultError::Conflict { id: ID })));
        }
        assert_eq!(content_of(&vault, ID).unwrap(), b"payload");
        assert_eq!(unfinished_of(folder.path()), 0);
    }

    #[test]
    fn a_reader_that_fails_leaves_nothing() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::TimedOut.into())
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        let refused = vault.put(ID, &mut b"begun".chain(BufReader::new(Failing)));
        assert!(matches!(refused, Err(VaultError::Content { .. })));
        assert!(!vault.contains(ID).unwrap());
        assert_eq!(unfinished_of(folder.path()), 0);
        assert_eq!(vault.put(ID, &mut &b"payload"[..]).unwrap(), Stored::New);
    }

    #[test]
    fn what_is_staged_has_no_name_and_dropped_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        let staged = vault.stage(ID, &mut &b"payload"[..]).unwrap();
        let mut seen = String::new();
        vault.look(&staged).unwrap().read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "payload");
        assert!(!vault.contains(ID).unwrap());
        drop(staged);
        assert_eq!(unfinished_of(folder.path()), 0);
        assert!(!vault.contains(ID).unwrap());
    }

    #[test]
    fn of_blobs_kept_together_each_has_its_own_outcome() {
        for others in [1_u8, 40] {
            let folder = tempfile::tempdir().unwrap();
            let vault = Vault::open(folder.path()).unwrap();
            vault.put(ID, &mut &b"first"[..]).unwrap();
            let id = |number: u8| ItemId::from_bytes([number; 16]);
            let mut staged: Vec<_> =
                (0..others).map(|number| vault.stage(id(number), &mut &[number][..]).unwrap()).collect();
            staged.insert(1, vault.stage(ID, &mut &b"second"[..]).unwrap());
            let outcomes = vault.keep(staged);
            assert!(matches!(outcomes[1], Err(VaultError::Conflict { id: ID })));
            let new = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Stored::New))).count();
            assert_eq!(new, usize::from(others));
            assert!((0..others).all(|number| content_of(&vault, id(number)).unwrap() == [number]));
            assert_eq!(content_of(&vault, ID).unwrap(), b"first");
            assert_eq!(unfinished_of(folder.path()), 0);
        }
    }

    #[test]
    fn leftovers_are_swept_when_the_vault_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        Vault::open(folder.path()).unwrap();
        fs::write(folder.path().join(INCOMING).join(format!("{ID}.part")), b"half").unwrap();
        let vault = Vault::open(folder.path()).unwrap();
        assert_eq!(unfinished_of(folder.path()), 0);
        assert!(!vault.contains(ID).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn what_is_put_is_what_is_got(blobs in proptest::collection::hash_map(any::<[u8; 16]>(), proptest::collection::vec(any::<u8>(), 0..2000), 0..20)) {
            let folder = tempfile::tempdir().unwrap();
            let vault = Vault::open(folder.path()).unwrap();
            for (id, content) in &blobs {
                vault.put(ItemId::from_bytes(*id), &mut content.as_slice()).unwrap();
            }
            for (id, content) in &blobs {
                let got = content_of(&vault, ItemId::from_bytes(*id));
                prop_assert_eq!(got.as_ref(), Some(content));
            }
        }
    }
}
