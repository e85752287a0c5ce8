//! The gateway's outbox as folders: where items, journals and heads lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::volume::ITEMS;

use crate::layout::JOURNAL;
use crate::limits;

/// The outbox folder.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    folder: PathBuf,
}

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboxError {
    /// A folder cannot be listed.
    #[error("cannot list {folder}")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// More journals than any outbox has.
    #[error("the outbox holds more than {} journals", limits::MOST_STREAMS)]
    TooManyStreams,
}

impl HasExitCode for OutboxError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::List { source, .. } => exit_code_of_io(source),
            Self::TooManyStreams => ExitCode::Integrity,
        }
    }
}

impl Outbox {
    /// The outbox in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Every stream that has a journal, in order of its id.
    pub(crate) fn streams(&self) -> Result<Vec<StreamId>, OutboxError> {
        let folder = self.journals();
        let refused = |source| OutboxError::List { folder: folder.clone(), source };
        let mut streams = Vec::new();
        for entry in fs::read_dir(&folder).map_err(refused)? {
            let name = entry.map_err(refused)?.file_name();
            let stream = name.to_str().and_then(|name| name.strip_suffix(".jsonl")).and_then(|name| name.parse().ok());
            if let Some(stream) = stream {
                if streams.len() >= limits::MOST_STREAMS {
                    return Err(OutboxError::TooManyStreams);
                }
                streams.push(stream);
            }
        }
        streams.sort_unstable();
        Ok(streams)
    }

    /// The folders whose changes mean work.
    pub(crate) fn journals(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// The folder of items.
    pub(crate) fn items(&self) -> PathBuf {
        self.folder.join(ITEMS)
    }

    /// A stream's journal.
    pub(crate) fn journal(&self, stream: &StreamId) -> PathBuf {
        self.journals().join(format!("{stream}.jsonl"))
    }

    /// A stream's newest head.
    pub(crate) fn head(&self, stream: &StreamId) -> PathBuf {
        self.journals().join(format!("{stream}.head.json"))
    }

    /// An item.
    pub(crate) fn item(&self, item: &ItemId) -> PathBuf {
        self.items().join(item.file_name())
    }
}
