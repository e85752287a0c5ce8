//! Intake and recovery keys: age identity files that Debian's `age -d -i` reads (DESIGN section 10).
//!
//! The private key goes into its file and nowhere else: it is never shown.

#![expect(
    clippy::disallowed_types,
    reason = "the one place that makes the private keys items are opened with (promise 1)"
)]

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use nightsafe_runtime::{
    ExitCode,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::{
    digest::Digest,
    ring::{KeyName, KeyNameError, RecipientUse},
    time::Hour,
};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Purpose},
    cli::NewIdentity,
    fingerprint::Spoken,
};

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    /// The id is not one.
    #[error("代号不合规 the id cannot be used")]
    Id(#[source] KeyNameError),
    /// The window would end beyond the calendar.
    #[error("启用时刻过晚 the start of use is too late")]
    Window(#[source] jiff::Error),
    /// The file could not be written, or is already there: nothing is ever overwritten.
    #[error("私钥没有写出 the key was not written")]
    Write(#[source] DurableError),
}

impl HasExitCode for IdentityError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Id(_) | Self::Window(_) | Self::Write(DurableError::Exists { .. }) => ExitCode::Usage,
            Self::Write(error) => error.exit_code(),
        }
    }
}

/// Makes a key pair, writes the identity file and tells the public half with a window to put into the ring's spec.
pub(crate) fn new(
    arguments: &NewIdentity,
    key_use: RecipientUse,
    now: Timestamp,
    purpose: Purpose,
) -> Result<Answer, IdentityError> {
    let id: KeyName = arguments.id.parse().map_err(IdentityError::Id)?;
    let not_before = arguments.not_before.unwrap_or_else(|| Hour::containing(now).as_timestamp());
    let not_after = not_before.checked_add(life_of(key_use)).map_err(IdentityError::Window)?;

    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let file = Zeroizing::new(format!(
        "# created: {now}{}\n# public key: {recipient}\n{}\n",
        purpose.comment(),
        identity.to_string().expose_secret()
    ));
    durable_file::write_new(&arguments.out, file.as_bytes()).map_err(IdentityError::Write)?;

    let name = UseName(key_use);
    Ok(Answer::default()
        .fact("id", id.as_str())
        .fact("use", name.to_string())
        .fact("recipient", recipient.as_str())
        .fact("not_before", not_before.to_string())
        .fact("not_after", not_after.to_string())
        .line(format!("时钟 clock {now} （请对照手表 compare your watch）"))
        .line(format!("● 已生成 made: {} X25519 {id} → {}", name, arguments.out.display()))
        .line(format!("  指纹 fingerprint  {}", Spoken(&Digest::of(recipient.as_bytes()))))
        .line("  写进钥匙环说明文件 for the ring's specification:")
        .line(format!(
            "[[recipients]]\nid = \"{id}\"\nuse = \"{name}\"\nrecipient = \"{recipient}\"\n\
             not_before = \"{not_before}\"\nnot_after = \"{not_after}\""
        )))
}

/// A use as the ring spells it.
struct UseName(RecipientUse);

impl fmt::Display for UseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RecipientUse::Intake => "intake",
            RecipientUse::Recovery => "recovery",
        })
    }
}

/// Four weeks of use and two of overlap; a year and the same overlap.
fn life_of(key_use: RecipientUse) -> SignedDuration {
    match key_use {
        RecipientUse::Intake => SignedDuration::from_hours(6 * 7 * 24),
        RecipientUse::Recovery => SignedDuration::from_hours(54 * 7 * 24),
    }
}
