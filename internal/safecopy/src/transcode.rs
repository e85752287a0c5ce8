//! Sound and video: this process, locked in, becomes `ffmpeg` with a recipe that names demuxer and encoders.
//!
//! Phones record in formats whose decoders only ffmpeg has. It reads the original from a file in memory and finds no
//! network, no other file and no way to start anything.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::copy::CopyError;
use crate::sandbox::Confined;
use crate::{input, limits};

/// The words for ffmpeg between input and output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    /// The only demuxer it may use: playlists and other formats that name further files are not among them.
    demuxer: &'static str,
    /// What becomes of it.
    output: &'static [&'static str],
}

/// MP3 to MP3.
pub(crate) const AUDIO: Recipe = Recipe {
    demuxer: "mp3",
    output: &[
        "-map",
        "0:a:0",
        "-vn",
        "-c:a",
        "libmp3lame",
        "-q:a",
        "4",
        "-write_xing",
        "0",
        "-id3v2_version",
        "0",
        "-f",
        "mp3",
    ],
};

/// MP4 to MP4 in fragments, which a browser plays from a stream: no larger than a screen, upright.
pub(crate) const VIDEO: Recipe = Recipe {
    demuxer: "mov",
    output: &[
        "-map",
        "0:v:0?",
        "-map",
        "0:a:0?",
        "-vf",
        "scale=w='min(1280,iw)':h='min(1280,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "25",
        "-pix_fmt",
        "yuv420p",
        "-x264-params",
        "threads=1:lookahead-threads=1",
        "-c:a",
        "aac",
        "-b:a",
        "96k",
        "-ac",
        "2",
        "-movflags",
        "frag_keyframe+empty_moov+default_base_moof",
        "-f",
        "mp4",
    ],
};

/// Reads the original and goes on as ffmpeg; returns only if that fails.
pub(crate) fn become_transcoder(_: &Confined, recipe: Recipe) -> CopyError {
    let (original, length) = match input::into_memory_file(limits::RECORDING_BYTES) {
        Ok(read) => read,
        Err(error) => return error,
    };
    let seconds = limits::RECORDING_SECONDS + limits::RECORDING_SECONDS_PER_MIB * (length >> 20);
    let bound = Rlimit { current: Some(seconds), maximum: Some(seconds) };
    if let Err(error) = setrlimit(Resource::Cpu, bound) {
        return CopyError::Transcoder(error.into());
    }
    let mut ffmpeg = Command::new(FFMPEG);
    ffmpeg
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-filter_threads", "1"])
        .args(["-protocol_whitelist", "file,pipe", "-f", recipe.demuxer, "-i", "file:/dev/stdin"])
        .args(["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"])
        .args(recipe.output)
        .args(["-threads", "1", "-flags", "+bitexact", "pipe:1"])
        .env_clear()
        .stdin(Stdio::from(original));
    CopyError::Transcoder(ffmpeg.exec())
}

/// Where Debian has it; the sandbox lets nothing else be started.
pub(crate) const FFMPEG: &str = "/usr/bin/ffmpeg";
