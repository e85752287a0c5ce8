//! `status`: how the gateway stands, from its folders alone; it runs beside a serving gateway.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, Language, StartError, SystemClock};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::ring::RingStanding;
use nightsafe_schema::time::Clock as _;
use serde::Serialize;

use super::output::{self, Output};
use crate::config::GatewayConfig;
use crate::credentials::JournalSigner;
use crate::outbox::{OutboxFolders, Space, StreamFile};
use crate::stream::Stream;

/// The facts, as `--json` prints them.
#[derive(Debug, Serialize)]
struct Facts {
    verdict: &'static str,
    exit_code: u8,
    gateway: String,
    stream: String,
    seq: u64,
    waiting_items: usize,
    ring_version: Option<u64>,
    ring: &'static str,
    ring_days_left: Option<i64>,
    ring_refused: Option<String>,
    gateway_in_ring: bool,
    disk_free_mib: u64,
    intake: &'static str,
}

pub(crate) fn status(path: &Path, output: Output) -> Result<ExitCode, StartError> {
    let config = GatewayConfig::read(path)?;
    let (code, facts) = gather(&config, SystemClock::start().now())?;
    match output {
        Output::Json => {
            let text = serde_json::to_string(&facts).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
            output::line(&text)?;
        }
        Output::Words => {
            output::line(&words(&facts))?;
        }
    }
    Ok(code)
}

fn gather(config: &GatewayConfig, now: Timestamp) -> Result<(ExitCode, Facts), StartError> {
    let signer = JournalSigner::read(&config.credentials.journal_key)?;
    let stream = Stream::read(&config.folders.state)?;
    let folders = OutboxFolders::of(&config.folders.outbox);
    let end = StreamFile::peek(folders.journal(), stream.stream, stream.after, signer.public())?;
    let space = Space::new(&config.folders.outbox, config.disk_reserve_mib);
    let store = config.ring.peek(&config.folders.state).ok();
    let ring = store.as_ref().map(nightsafe_runtime::ring_file::RingStore::current);
    let standing = ring.as_ref().map(|ring| ring.standing(now));
    let (ring_word, ring_days_left, ring_open) = match standing {
        Some(RingStanding::Good { days_left }) => ("good", Some(days_left), true),
        Some(RingStanding::Ending { days_left }) => ("ending", Some(days_left), true),
        Some(RingStanding::Grace { days_left }) => ("grace", Some(days_left), true),
        Some(RingStanding::Closed) => ("closed", None, false),
        Some(RingStanding::Early) => ("early", None, false),
        None => ("none", None, false),
    };
    let gateway_in_ring = ring.as_ref().is_some_and(|ring| ring.journal_keys().contains(signer.public()));
    let refused = store.as_ref().and_then(|store| store.rejected()).map(ToString::to_string);
    let key_is_well = gateway_in_ring && refused.is_none() && matches!(ring_word, "good" | "ending");
    let code: ExitCode = [
        if key_is_well { ExitCode::Ok } else { ExitCode::Key },
        if space.is_enough() { ExitCode::Ok } else { ExitCode::Disk },
    ]
    .into_iter()
    .collect();
    let facts = Facts {
        verdict: if code == ExitCode::Ok { "ok" } else { "trouble" },
        exit_code: code.number(),
        gateway: config.gateway.to_string(),
        stream: end.stream.to_string(),
        seq: end.chain.last.map_or(0, nightsafe_schema::journal::Seq::value),
        waiting_items: waiting(&folders),
        ring_version: ring.as_ref().map(|ring| ring.fields().version),
        ring: ring_word,
        ring_days_left,
        ring_refused: refused,
        gateway_in_ring,
        disk_free_mib: space.room().map_or(0, |room| room.free / (1024 * 1024)),
        intake: if ring_open && space.is_enough() { "open" } else { "closed" },
    };
    Ok((code, facts))
}

/// Items that the transfer has not been allowed to delete yet.
fn waiting(folders: &OutboxFolders) -> usize {
    let Ok(listing) = fs::read_dir(folders.items()) else { return 0 };
    listing
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| ItemId::from_file_name(name).is_ok()))
        .count()
}

fn words(facts: &Facts) -> String {
    let verdict = if facts.verdict == "ok" { "● 正常 OK" } else { "▲ 异常 TROUBLE" };
    let days = facts.ring_days_left.map_or_else(|| "-".to_owned(), |days| days.to_string());
    let version = facts.ring_version.map_or_else(|| "-".to_owned(), |version| version.to_string());
    let mut text = format!(
        "{verdict}   {}   日志 stream {}   序号 seq {}\n  待传 waiting   {}     磁盘 disk free {} MiB\n  密钥环 ring    {version} {}   还有 days left {days}\n  接收 intake    {}",
        facts.gateway,
        facts.stream.get(..8).unwrap_or_default(),
        facts.seq,
        facts.waiting_items,
        facts.disk_free_mib,
        facts.ring,
        facts.intake,
    );
    if let Some(next) = next_step(facts) {
        text.push_str("\n  下一步 next    ");
        text.push_str(next);
    }
    text
}

fn next_step(facts: &Facts) -> Option<&'static str> {
    let language = Language::from_environment();
    if facts.ring_version.is_none() || facts.ring_refused.is_some() {
        Some(language.choose(
            "请密钥官发布签过名的密钥环",
            "ask the key officers for a signed key ring (nightsafe-keys publish)",
        ))
    } else if !matches!(facts.ring, "good" | "ending") {
        Some(
            language
                .choose("密钥环已过期：请密钥官发布新的", "the key ring has ended: ask the key officers for a new one"),
        )
    } else if !facts.gateway_in_ring {
        Some(language.choose("请密钥官把本网关写进密钥环", "ask the key officers to name this gateway in the key ring"))
    } else if facts.intake == "closed" {
        Some(language.choose("腾出磁盘空间", "free disk space"))
    } else {
        None
    }
}
