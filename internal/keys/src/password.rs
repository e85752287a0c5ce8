//! Where an officer's password comes from. It stays in wiped memory and is never shown.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use nightsafe_runtime::{
    ExitCode,
    bounded_file::{self, ReadError},
    exit::HasExitCode,
};
use zeroize::Zeroizing;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Its file cannot be read, or others may read it.
    #[error("密码文件不能用 the password file cannot be used")]
    File(#[source] ReadError),
    /// It is empty or no text.
    #[error("密码不能为空，须为一行文字 the password must be one line of text")]
    Empty,
    /// Nobody is there to be asked.
    #[error("没有终端可以输入密码，请用 --password-file  there is no terminal to ask for the password")]
    NoTerminal,
}

impl HasExitCode for PasswordError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::File(error) => error.exit_code(),
            Self::Empty | Self::NoTerminal => ExitCode::Usage,
        }
    }
}

/// The password in `file`; `None` leaves it to the minisign library to ask at the terminal.
pub(crate) fn from_file_or_terminal(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, PasswordError> {
    let Some(file) = file else {
        return if io::stdin().is_terminal() { Ok(None) } else { Err(PasswordError::NoTerminal) };
    };
    let bytes = bounded_file::read_secret(file, LONGEST).map_err(PasswordError::File)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| PasswordError::Empty)?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    if line.is_empty() || line.contains('\n') {
        return Err(PasswordError::Empty);
    }
    Ok(Some(Zeroizing::new(line.to_owned())))
}

/// minisign's own limit, in bytes.
const LONGEST: u64 = 1024;
