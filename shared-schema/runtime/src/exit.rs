//! Exit codes shared by every program, and the one way a failing program ends.
//!
//! The numbers are fixed: operators' scripts and monitoring depend on them. A failing `main` never returns 0, and an
//! error is printed once, with its chain of causes, to standard error.

use std::error::Error;
use std::io::{self, Write};
use std::process::Termination;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum ExitCode {
    /// All went well.
    #[default]
    Ok = 0,
    /// A failure nobody planned for.
    Unexpected = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Done, but some bytes differ from their valid entry and are in quarantine.
    BytesDiffer = 3,
    /// Items are missing.
    Gap = 4,
    /// The oldest waiting item is older than the limit.
    Stuck = 5,
    /// A key or key ring is missing, expired or untrusted.
    Key = 6,
    /// A disk or medium is full or absent.
    Disk = 7,
    /// Another instance works on the same folder.
    Busy = 8,
    /// Nothing to do, when the caller asked to be told.
    NothingToDo = 9,
    /// An integrity failure: forged, altered, foreign or unannounced material.
    Integrity = 10,
    /// Interrupted, and everything is in a safe state.
    Interrupted = 130,
}

impl ExitCode {
    /// The number the operating system sees.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Of two outcomes, the one an operator must hear about: 10, 6, 7, 4, 3, 5, then every other failure.
    #[must_use]
    pub fn worse_of(self, other: Self) -> Self {
        if other.severity() > self.severity() { other } else { self }
    }

    fn severity(self) -> u8 {
        match self {
            Self::Integrity => 11,
            Self::Key => 10,
            Self::Disk => 9,
            Self::Gap => 8,
            Self::BytesDiffer => 7,
            Self::Stuck => 6,
            Self::Unexpected => 5,
            Self::Usage => 4,
            Self::Busy => 3,
            Self::Interrupted => 2,
            Self::NothingToDo => 1,
            Self::Ok => 0,
        }
    }
}

impl FromIterator<ExitCode> for ExitCode {
    /// The worst of several outcomes; `Ok` of none.
    fn from_iter<I: IntoIterator<Item = Self>>(codes: I) -> Self {
        codes.into_iter().fold(Self::Ok, Self::worse_of)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

impl Termination for ExitCode {
    fn report(self) -> std::process::ExitCode {
        self.into()
    }
}

/// An error that knows which exit code it deserves. `StartError` and `?` do the rest.
pub trait HasExitCode: Error {
    /// The code the program ends with when this error stops it.
    fn exit_code(&self) -> ExitCode;
}

/// The exit code for a failed file operation: no space and read-only media are 7, everything else is unexpected.
pub fn exit_code_of_io(error: &io::Error) -> ExitCode {
    use io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded | ReadOnlyFilesystem | FileTooLarge | NotFound => ExitCode::Disk,
        _ => ExitCode::Unexpected,
    }
}

/// What stopped a program: the cause, and the code it ends with.
#[derive(Debug)]
pub struct StartError {
    code: ExitCode,
    cause: Box<dyn Error + Send + Sync>,
}

impl StartError {
    /// Ends the program with `code` because of `cause`.
    pub fn new(code: ExitCode, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code, cause: cause.into() }
    }

    /// The code the program ends with.
    pub fn code(&self) -> ExitCode {
        self.code
    }

    /// One line: program, then the error and each of its causes, separated by colons.
    pub fn line(&self, program: &str) -> String {
        let mut line = format!("{program}: {}", self.cause);
        let mut source = self.cause.source();
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        line
    }
}

impl<E: HasExitCode + Send + Sync + 'static> From<E> for StartError {
    fn from(error: E) -> Self {
        Self { code: error.exit_code(), cause: Box::new(error) }
    }
}

/// Ends `main`: prints the error, if any, once to standard error and turns the outcome into an exit code.
pub fn conclude(program: &str, outcome: Result<ExitCode, StartError>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to tell if standard error is closed; the exit code still says it.
            let _ = writeln!(io::stderr().lock(), "{}", error.line(program));
            if error.code == ExitCode::Ok { ExitCode::Unexpected } else { error.code }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the key ring")]
    struct NoRing(#[source] io::Error);

    impl HasExitCode for NoRing {
        fn exit_code(&self) -> ExitCode {
            ExitCode::Key
        }
    }

    #[test]
    fn the_worst_outcome_wins_in_the_published_order() {
        let order = [10, 6, 7, 4, 3, 5];
        let codes =
            [ExitCode::Stuck, ExitCode::BytesDiffer, ExitCode::Gap, ExitCode::Disk, ExitCode::Key, ExitCode::Integrity];
        for (end, expected) in (1..=codes.len()).rev().zip(order) {
            let worst: ExitCode = codes.iter().take(end).copied().chain([ExitCode::Ok]).collect();
            assert_eq!(worst.number(), expected);
        }
        assert_eq!(ExitCode::Ok.worse_of(ExitCode::Unexpected), ExitCode::Unexpected);
        assert_eq!(ExitCode::from_iter([]), ExitCode::Ok);
    }

    #[test]
    fn an_error_is_one_line_with_its_chain() {
        let error = StartError::from(NoRing(io::Error::other("permission denied")));
        assert_eq!(error.line("nightsafe-test"), "nightsafe-test: cannot read the key ring: permission denied");
        assert_eq!(error.code(), ExitCode::Key);
    }

    #[test]
    fn a_failure_never_ends_with_zero() {
        let mislabelled = StartError::new(ExitCode::Ok, "broken");
        assert_eq!(conclude("nightsafe-test", Err(mislabelled)), ExitCode::Unexpected);
    }
}
