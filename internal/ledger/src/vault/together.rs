//! Blobs made durable together: first what they hold, then their names.
//!
//! A few are synced one by one. For many the whole file system is synced twice: the disk then writes one journal entry
//! for all of them, where a sync for each file and each folder would make it write two hundred (docs/decisions/0007).

use std::{collections::BTreeSet, fs, io, path::PathBuf};

use super::{BlobStore, StagedBlob, Stored, Vault, VaultError};
use crate::{files, limits::SYNC_WHOLE_DISK_FROM};

/// Keeps them; what became of each, in order.
pub(super) fn keep(vault: &Vault, staged: &[StagedBlob]) -> Vec<Result<Stored, VaultError>> {
    let keeping = Keeping { vault, whole_disk: staged.len() >= SYNC_WHOLE_DISK_FROM };
    if let Err(refused) = keeping.sync_content(staged) {
        return failed(staged, &refused);
    }
    let mut folders = BTreeSet::new();
    let named: Vec<_> = staged.iter().map(|blob| keeping.name(blob, &mut folders)).collect();
    match keeping.sync_names(&folders) {
        Ok(()) => named,
        // A name that may be gone after a power cut is none. What has it already is welcome when it comes again.
        Err(refused) => failed(staged, &refused),
    }
}

struct Keeping<'a> {
    vault: &'a Vault,
    whole_disk: bool,
}

impl Keeping<'_> {
    fn sync_content(&self, staged: &[StagedBlob]) -> io::Result<()> {
        if self.whole_disk {
            return self.sync_disk();
        }
        staged.iter().try_for_each(|blob| blob.file.sync_all())
    }

    /// Gives a blob its name; says which folders have changed by it.
    fn name(&self, blob: &StagedBlob, folders: &mut BTreeSet<PathBuf>) -> Result<Stored, VaultError> {
        let path = self.vault.path_of(blob.id);
        let folder = path.parent().unwrap_or(&self.vault.folder).to_owned();
        let named = match self.vault.settle(blob) {
            Err(VaultError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.make_folder(&folder, folders).map_err(|source| VaultError::Disk {
                    operation: "write",
                    id: blob.id,
                    source,
                })?;
                self.vault.settle(blob)
            }
            settled => settled,
        };
        folders.insert(folder);
        named
    }

    fn make_folder(&self, folder: &PathBuf, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        match fs::create_dir(folder) {
            Ok(()) => {
                changed.extend(folder.parent().map(PathBuf::from));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && *folder != self.vault.folder => {
                self.make_folder(&folder.parent().map_or_else(|| self.vault.folder.clone(), PathBuf::from), changed)?;
                self.make_folder(folder, changed)
            }
            Err(error) => Err(error),
        }
    }

    fn sync_names(&self, folders: &BTreeSet<PathBuf>) -> io::Result<()> {
        if self.whole_disk {
            return self.sync_disk();
        }
        folders.iter().try_for_each(|folder| files::sync_folder(folder))
    }

    fn sync_disk(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.vault.disk)?)
    }
}

fn failed(staged: &[StagedBlob], refused: &io::Error) -> Vec<Result<Stored, VaultError>> {
    let again = || refused.raw_os_error().map_or_else(|| refused.kind().into(), io::Error::from_raw_os_error);
    staged.iter().map(|blob| Err(VaultError::Disk { operation: "sync", id: blob.id, source: again() })).collect()
}

/// One blob, staged and kept.
pub(super) fn put<S: BlobStore + ?Sized>(
    store: &S,
    id: nightsafe_schema::item::ItemId,
    content: &mut dyn io::BufRead,
) -> Result<Stored, VaultError> {
    let kept = store.keep(vec![store.stage(id, content)?]).pop();
    kept.unwrap_or_else(|| Err(VaultError::Disk { operation: "write", id, source: io::ErrorKind::NotFound.into() }))
}
