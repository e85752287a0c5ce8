//! The real programs: built one by one, found where cargo put them, run for a moment and asked for facts.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use serde_json::Value;

/// A program of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// `nightsafe-gateway`
    Gateway,
    /// `nightsafe-transfer`
    Transfer,
    /// `nightsafe-internal`
    Internal,
    /// `nightsafe-safecopy`, which `nightsafe-internal` finds beside itself
    Safecopy,
    /// `nightsafe-keys`
    Keys,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gateway, Self::Transfer, Self::Internal, Self::Safecopy, Self::Keys];

    /// The name of package and binary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "nightsafe-gateway",
            Self::Transfer => "nightsafe-transfer",
            Self::Internal => "nightsafe-internal",
            Self::Safecopy => "nightsafe-safecopy",
            Self::Keys => "nightsafe-keys",
        }
    }
}

/// Where the built programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    paths: BTreeMap<Program, PathBuf>,
}

/// Why a program could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started.
    #[error("{program} 启动不了 cannot be started")]
    Start {
        /// The program.
        program: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// cargo did not build it; its messages were shown as they came.
    #[error("{program} 没有编译成功，见上面的信息 did not build, see above")]
    Build {
        /// The package.
        program: &'static str,
    },
    /// It ended with an error.
    #[error("{command} 失败 failed ({code}): {message}")]
    Failed {
        /// The program and its first arguments.
        command: String,
        /// Its exit code.
        code: u8,
        /// The last line it wrote to standard error.
        message: String,
    },
    /// It did not print the JSON it promises.
    #[error("{command} 的输出不是 JSON did not print JSON")]
    Output {
        /// The program and its first arguments.
        command: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

impl HasExitCode for ProgramError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed { code: 6, .. } => ExitCode::Key,
            Self::Failed { code: 7, .. } => ExitCode::Disk,
            Self::Failed { code: 8, .. } => ExitCode::Busy,
            _ => ExitCode::Unexpected,
        }
    }
}

impl Programs {
    /// The programs that lie in `folder`.
    pub fn in_folder(folder: &Path) -> Self {
        Self { paths: Program::ALL.map(|program| (program, folder.join(program.name()))).into() }
    }

    /// Builds each program of the workspace by itself, as it ships; cargo's progress goes to standard error.
    pub fn build(workspace: &Path) -> Result<Self, ProgramError> {
        let mut paths = BTreeMap::new();
        for program in Program::ALL {
            paths.insert(program, build(workspace, program)?);
        }
        Ok(Self { paths })
    }

    /// A command that runs `program`, with nothing to read.
    pub fn command(&self, program: Program) -> Command {
        // Every program is in the map; the bare name is found on the PATH.
        let mut command = Command::new(self.paths.get(&program).map_or(Path::new(program.name()), PathBuf::as_path));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program to its end; any exit code but 0 is an error.
    pub fn run<A: AsRef<OsStr>>(&self, program: Program, arguments: &[A]) -> Result<Output, ProgramError> {
        let mut command = self.command(program);
        command.args(arguments);
        let output =
            command.output().map_err(|source| ProgramError::Start { program: program.name().to_owned(), source })?;
        if output.status.success() {
            return Ok(output);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(ProgramError::Failed {
            command: described(program, arguments),
            code: output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
            message: errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned(),
        })
    }

    /// Runs a program to its end and reads the JSON it prints.
    pub fn ask<A: AsRef<OsStr>>(&self, program: Program, arguments: &[A]) -> Result<Value, ProgramError> {
        let output = self.run(program, arguments)?;
        serde_json::from_slice(&output.stdout)
            .map_err(|source| ProgramError::Output { command: described(program, arguments), source })
    }
}

/// Builds one package and returns where cargo says its binary is.
fn build(workspace: &Path, program: Program) -> Result<PathBuf, ProgramError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let start = |source| ProgramError::Start { program: "cargo".to_owned(), source };
    let mut child = Command::new(cargo)
        .args(["build", "--release", "--message-format=json-render-diagnostics", "-p", program.name()])
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let mut executable = None;
    if let Some(messages) = child.stdout.take() {
        for line in BufReader::new(messages).lines() {
            let Ok(message) = serde_json::from_str::<Value>(&line.map_err(start)?) else { continue };
            let is_ours = message.pointer("/target/name").and_then(Value::as_str) == Some(program.name());
            if let (true, Some(path)) = (is_ours, message.get("executable").and_then(Value::as_str)) {
                executable = Some(PathBuf::from(path));
            }
        }
    }
    let status = child.wait().map_err(start)?;
    match executable {
        Some(path) if status.success() => Ok(path),
        _ => Err(ProgramError::Build { program: program.name() }),
    }
}

fn described<A: AsRef<OsStr>>(program: Program, arguments: &[A]) -> String {
    let mut text = program.name().to_owned();
    for argument in arguments.iter().take(VERB_WORDS) {
        text.push(' ');
        text.push_str(&argument.as_ref().to_string_lossy());
    }
    text
}

/// Enough of the arguments to tell which verb it was.
const VERB_WORDS: usize = 4;
