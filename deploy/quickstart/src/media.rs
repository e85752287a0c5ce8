//! Small real media (tests/data/media) for the attachments that the samples declare.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use serde_json::Value;

/// A file as a client uploads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What the reporter calls it.
    pub name: String,
    /// The media type that goes with its name.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Files of every kind that reporters send, by the extension of their names.
#[derive(Clone, Debug)]
pub struct Media(BTreeMap<String, Vec<Vec<u8>>>);

/// Why the media cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The folder or a file cannot be read.
    #[error("样例附件 {path} 读不出来 the sample media cannot be read")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A sample declares a kind of file that is not there.
    #[error("没有样例附件可作 there is no sample file to be {name}")]
    NoSuchKind {
        /// The declared name.
        name: String,
    },
}

impl HasExitCode for MediaError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

impl Media {
    /// Reads every file of a folder, in the order of their names.
    pub fn read(folder: &Path) -> Result<Self, MediaError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| MediaError::Read { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            paths.push(entry.map_err(failed(folder))?.path());
        }
        paths.sort();
        let mut by_extension: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for path in paths {
            let bytes = fs::read(&path).map_err(failed(&path))?;
            by_extension.entry(extension(&path.to_string_lossy())).or_default().push(bytes);
        }
        Ok(Self(by_extension))
    }

    /// A file for each attachment that a report declares, in that order.
    pub fn for_report(&self, report: &Value) -> Result<Vec<Upload>, MediaError> {
        let declared = report.pointer("/evidence/attachments").and_then(Value::as_array);
        declared.into_iter().flatten().enumerate().map(|(position, entry)| self.upload(position, entry)).collect()
    }

    fn upload(&self, position: usize, declared: &Value) -> Result<Upload, MediaError> {
        let text = |field: &str| declared.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = text("name");
        let files = self.0.get(&extension(&name)).map(Vec::as_slice).unwrap_or_default();
        // Another file for another place, as far as there are any.
        let Some(bytes) = files.iter().cycle().nth(position) else {
            return Err(MediaError::NoSuchKind { name });
        };
        Ok(Upload { media_type: text("media_type"), bytes: bytes.clone(), name })
    }
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]
mod tests {
    use crate::{run::samples_folder, samples};

    #[test]
    fn every_declared_attachment_has_a_file_and_neighbours_differ() {
        let samples = samples::read_all(&samples_folder()).unwrap();
        assert_eq!(samples.iter().map(|sample| sample.uploads.len()).sum::<usize>(), 11);
        for sample in samples.iter().filter(|sample| sample.uploads.len() > 1) {
            assert_ne!(sample.uploads[0].bytes, sample.uploads[1].bytes, "{}", sample.name);
        }
    }
}
