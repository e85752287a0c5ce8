//! What a crash left in the folders is removed before anything is served.
//!
//! An item without a line was never acknowledged: nobody was shown a number for it. It is deleted, so that the medium
//! never carries an item that the inside would have to quarantine.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::line_file::{LineError, LineReader};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::Entry;
use nightsafe_schema::signed::LONGEST_LINE;

use super::OutboxFolders;

/// Why the folders could not be put in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    #[error("leftovers cannot be removed")]
    Remove(#[source] DurableError),
    #[error("{folder} cannot be listed")]
    List {
        folder: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the journal cannot be read")]
    Journal(#[source] LineError),
}

impl HasExitCode for SweepError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Remove(error) => error.exit_code(),
            Self::List { source, .. } => nightsafe_runtime::exit::exit_code_of_io(source),
            Self::Journal(error) => error.exit_code(),
        }
    }
}

/// Removes unfinished files and items that no journal in the folder names. Returns how many items there were.
///
/// Call it after the stream's file has been repaired: a line that was cut no longer counts.
pub(crate) fn sweep_items(folders: &OutboxFolders) -> Result<usize, SweepError> {
    durable_file::sweep(folders.items()).map_err(SweepError::Remove)?;
    durable_file::sweep(folders.journal()).map_err(SweepError::Remove)?;
    let mut unnamed = items_in(folders.items())?;
    for journal in list(folders.journal())? {
        if unnamed.is_empty() {
            break;
        }
        if journal.extension().is_some_and(|extension| extension == "jsonl") {
            forget_named(&mut unnamed, &journal)?;
        }
    }
    for item in &unnamed {
        durable_file::remove(&folders.items().join(item.file_name())).map_err(SweepError::Remove)?;
    }
    Ok(unnamed.len())
}

/// Removes unfinished files from the staging folder, and what [`sweep_unclaimed`] does. At start only: while the gateway
/// runs, an unfinished file is somebody's upload.
pub(crate) fn sweep_staging(folder: &Path, now: jiff::Timestamp, life: Duration) -> Result<usize, SweepError> {
    let unfinished = durable_file::sweep(folder).map_err(SweepError::Remove)?;
    Ok(unfinished + sweep_unclaimed(folder, now, life)?)
}

/// Removes staged attachments that nobody claimed within `life`.
pub(crate) fn sweep_unclaimed(folder: &Path, now: jiff::Timestamp, life: Duration) -> Result<usize, SweepError> {
    let mut swept = 0;
    for path in list(folder)?.into_iter().filter(|path| !durable_file::is_leftover(path)) {
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        let modified = modified.ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
        // Times are cut to the hour, so an hour is added before anything counts as old.
        let old = modified.is_none_or(|time| now.duration_since(time).unsigned_abs() > life + HOUR);
        if old {
            durable_file::remove(&path).map_err(SweepError::Remove)?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn items_in(folder: &Path) -> Result<BTreeSet<ItemId>, SweepError> {
    let names = list(folder)?;
    let item = |path: &std::path::PathBuf| ItemId::from_file_name(path.file_name()?.to_str()?).ok();
    Ok(names.iter().filter_map(item).collect())
}

fn forget_named(unnamed: &mut BTreeSet<ItemId>, journal: &Path) -> Result<(), SweepError> {
    for line in LineReader::open(journal, LONGEST_LINE).map_err(SweepError::Journal)? {
        // Lines of older streams are not judged here; one that cannot be read names nothing.
        if let Ok(entry) = Entry::parse(&line.map_err(SweepError::Journal)?) {
            unnamed.remove(&entry.fields().item);
        }
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<std::path::PathBuf>, SweepError> {
    let listed = || fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    listed().map_err(|source| SweepError::List { folder: folder.to_owned(), source })
}

const HOUR: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use std::fs::File;

    use nightsafe_schema::time::Hour;

    use super::*;

    #[test]
    fn while_the_gateway_runs_only_what_nobody_claimed_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let hour: Hour = "2026-11-22T05:00:00Z".parse().unwrap();
        for name in ["claimed-in-time.age", ".upload.age.part"] {
            let file = File::create(folder.path().join(name)).unwrap();
            durable_file::truncate_times(&file, hour).unwrap();
        }
        let after = |hours: i64| hour.as_timestamp() + jiff::SignedDuration::from_hours(hours);
        let life = Duration::from_hours(2);
        let names = || list(folder.path()).unwrap().len();
        assert_eq!((sweep_unclaimed(folder.path(), after(3), life).unwrap(), names()), (0, 2));
        assert_eq!((sweep_unclaimed(folder.path(), after(4), life).unwrap(), names()), (1, 1));
        assert_eq!((sweep_staging(folder.path(), after(0), life).unwrap(), names()), (1, 0));
    }
}
