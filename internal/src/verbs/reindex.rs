//! `reindex`: the index thrown away and built anew from vault and ledger.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::PathBuf,
};

use nightsafe_runtime::{ExitCode, HasExitCode, StartError, Telemetry, TelemetryFormat, exit::exit_code_of_io};
use serde_json::json;

use super::terminal;
use crate::{cli::ReindexArguments, config::Config, indexed::SharedIndex, process, site::Site};

/// Rebuilds, and dumps if asked to.
pub(crate) fn run(config: Config, arguments: &ReindexArguments) -> Result<ExitCode, StartError> {
    Telemetry::full(TelemetryFormat::Text).start()?;
    process::forbid_dumps()?;
    let site = Site::open(config)?;
    // Opening checks all of it, and rebuilds what is damaged.
    let index = SharedIndex::open(&site)?;
    let events = if arguments.if_damaged { index.position()? } else { index.rebuild(&site)? };
    let digest = match &arguments.dump {
        Some(path) => {
            let failed = |source| DumpError { path: path.clone(), source };
            let mut out = BufWriter::new(File::create(path).map_err(failed)?);
            let digest = index.dump(&mut out)?;
            out.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
            digest
        }
        None => index.dump(&mut io::sink())?,
    };
    let value = json!({ "events": events, "dump_sha256": digest, "dump": arguments.dump });
    terminal::answer(arguments.output, &value, |_value| {
        terminal::line(format!("索引完好 the index is whole: {events} 个事件 events，转储摘要 dump sha256 {digest}"))
    })
}

/// The dump cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("转储无法写入 {path} (the dump cannot be written)")]
struct DumpError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl HasExitCode for DumpError {
    fn exit_code(&self) -> ExitCode {
        exit_code_of_io(&self.source)
    }
}
