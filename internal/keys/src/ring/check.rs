//! Says in one line how a ring stands: which key seals now, until when, who signed. Runs on any machine.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use nightsafe_schema::{
    digest::{Digest, DigestError},
    ring::{OfficerPins, RingError, RingStanding, VerifiedRing},
};
use serde_json::{Value, json};

use super::files::{self, FilesError};
use crate::{answer::Answer, cli::CheckRing, fingerprint::Spoken};

/// Why a ring is not to be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// A pin is no fingerprint.
    #[error("--pin {pin} 不是指纹 is not a fingerprint")]
    Pin {
        /// What was given.
        pin: String,
        /// What is wrong with it.
        #[source]
        source: DigestError,
    },
    /// The ring cannot be read.
    #[error("钥匙环读不出来 the ring cannot be read")]
    Files(#[source] FilesError),
    /// The ring, or the one before it, must not be used.
    #[error("不可信 not trusted")]
    Untrusted(#[source] RingError),
}

impl HasExitCode for CheckError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Pin { .. } => ExitCode::Usage,
            Self::Files(error) => error.exit_code(),
            Self::Untrusted(_) => ExitCode::Key,
        }
    }
}

/// Checks a ring as the programs do, and tells how it stands at `now`.
pub(crate) fn check(arguments: &CheckRing, now: Timestamp) -> Result<Answer, CheckError> {
    let pins = pins(arguments)?;
    let read = |path| files::read_signed(path).map_err(CheckError::Files);
    let first = VerifiedRing::pinned(read(arguments.previous.as_ref().unwrap_or(&arguments.ring))?, &pins);
    let ring = match first.map_err(CheckError::Untrusted)? {
        previous if arguments.previous.is_some() => {
            previous.successor(read(&arguments.ring)?).map_err(CheckError::Untrusted)?
        }
        ring => ring,
    };
    Ok(describe(&ring, now))
}

fn pins(arguments: &CheckRing) -> Result<OfficerPins, CheckError> {
    let fingerprint =
        |pin: &String| pin.parse::<Digest>().map_err(|source| CheckError::Pin { pin: pin.clone(), source });
    let fingerprints = arguments.pins.iter().map(fingerprint).collect::<Result<_, _>>()?;
    Ok(OfficerPins { fingerprints, threshold: arguments.threshold.unwrap_or(0) })
}

fn describe(ring: &VerifiedRing, now: Timestamp) -> Answer {
    let fields = ring.fields();
    let signers: Vec<&str> = ring.signers().map(|officer| officer.id.as_str()).collect();
    let officers: Vec<String> = fields
        .officers
        .iter()
        .map(|officer| format!("{} {}", officer.name, if signers.contains(&officer.id.as_str()) { "✓" } else { "–" }))
        .collect();
    let (mark, standing, days_left) = verdict(ring.standing(now));
    let seals = ring.sealing_keys(now).ok();
    let sealing = seals.map_or_else(
        || "现在没有钥匙可用，收件关闭 no key seals now, intake is closed".to_owned(),
        |keys| format!("现用 seals now {} 至 until {}", keys.intake.id, keys.intake.not_after),
    );
    let days = days_left.map_or_else(String::new, |days| format!("  剩 {days} 天 days left"));
    let line = format!(
        "{mark}  {} 第 {} 版  {sealing}{days}  签名 signatures {}/{} (需 need {}): {}",
        fields.site,
        fields.version,
        signers.len(),
        fields.officers.len(),
        fields.threshold,
        officers.join("  ")
    );
    Answer::default()
        .code(if seals.is_some() && standing != "grace" { ExitCode::Ok } else { ExitCode::Key })
        .fact("site", fields.site.as_str())
        .fact("version", fields.version)
        .fact("digest", ring.digest().to_string())
        .fact("fingerprint", Spoken(&ring.digest()).to_string())
        .fact("standing", standing)
        .fact("days_left", days_left.map_or(Value::Null, Value::from))
        .fact("intake", seals.map_or(Value::Null, |keys| json!({"id": keys.intake.id, "until": keys.intake.not_after})))
        .fact(
            "recovery",
            seals.map_or(Value::Null, |keys| json!({"id": keys.recovery.id, "until": keys.recovery.not_after})),
        )
        .fact("signed_by", signers)
        .fact("officers", fields.officers.len())
        .fact("threshold", fields.threshold)
        .line(line)
}

/// Mark and word for people, word for machines, days left.
const fn verdict(standing: RingStanding) -> (&'static str, &'static str, Option<i64>) {
    match standing {
        RingStanding::Good { days_left } => ("● 正常 OK", "good", Some(days_left)),
        RingStanding::Ending { days_left } => ("▲ 将到期 ENDING", "ending", Some(days_left)),
        RingStanding::Grace { days_left } => ("▲ 宽限 GRACE", "grace", Some(days_left)),
        RingStanding::Closed => ("■ 已关闭 CLOSED", "closed", None),
        RingStanding::Early => ("■ 未生效 NOT YET", "early", None),
    }
}
