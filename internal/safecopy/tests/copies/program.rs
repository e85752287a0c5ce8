//! Running the program on bytes.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// What must not come out.
pub(crate) const CANARY: &[u8] = b"nightsafe-canary-4821";

/// What the program made of something.
pub(crate) struct Copy {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) said: String,
}

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-safecopy"));
    command.args(arguments);
    command
}

/// Gives it `original` and takes what comes.
pub(crate) fn make(arguments: &[&str], original: &[u8]) -> Copy {
    let mut command = program(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // It may end without reading all of it.
        scope.spawn(move || drop(input.write_all(original)));
        child.wait_with_output().unwrap()
    });
    Copy {
        code: output.status.code(),
        bytes: output.stdout,
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// One of the small real files that stand for what reporters attach.
pub(crate) fn media(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/media").join(name)).unwrap()
}

pub(crate) fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
