//! One TOML file per program, read before anything is opened or bound.
//!
//! Paths in the file are relative to the file itself, so that a folder of configuration, state and keys can be moved or
//! mounted elsewhere as a whole. Secrets are paths, never values.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::bounded_file::{self, ReadError};
use crate::exit::{ExitCode, HasExitCode};

/// A path from a configuration file, already resolved against that file's folder.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigPath(PathBuf);

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("no usable configuration")]
    Read(#[source] ReadError),
    /// The file does not say what the program needs; the cause names line and field.
    #[error("{path} is not a valid configuration")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
}

impl HasExitCode for ConfigError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }
}

/// Reads the configuration at `path`. `T` denies unknown fields, so that a misspelt name is an error and not a default.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = bounded_file::read_text(path, LIMIT).map_err(ConfigError::Read)?;
    // A bare file name has the parent "", which joins to the path as written.
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    parse(&text, folder).map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}

/// Parses configuration text as if it lay in `folder`; for tests of example files.
pub fn parse<T: DeserializeOwned>(text: &str, folder: &Path) -> Result<T, toml::de::Error> {
    let _scope = BaseScope::enter(folder);
    toml::from_str(text)
}

impl ConfigPath {
    /// The resolved path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl From<PathBuf> for ConfigPath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Deref for ConfigPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for ConfigPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl fmt::Debug for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for ConfigPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = PathBuf::deserialize(deserializer)?;
        if written.as_os_str().is_empty() {
            return Err(D::Error::custom("the path is empty"));
        }
        BASE.with_borrow(|base| match base {
            Some(folder) => Ok(Self(folder.join(written))),
            None => Err(D::Error::custom("a path means nothing outside of a configuration file")),
        })
    }
}

/// While it lives, paths parsed on this thread belong to one configuration file.
struct BaseScope;

impl BaseScope {
    fn enter(folder: &Path) -> Self {
        BASE.set(Some(folder.to_owned()));
        Self
    }
}

impl Drop for BaseScope {
    fn drop(&mut self) {
        BASE.set(None);
    }
}

thread_local! {
    /// Serde hands a field no context; this is the folder of the file being parsed.
    static BASE: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// Far above any real configuration, far below what would hurt.
const LIMIT: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        site: String,
        state: ConfigPath,
    }

    #[test]
    fn paths_are_relative_to_the_file_and_absolute_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        fs::write(&path, "site = \"a\"\nstate = \"state/x\"\n").unwrap();
        let config: Example = load(&path).unwrap();
        assert_eq!(config.site, "a");
        assert_eq!(config.state.as_path(), folder.path().join("state/x"));
        let config: Example = parse("site = \"a\"\nstate = \"/var/x\"\n", Path::new("/etc")).unwrap();
        assert_eq!(config.state.as_path(), Path::new("/var/x"));
    }

    #[test]
    fn a_misspelt_field_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        fs::write(&path, "site = \"a\"\nstate = \"s\"\nstaet = \"s\"\n").unwrap();
        let error = load::<Example>(&path).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Usage);
        let line = crate::exit::StartError::from(error).line("x");
        assert!(line.contains("staet"), "{line}");
    }

    #[test]
    fn a_path_outside_of_a_configuration_is_refused() {
        assert!(toml::from_str::<Example>("site = \"a\"\nstate = \"s\"\n").is_err());
        assert!(parse::<Example>("site = \"a\"\nstate = \"\"\n", Path::new("/etc")).is_err());
    }
}
