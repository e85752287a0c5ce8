//! The inbox: every stream that has come, and the folder into which items are handed over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::volume::ITEMS;
use serde::Serialize;

use crate::high::stream::{Opened, Stream, StreamError};
use crate::layout::JOURNAL;
use crate::limits;
use crate::trust::Gateways;

/// The inbox, opened by the one process that works on it.
#[derive(Debug)]
pub(crate) struct Inbox {
    items: PathBuf,
    journals: PathBuf,
    memories: PathBuf,
    pub(crate) streams: BTreeMap<StreamId, Stream>,
}

/// Why the inbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InboxError {
    /// A step in one of its folders failed.
    #[error("cannot use the inbox")]
    Folder(#[source] DurableError),
    /// A folder cannot be listed.
    #[error("cannot list {folder}")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A stream cannot be used.
    #[error("cannot use stream {stream}")]
    Stream {
        /// The stream.
        stream: StreamId,
        /// Why.
        #[source]
        source: Box<StreamError>,
    },
    /// More streams than any site has.
    #[error("the inbox holds more than {} streams", limits::MOST_STREAMS)]
    TooManyStreams,
}

impl HasExitCode for InboxError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Folder(source) => source.exit_code(),
            Self::List { source, .. } => exit_code_of_io(source),
            Self::Stream { source, .. } => source.exit_code(),
            Self::TooManyStreams => ExitCode::Integrity,
        }
    }
}

impl Inbox {
    /// Opens the inbox, makes its folders, sweeps what a crash left, and brings every stream's memory up to its journal.
    pub(crate) fn open(inbox: &Path, state: &Path, gateways: &Gateways) -> Result<(Self, Opened), InboxError> {
        let (items, journals, memories) = (inbox.join(ITEMS), inbox.join(JOURNAL), state.join(MEMORIES));
        for folder in [&items, &journals, &memories] {
            durable_file::create_folder(folder).map_err(InboxError::Folder)?;
            durable_file::sweep(folder).map_err(InboxError::Folder)?;
        }
        let mut opened = Self { items, journals, memories, streams: BTreeMap::new() };
        let mut agreed = Opened::Agreed;
        for stream in streams_in(&opened.journals, &opened.memories)? {
            if opened.open_stream(stream, gateways)? == Opened::Rebuilt {
                agreed = Opened::Rebuilt;
            }
        }
        Ok((opened, agreed))
    }

    /// The folder of items.
    pub(crate) fn items(&self) -> &Path {
        &self.items
    }

    /// The stream, opened now if it is new.
    pub(crate) fn stream(&mut self, stream: StreamId, gateways: &Gateways) -> Result<&mut Stream, InboxError> {
        if !self.streams.contains_key(&stream) {
            self.open_stream(stream, gateways)?;
        }
        self.streams.get_mut(&stream).ok_or(InboxError::TooManyStreams)
    }

    fn open_stream(&mut self, stream: StreamId, gateways: &Gateways) -> Result<Opened, InboxError> {
        if self.streams.len() >= limits::MOST_STREAMS {
            return Err(InboxError::TooManyStreams);
        }
        let (opened, agreed) = Stream::open(stream, &self.journals, &self.memories, gateways)
            .map_err(|source| InboxError::Stream { stream, source: Box::new(source) })?;
        self.streams.insert(stream, opened);
        Ok(agreed)
    }
}

/// What waits in the inbox until internal takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Queue {
    pub(crate) items: u64,
    /// The age of the oldest, by its time, which is cut to the hour.
    pub(crate) oldest_seconds: Option<u64>,
}

impl Queue {
    /// Counts the items; an inbox that cannot be listed has none to show.
    pub(crate) fn of(items: &Path, now: Timestamp) -> Self {
        let mut queue = Self::default();
        for entry in fs::read_dir(items).into_iter().flatten().filter_map(Result::ok) {
            if entry.file_name().to_str().is_none_or(|name| ItemId::from_file_name(name).is_err()) {
                continue;
            }
            queue.items += 1;
            let written = entry.metadata().ok().map(|metadata| metadata.mtime());
            let age = written.and_then(|written| u64::try_from(now.as_second().saturating_sub(written)).ok());
            queue.oldest_seconds = queue.oldest_seconds.max(age);
        }
        queue
    }
}

/// Every stream that has a journal in the inbox or a memory.
pub(crate) fn streams_in(journals: &Path, memories: &Path) -> Result<Vec<StreamId>, InboxError> {
    let mut streams = Vec::new();
    for (folder, extension) in [(journals, ".jsonl"), (memories, ".json")] {
        let refused = |source| InboxError::List { folder: folder.to_owned(), source };
        let listing = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listing => listing.map_err(refused)?,
        };
        for entry in listing {
            let name = entry.map_err(refused)?.file_name();
            let stream = name.to_str().and_then(|name| name.strip_suffix(extension)).map(str::parse::<StreamId>);
            streams.extend(stream.and_then(Result::ok));
        }
    }
    streams.sort_unstable();
    streams.dedup();
    if streams.len() > limits::MOST_STREAMS { Err(InboxError::TooManyStreams) } else { Ok(streams) }
}

/// The folder in an inbox for items that are being received; what lies there is nobody's yet.
pub(crate) const INCOMING: &str = "incoming";

/// The folder of stream memories in the state folder.
pub(crate) const MEMORIES: &str = "streams";
