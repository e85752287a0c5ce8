//! `register`: hands a report and its attachments to the daemon, as the clerk who is logged in. Nothing is decided here.
//!
//! The same report with the same attachments sent again is the same registration: its token follows from the content.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use nightsafe_runtime::{
    ExitCode, HasExitCode, StartError, SystemClock,
    bounded_file::{self, ReadError},
    exit::exit_code_of_io,
};
use nightsafe_schema::{digest::Digest, intake::ReceivedAt, time::Clock as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::terminal;
use crate::{
    cli::{HowItCame, MailArguments, RegisterArguments, RegisterVerb},
    config::Config,
    control::{
        client::Client,
        protocol::{Enclosed, Registering, Request},
    },
    limits,
    receipt::verified::digest_of,
};

/// Registers a report.
pub(crate) fn run(config: &Config, arguments: RegisterArguments) -> Result<ExitCode, StartError> {
    let (channel, how) = match arguments.verb {
        RegisterVerb::Phone(how) => ("phone", how),
        RegisterVerb::Letter(how) => ("letter", how),
        RegisterVerb::Visit(how) => ("visit", how),
        RegisterVerb::Mail(mail) => return import(config, mail),
    };
    let HowItCame { report, attachments, received_at, source, output } = how;
    let report = read_report(&report)?;
    let files = attachments.iter().map(Attached::open).collect::<Result<Vec<_>, _>>()?;
    let request = Request::Register(Registering {
        token: token(channel, &report, &files),
        channel: channel.to_owned(),
        source,
        received_at: received_at.unwrap_or_else(now),
        report,
        enclosures: files.iter().map(|file| file.enclosed.clone()).collect(),
    });
    let mut bytes = files
        .into_iter()
        .fold(Box::new(io::empty()) as Box<dyn Read>, |before, file| Box::new(before.chain(file.file)));
    let answer = Client::connect(&config.folders.control)?.ask_with(&request, &mut bytes)?;
    terminal::answer(output, &answer, say)
}

fn import(config: &Config, arguments: MailArguments) -> Result<ExitCode, StartError> {
    let MailArguments { file: path, flow, known, received_at, source, output } = arguments;
    let failed = |source| NotRegistered::Attachment { path: path.clone(), source };
    let mut file = File::open(&path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let known = known.map(|path| read_report(&path)).transpose()?.unwrap_or_default();
    let request = Request::RegisterMail { flow, source, received_at, known, length };
    let answer = Client::connect(&config.folders.control)?.ask_with(&request, &mut file)?;
    terminal::answer(output, &answer, say)
}

fn say(answer: &Value) -> Result<(), StartError> {
    let [number, at, attachments] =
        ["/clue_number", "/registered_at", "/attachments"].map(|field| terminal::text(answer, field));
    if answer.get("before") == Some(&json!(true)) {
        terminal::line("此件先前已登记，未重复登记 (registered before: nothing was registered twice)")?;
    }
    terminal::line(format!("线索编号 clue number: {number}"))?;
    terminal::line(format!("登记时间 registered at: {at}  附件 attachments: {attachments}"))
}

/// An attachment, opened once: what was hashed is what is sent, or it is refused as cut.
struct Attached {
    enclosed: Enclosed,
    sha256: Digest,
    file: File,
}

impl Attached {
    fn open(path: &PathBuf) -> Result<Self, NotRegistered> {
        let failed = |source| NotRegistered::Attachment { path: path.clone(), source };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let sha256 = digest_of(&mut file, length).map_err(failed)?;
        io::Seek::rewind(&mut file).map_err(failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { enclosed: Enclosed { name, length }, sha256, file })
    }
}

fn read_report(path: &Path) -> Result<String, NotRegistered> {
    let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let text = bounded_file::read_text(path, limits::REPORT_FILE_BYTES)?;
    // A file begins with a mark if an editor put it there, and ends with a line end.
    Ok(text.trim_start_matches('\u{feff}').trim_matches([' ', '\t', '\r', '\n']).to_owned())
}

fn token(channel: &str, report: &str, files: &[Attached]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(channel.as_bytes());
    hasher.update(b"\n");
    hasher.update(Sha256::digest(report.as_bytes()));
    for file in files {
        hasher.update(file.sha256.as_bytes());
    }
    HEXLOWER.encode(&hasher.finalize()).chars().take(TOKEN_DIGITS).collect()
}

fn now() -> String {
    ReceivedAt::new(SystemClock::start().now(), jiff::tz::offset(8)).to_string()
}

/// A token's 128 bits.
const TOKEN_DIGITS: usize = 32;

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
enum NotRegistered {
    #[error("举报文件不可读 (the report cannot be read)")]
    Report(#[from] ReadError),
    #[error("附件不可读 (cannot read {path})")]
    Attachment {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl HasExitCode for NotRegistered {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Report(error) => error.exit_code(),
            Self::Attachment { source, .. } => exit_code_of_io(source),
        }
    }
}
