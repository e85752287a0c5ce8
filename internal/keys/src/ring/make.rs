//! Makes the next ring. It is made only if somebody can open whatever is sealed at any moment of its window.

use jiff::Timestamp;
use nightsafe_runtime::{
    ExitCode,
    config::ConfigError,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::{
    canonical::{NotCanonical, canonical_json},
    digest::Digest,
    ring::{OfficerPins, RecipientUse, RingError, RingFault, RingFields, RingSchema, VerifiedRing},
};

use super::{
    changes,
    files::{self, FilesError},
    spec::{self, RingSpec},
    windows::{Window, first_gap},
};
use crate::{answer::Answer, cli::MakeRing, fingerprint::Spoken};

/// Why no ring was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    /// The specification cannot be used.
    #[error("说明文件不能用 the specification cannot be used")]
    Spec(#[source] ConfigError),
    /// The previous ring cannot be read.
    #[error("上一版钥匙环不能用 the previous ring cannot be used")]
    PreviousFiles(#[source] FilesError),
    /// The previous ring is not one that any program would have accepted.
    #[error("上一版钥匙环没有生效 the previous ring is not in force")]
    Previous(#[source] RingError),
    /// The previous ring is of another site.
    #[error("上一版钥匙环属于 {found} the previous ring is of the site {found}")]
    Site {
        /// That site.
        found: String,
    },
    /// A key id was given to another key.
    #[error("代号 {id} 已属于另一把钥匙 the id {id} already names another key")]
    Renamed {
        /// The id.
        id: String,
    },
    /// Between the previous ring and this one, no ring would be in force.
    #[error("上一版到 {until} 为止，本版 {from} 才开始 the previous ring ends at {until}, this one begins at {from}")]
    GapBetweenRings {
        /// When the previous ring ends.
        until: Timestamp,
        /// When this one begins.
        from: Timestamp,
    },
    /// At some moment of the window no key of this use could be sealed to.
    #[error("{from} 到 {until} 没有{what}钥匙 no {what} key from {from} to {until}")]
    Gap {
        /// `收件 intake` or `恢复 recovery`.
        what: &'static str,
        /// When the gap begins.
        from: Timestamp,
        /// When it ends.
        until: Timestamp,
    },
    /// The ring contradicts itself.
    #[error("钥匙环自相矛盾 the ring is wrong in itself")]
    Fault(#[source] RingFault),
    /// The ring has no canonical form.
    #[error("钥匙环写不出来 the ring cannot be written down")]
    Canonical(#[source] NotCanonical),
    /// The file could not be written, or is already there: nothing is ever overwritten.
    #[error("钥匙环没有写出 the ring was not written")]
    Write(#[source] DurableError),
}

impl HasExitCode for MakeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Spec(_) | Self::Fault(_) | Self::Write(DurableError::Exists { .. }) => ExitCode::Usage,
            Self::PreviousFiles(error) => error.exit_code(),
            Self::Previous(_)
            | Self::Site { .. }
            | Self::Renamed { .. }
            | Self::GapBetweenRings { .. }
            | Self::Gap { .. } => ExitCode::Key,
            Self::Canonical(_) => ExitCode::Unexpected,
            Self::Write(error) => error.exit_code(),
        }
    }
}

/// Makes `ring.json` from a specification and the ring before it.
pub(crate) fn make(arguments: &MakeRing) -> Result<Answer, MakeError> {
    let spec = spec::read(&arguments.spec).map_err(MakeError::Spec)?;
    let previous = match &arguments.previous {
        Some(path) => Some(in_force(files::read_signed(path).map_err(MakeError::PreviousFiles)?)?),
        None => None,
    };
    let fields = next_ring(spec, previous.as_ref())?;
    let bytes = canonical_json(&fields).map_err(MakeError::Canonical)?;
    durable_file::write_new(&arguments.out, &bytes).map_err(MakeError::Write)?;

    let digest = Digest::of(&bytes);
    let mut answer = Answer::default()
        .fact("version", fields.version)
        .fact("digest", digest.to_string())
        .fact("path", arguments.out.display().to_string())
        .line(format!(
            "● 已编制 made: 钥匙环 ring {} 第 {} 版 → {}",
            fields.site,
            fields.version,
            arguments.out.display()
        ))
        .line(format!("  指纹 fingerprint  {}", Spoken(&digest)));
    for change in changes::between(previous.as_ref().map(VerifiedRing::fields), &fields) {
        answer = answer.line(format!("  {change}"));
    }
    Ok(answer.line(format!(
        "  下一步 next: {} 位安全官各自在自己的机器上 {} officers, each on their own machine: nightsafe-keys ring sign",
        fields.threshold, fields.threshold
    )))
}

/// The next ring, if it leaves no gap.
fn next_ring(spec: RingSpec, previous: Option<&VerifiedRing>) -> Result<RingFields, MakeError> {
    let (version, previous_digest) =
        previous.map_or((1, Digest::ZERO), |ring| (ring.fields().version.saturating_add(1), ring.digest()));
    let fields = RingFields {
        schema: RingSchema::Ring1,
        site: spec.site,
        version,
        previous: previous_digest,
        not_before: spec.not_before,
        not_after: spec.not_after,
        recipients: spec.recipients,
        gateways: spec.gateways,
        bulletin_keys: spec.bulletin_keys,
        officers: spec.officers,
        threshold: spec.threshold,
    };
    fields.check().map_err(MakeError::Fault)?;
    if let Some(previous) = previous {
        follows(&fields, previous.fields())?;
    }
    for (key_use, what) in [(RecipientUse::Intake, "收件 intake"), (RecipientUse::Recovery, "恢复 recovery")] {
        let keys = fields.recipients.iter().filter(|key| key.purpose == key_use);
        let windows = keys.map(|key| Window { from: key.not_before, until: key.not_after });
        let whole = Window { from: fields.not_before, until: fields.not_after };
        if let Some(Window { from, until }) = first_gap(whole, windows) {
            return Err(MakeError::Gap { what, from, until });
        }
    }
    Ok(fields)
}

fn follows(next: &RingFields, previous: &RingFields) -> Result<(), MakeError> {
    if next.site != previous.site {
        return Err(MakeError::Site { found: previous.site.to_string() });
    }
    if next.not_before > previous.not_after {
        return Err(MakeError::GapBetweenRings { until: previous.not_after, from: next.not_before });
    }
    let recipients = |ring: &RingFields| -> Vec<(String, String)> {
        ring.recipients.iter().map(|key| (key.id.to_string(), key.recipient.to_string())).collect()
    };
    let earlier = recipients(previous);
    for (id, key) in recipients(next) {
        if earlier.iter().any(|(earlier_id, earlier_key)| *earlier_id == id && *earlier_key != key) {
            return Err(MakeError::Renamed { id });
        }
    }
    Ok(())
}

/// A ring that enough of its own officers signed.
fn in_force(signed: nightsafe_schema::ring::SignedRing) -> Result<VerifiedRing, MakeError> {
    // Which officers a program trusts is its configuration's business; here the ring's own word is enough, since the
    // officers who sign the next one compare the fingerprint shown.
    let own = OfficerPins { fingerprints: Vec::new(), threshold: 0 };
    VerifiedRing::pinned(signed, &own).map_err(MakeError::Previous)
}
