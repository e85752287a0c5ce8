//! One copy: lock in, read, decode, encode.

use std::io::{self, Write};

use nightsafe_runtime::{ExitCode, HasExitCode};

use crate::cli::Kind;
use crate::sandbox::{self, Confinement, SandboxError};
use crate::{input, limits, page, picture, transcode};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// The process could not lock itself in, so it read nothing.
    #[error("不能隔离，什么也没有读 (cannot lock itself in; nothing was read)")]
    Sandbox(#[source] SandboxError),
    /// Standard input failed.
    #[error("原件读不完 (the original cannot be read to its end)")]
    Input(#[source] io::Error),
    /// There is more of it than its kind may be.
    #[error("原件超过 {most} 字节 (the original is larger than its kind may be)")]
    TooLarge {
        /// The bound.
        most: u64,
    },
    /// It is not what it was said to be, or damaged.
    #[error("原件不能解码 (the original cannot be decoded)")]
    Undecodable,
    /// Decoding it would take more pixels or memory than a copy is worth.
    #[error("画面太大，不予解码 (it asks for more pixels than a copy may have)")]
    TooManyPixels,
    /// It has fewer pages.
    #[error("没有这一页 (there is no such page)")]
    NoSuchPage,
    /// The copy could not be encoded.
    #[error("副本编码失败 (the copy cannot be encoded)")]
    Unencodable,
    /// Nobody took the copy.
    #[error("副本写不出 (the copy cannot be written)")]
    Output(#[source] io::Error),
    /// The transcoder did not start.
    #[error("转码程序 ffmpeg 启动不了，请安装 ffmpeg (ffmpeg cannot be started; install it)")]
    Transcoder(#[source] io::Error),
}

impl HasExitCode for CopyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Sandbox(_) => ExitCode::Integrity,
            Self::TooLarge { .. } | Self::Undecodable | Self::TooManyPixels => ExitCode::BytesDiffer,
            Self::NoSuchPage => ExitCode::NothingToDo,
            Self::Output(_) => ExitCode::Disk,
            Self::Input(_) | Self::Unencodable | Self::Transcoder(_) => ExitCode::Unexpected,
        }
    }
}

/// Makes the copy of what stands at standard input and writes it to standard output.
pub(crate) fn make(kind: Kind) -> Result<ExitCode, CopyError> {
    match kind {
        Kind::Picture => {
            let confined = sandbox::enter(Confinement::Decoder).map_err(CopyError::Sandbox)?;
            write(&picture::redraw(&confined, &input::read(limits::PICTURE_BYTES)?)?)
        }
        Kind::Page { number } => {
            let confined = sandbox::enter(Confinement::Decoder).map_err(CopyError::Sandbox)?;
            write(&page::draw(&confined, input::read(limits::PICTURE_BYTES)?, number)?)
        }
        Kind::Audio | Kind::Video => {
            let confined = sandbox::enter(Confinement::Transcoder).map_err(CopyError::Sandbox)?;
            let recipe = if kind == Kind::Audio { transcode::AUDIO } else { transcode::VIDEO };
            Err(transcode::become_transcoder(&confined, recipe))
        }
    }
}

fn write(copy: &[u8]) -> Result<ExitCode, CopyError> {
    let mut output = io::stdout().lock();
    output.write_all(copy).and_then(|()| output.flush()).map_err(CopyError::Output)?;
    Ok(ExitCode::Ok)
}
