//! Rings as files: `ring.json`, and `ring.json.<officer id>.minisig` beside it. Nothing read here is trusted yet.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use nightsafe_runtime::{
    ExitCode,
    bounded_file::{self, ReadError},
    exit::HasExitCode,
};
use nightsafe_schema::{
    canonical::canonical_json,
    ring::{KeyName, RingFault, RingFields, SignedRing},
};

/// Why the files of a ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// A file cannot be read.
    #[error("钥匙环读不出来 the ring cannot be read")]
    Read(#[source] ReadError),
    /// The folder of the ring cannot be listed.
    #[error("目录 {folder} 读不出来 the folder of the ring cannot be listed")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is no ring.
    #[error("{path} 不是钥匙环 is not a key ring")]
    Fields {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The ring has a second spelling, so a signature on it would mean less than it seems.
    #[error("{path} 不是规范写法 is not canonical JSON (RFC 8785)")]
    Spelling {
        /// The file.
        path: PathBuf,
    },
    /// The ring contradicts itself.
    #[error("{path} 自相矛盾 is wrong in itself")]
    Fault {
        /// The file.
        path: PathBuf,
        /// How.
        #[source]
        source: RingFault,
    },
}

impl HasExitCode for FilesError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Key
    }
}

/// A ring with whatever signatures lie beside it.
pub(crate) fn read_signed(path: &Path) -> Result<SignedRing, FilesError> {
    let bytes = bounded_file::read(path, LARGEST_RING).map_err(FilesError::Read)?;
    let mut signatures = BTreeMap::new();
    for (officer, signature) in signature_files(path)? {
        let text = bounded_file::read_text(&signature, LARGEST_SIGNATURE).map_err(FilesError::Read)?;
        signatures.insert(officer, text);
    }
    Ok(SignedRing { bytes, signatures })
}

/// What a ring says that nobody may have signed yet, and its exact bytes.
pub(crate) fn read_unsigned(path: &Path) -> Result<(RingFields, Vec<u8>), FilesError> {
    let bytes = bounded_file::read(path, LARGEST_RING).map_err(FilesError::Read)?;
    let fields: RingFields =
        serde_json::from_slice(&bytes).map_err(|source| FilesError::Fields { path: path.to_owned(), source })?;
    if canonical_json(&fields).ok().as_ref() != Some(&bytes) {
        return Err(FilesError::Spelling { path: path.to_owned() });
    }
    fields.check().map_err(|source| FilesError::Fault { path: path.to_owned(), source })?;
    Ok((fields, bytes))
}

/// Where an officer's signature of a ring goes.
pub(crate) fn signature_path(ring: &Path, officer: &KeyName) -> PathBuf {
    let mut name = ring.as_os_str().to_owned();
    name.push(format!(".{officer}{SIGNATURE_EXTENSION}"));
    PathBuf::from(name)
}

fn signature_files(ring: &Path) -> Result<Vec<(KeyName, PathBuf)>, FilesError> {
    let folder = ring.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let listing = |source| FilesError::List { folder: folder.to_owned(), source };
    let prefix = ring.file_name().map(|name| format!("{}.", name.to_string_lossy())).unwrap_or_default();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(listing)? {
        let name = entry.map_err(listing)?.file_name();
        let officer = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(SIGNATURE_EXTENSION));
        if let Some(officer) = officer.and_then(|officer| officer.parse().ok()) {
            found.push((officer, folder.join(&name)));
        }
        if found.len() > MOST_SIGNATURES {
            break;
        }
    }
    Ok(found)
}

const SIGNATURE_EXTENSION: &str = ".minisig";
/// A ring with every list full stays below, in bytes.
const LARGEST_RING: u64 = 256 * 1024;
/// Two comments and two short base64 lines, in bytes.
const LARGEST_SIGNATURE: u64 = 4096;
/// More officers than any ring may list.
const MOST_SIGNATURES: usize = 128;
