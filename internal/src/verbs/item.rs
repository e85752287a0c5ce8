//! `item export`: through the daemon if one runs, from the folders if none does.

use std::{
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use nightsafe_runtime::{
    ExitCode, HasExitCode, StartError, Telemetry, TelemetryFormat,
    durable_file::{self, DurableError, NewFile},
};
use nightsafe_schema::item::ItemIdError;
use serde_json::json;

use super::terminal;
use crate::{
    cli::ExportArguments,
    config::Config,
    control::{client::Client, protocol::Request},
    desk::export::{ExportError, Original},
    process,
    records::{Actor, RecordError},
    site::Site,
};

/// Writes the original sealed file to `--out`, which must not exist.
pub(crate) fn export(config: Config, arguments: ExportArguments) -> Result<ExitCode, StartError> {
    let ExportArguments { item, out, reason, output } = arguments;
    let length = match Client::connect(&config.folders.control) {
        Ok(client) => {
            let request = Request::ExportItem { item: item.clone(), reason };
            let (length, bytes) = client.ask_bytes(&request)?;
            write(&out, length, bytes)?
        }
        Err(error) if error.is_absence() => without_daemon(config, &item, &reason, &out)?,
        Err(error) => return Err(error.into()),
    };
    let value = json!({ "item": item, "out": out, "bytes": length });
    terminal::answer(output, &value, |_value| {
        terminal::line(format!("已导出 exported: {} ({length} 字节 bytes)", out.display()))
    })
}

/// Whoever can read the store key may repair; it is recorded all the same.
fn without_daemon(config: Config, item: &str, reason: &str, out: &Path) -> Result<u64, StartError> {
    Telemetry::full(TelemetryFormat::Text).start()?;
    process::forbid_dumps()?;
    let item = item.parse().map_err(NotExported::Item)?;
    let site = Site::open(config)?;
    let original = Original::of(&site, item).map_err(NotExported::Original)?;
    let event = original.event(item, reason);
    site.records.append(&Actor::repair(), &*site.clock, vec![event]).map_err(NotExported::Record)?;
    Ok(write(out, original.length, original.into_reader())?)
}

/// Writes what comes to a file that must not exist.
pub(super) fn write(out: &Path, length: u64, mut bytes: impl Read) -> Result<u64, NotExported> {
    let mut file = NewFile::create(out)?;
    let written = io::copy(&mut bytes, &mut file).and_then(|written| file.flush().map(|()| written));
    let written = written.map_err(|source| NotExported::Write { path: out.to_owned(), source })?;
    if written != length {
        return Err(NotExported::Cut { written, length });
    }
    file.commit_new()?;
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    durable_file::sync_folder(folder)?;
    Ok(written)
}

/// Why the item is not in the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotExported {
    #[error("密封件号不合要求 (not an item id)")]
    Item(#[source] ItemIdError),
    #[error("密封件无法还原 (the item cannot be put back together)")]
    Original(#[source] ExportError),
    #[error("导出没有记下，因此没有导出 (the export was not recorded and did not happen)")]
    Record(#[source] RecordError),
    #[error("无法写入 {path} (the file cannot be written)")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("无法写入文件，或文件已存在 (the file cannot be written, or exists)")]
    File(#[from] DurableError),
    #[error("传输中断：{written} / {length} 字节 (cut off)")]
    Cut { written: u64, length: u64 },
}

impl HasExitCode for NotExported {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Item(_) | Self::Original(ExportError::NotHere) => ExitCode::Usage,
            Self::Original(ExportError::Differs) => ExitCode::Integrity,
            Self::File(error) => error.exit_code(),
            Self::Original(_) | Self::Record(_) | Self::Write { .. } | Self::Cut { .. } => ExitCode::Unexpected,
        }
    }
}
