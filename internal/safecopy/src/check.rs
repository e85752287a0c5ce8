//! Whether the sandbox holds on this machine: forbidden deeds are tried from inside, each by a process of its own.
//!
//! The daemon asks before it makes the first copy; where the check fails, no attachment is decoded at all.

use std::io::{self, Write as _};
use std::net::UdpSocket;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use nightsafe_runtime::{ExitCode, HasExitCode};

use crate::sandbox::{self, Confinement, SandboxError};

/// Something that no decoder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Deed {
    /// Nothing forbidden: the control.
    Nothing,
    /// Reading a file of the machine, as a decoder.
    DecoderReads,
    /// Opening a socket, as a decoder.
    DecoderConnects,
    /// Starting a program, as a decoder.
    DecoderStarts,
    /// Nothing forbidden, as the transcoder.
    TranscoderNothing,
    /// Reading a file of the machine, as the transcoder.
    TranscoderReads,
    /// Writing a file, as the transcoder.
    TranscoderWrites,
    /// Opening a socket, as the transcoder.
    TranscoderConnects,
    /// Starting another program, as the transcoder.
    TranscoderStarts,
}

/// Why the check could not be made, or what it found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// The process could not lock itself in.
    #[error("不能隔离 (cannot lock itself in)")]
    Sandbox(#[source] SandboxError),
    /// The check cannot start itself.
    #[error("自检启动不了 (the check cannot start itself)")]
    Start(#[source] io::Error),
    /// Something was possible that must not be, or the other way round.
    #[error("隔离不成立：{deed:?} (the sandbox does not hold)")]
    Hole {
        /// What.
        deed: Deed,
    },
}

impl HasExitCode for CheckError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Start(_) => ExitCode::Unexpected,
            Self::Sandbox(_) | Self::Hole { .. } => ExitCode::Integrity,
        }
    }
}

/// Tries every deed and says so; fails at the first that does not come out as it must.
pub(crate) fn all() -> Result<ExitCode, CheckError> {
    for (deed, words) in DEEDS {
        let program = std::env::current_exe().map_err(CheckError::Start)?;
        let name =
            clap::ValueEnum::to_possible_value(deed).map(|value| value.get_name().to_owned()).unwrap_or_default();
        let mut child = Command::new(program);
        child.args(["check", "--deed", &name]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = child.status().map_err(CheckError::Start)?;
        // A call that ends the process is as good as one that fails; a crash of another kind is not.
        let was_stopped = status.signal() == Some(libc::SIGSYS);
        if !(status.success() || (was_stopped && *deed != Deed::Nothing)) {
            return Err(CheckError::Hole { deed: *deed });
        }
        let _ = writeln!(io::stdout(), "● {words}");
    }
    Ok(ExitCode::Ok)
}

/// Locks itself in, tries one deed, and succeeds if that did not.
pub(crate) fn attempt(deed: Deed) -> Result<ExitCode, CheckError> {
    let confinement = match deed {
        Deed::Nothing | Deed::DecoderReads | Deed::DecoderConnects | Deed::DecoderStarts => Confinement::Decoder,
        _ => Confinement::Transcoder,
    };
    let _confined = sandbox::enter(confinement).map_err(CheckError::Sandbox)?;
    let succeeded = match deed {
        Deed::Nothing | Deed::TranscoderNothing => false,
        Deed::DecoderReads | Deed::TranscoderReads => std::fs::read("/etc/hostname").is_ok(),
        Deed::DecoderConnects | Deed::TranscoderConnects => UdpSocket::bind("127.0.0.1:0").is_ok(),
        Deed::DecoderStarts | Deed::TranscoderStarts => Command::new("/bin/true").status().is_ok(),
        Deed::TranscoderWrites => std::fs::write(std::env::temp_dir().join("nightsafe-check"), b"x").is_ok(),
    };
    if succeeded { Err(CheckError::Hole { deed }) } else { Ok(ExitCode::Ok) }
}

const DEEDS: &[(Deed, &str)] = &[
    (Deed::Nothing, "解码进程能在隔离中运行 a decoder runs locked in"),
    (Deed::DecoderReads, "打不开本机文件 it opens no file"),
    (Deed::DecoderConnects, "开不了网络 it has no network"),
    (Deed::DecoderStarts, "启动不了程序 it starts no program"),
    (Deed::TranscoderNothing, "转码进程能在隔离中运行 a transcoder runs locked in"),
    (Deed::TranscoderReads, "打不开本机文件 it opens no file of the machine"),
    (Deed::TranscoderWrites, "写不了文件 it writes no file"),
    (Deed::TranscoderConnects, "开不了网络 it has no network"),
    (Deed::TranscoderStarts, "启动不了别的程序 it starts no other program"),
];
