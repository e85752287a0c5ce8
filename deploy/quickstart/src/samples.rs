//! The sample reports (tests/data/samples), their attachments and what is expected of each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use serde::Deserialize;
use serde_json::Value;

use crate::media::{Media, MediaError, Upload};

/// One sample report.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The file's name without `.json`.
    pub name: String,
    /// What it is about, in Chinese.
    pub title: String,
    /// The report as a client would send it.
    pub report: Value,
    /// A file for each attachment that it declares.
    pub uploads: Vec<Upload>,
    /// What must happen.
    pub expected: Expected,
}

/// What must happen to a sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// The gateway's answer.
    pub http: u16,
    /// The error's code, when it is refused.
    #[serde(default)]
    pub error: Option<String>,
    /// Who gets it.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// Who must never see it.
    #[serde(default)]
    pub forbidden: Vec<String>,
}

/// A task and who gets a copy of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Task {
    /// The unit that holds it.
    pub unit: String,
    /// Units that get a copy.
    #[serde(default)]
    pub copies: Vec<String>,
}

impl Expected {
    /// Units that hold a task or a copy.
    pub fn holders(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().flat_map(|task| std::iter::once(&task.unit).chain(&task.copies)).map(String::as_str)
    }
}

impl Sample {
    /// The division the report names as the place, or the empty text.
    pub fn place(&self) -> &str {
        self.report.pointer("/facts/place/code").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Why the samples cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The folder or a file cannot be read.
    #[error("样例 {path} 读不出来 the sample cannot be read")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is no sample.
    #[error("{path} 不是样例 is not a sample")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Their attachments cannot be had.
    #[error("样例附件用不了 the samples' attachments cannot be used")]
    Media(#[from] MediaError),
}

impl HasExitCode for SampleError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

/// Reads every sample of a folder, in the order of their names: the files that begin with a digit. The media lie in the
/// folder `media` beside it.
pub fn read_all(folder: &Path) -> Result<Vec<Sample>, SampleError> {
    let failed = |source| SampleError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if name.starts_with(|first: char| first.is_ascii_digit()) && name.ends_with(EXTENSION) {
            paths.push(folder.join(name));
        }
    }
    paths.sort();
    let media = Media::read(&folder.with_file_name("media"))?;
    paths.iter().map(|path| read(path, &media)).collect()
}

fn read(path: &Path, media: &Media) -> Result<Sample, SampleError> {
    #[derive(Deserialize)]
    struct File {
        #[serde(rename = "_meta")]
        meta: Meta,
        report: Value,
    }
    #[derive(Deserialize)]
    struct Meta {
        title: String,
        expect: Expected,
    }
    let text = fs::read(path).map_err(|source| SampleError::Read { path: path.to_owned(), source })?;
    let file: File =
        serde_json::from_slice(&text).map_err(|source| SampleError::Parse { path: path.to_owned(), source })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Sample {
        name: name.trim_end_matches(EXTENSION).to_owned(),
        title: file.meta.title,
        uploads: media.for_report(&file.report)?,
        report: file.report,
        expected: file.meta.expect,
    })
}

const EXTENSION: &str = ".json";
