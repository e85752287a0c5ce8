//! `new-stream --after HEAD`: the way on after a snapshot was restored, without forking the journal.

use std::path::Path;

use nightsafe_runtime::{ExitCode, FolderLock, Language, StartError, SystemRandomness, bounded_file};
use nightsafe_schema::journal::Head;
use nightsafe_schema::signed::LONGEST_LINE;

use super::output;
use crate::config::GatewayConfig;
use crate::credentials::JournalSigner;
use crate::stream::Stream;

pub(crate) fn new_stream(path: &Path, after: &Path) -> Result<ExitCode, StartError> {
    let config = GatewayConfig::read(path)?;
    let _lock = FolderLock::acquire(&config.folders.state)?;
    let signer = JournalSigner::read(&config.credentials.journal_key)?;
    let bytes = bounded_file::read(after, LONGEST_LINE as u64)?;
    // Only a head that this very gateway signed may be cited: the file has been on the inside and on a medium.
    let head = Head::parse(bytes.strip_suffix(b"\n").unwrap_or(&bytes))
        .and_then(|head| head.verify(&vec![signer.public().clone()]))
        .map_err(|error| StartError::new(ExitCode::Integrity, error))?;
    let stream = Stream::begin(&SystemRandomness, head.fields().sha256)?;
    stream.keep(&config.folders.state)?;
    let (old, seq, new) = (head.fields().stream.short(), head.fields().seq, stream.stream);
    output::line(Language::from_environment().choose(
        &format!("新日志 {new}，接在 {old} 的第 {seq} 条之后"),
        &format!("new stream {new}, after entry {seq} of {old}"),
    ))
}
