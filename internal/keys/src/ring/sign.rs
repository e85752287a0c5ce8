//! Signs a ring with one officer's key, after that officer has said which version they mean to sign.
//!
//! A successor is signed only beside the ring it follows, so that the officer sees what changes and an officer who
//! leaves can still sign the ring that lets them go.

use std::io::{self, IsTerminal, Write};

use minisign::{PError, PublicKey, SecretKey, SecretKeyBox};
use nightsafe_runtime::{
    ExitCode,
    bounded_file::{self, ReadError},
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::{
    digest::Digest,
    ring::{KeyName, KeyNameError, RingFields, RingOfficer},
};

use super::{
    changes,
    files::{self, FilesError},
};
use crate::{
    answer::{Answer, Purpose},
    cli::SignRing,
    fingerprint::Spoken,
    password::{self, PasswordError},
};

/// Why a ring was not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    /// The officer's id is not one.
    #[error("代号不合规 the officer's id cannot be used")]
    Id(#[source] KeyNameError),
    /// The ring cannot be used.
    #[error("这个钥匙环不能签 this ring cannot be signed")]
    Ring(#[source] FilesError),
    /// The ring before it was not given or is another one.
    #[error("第 {version} 版要和上一版对照着签：--previous  version {version} is signed beside the ring it follows")]
    Previous {
        /// The version to be signed.
        version: u64,
    },
    /// The officer expected another version.
    #[error("钥匙环是第 {found} 版，不是您说的第 {meant} 版 the ring is version {found}, not {meant} as you said")]
    Version {
        /// The ring's version.
        found: u64,
        /// What the officer typed.
        meant: String,
    },
    /// Nobody said which version is meant.
    #[error("没有终端可以确认，请用 --version  there is no terminal to confirm at: give --version")]
    Unconfirmed,
    /// The confirmation could not be asked for or read.
    #[error("确认读不进来 the confirmation could not be read")]
    Confirm(#[source] io::Error),
    /// Neither the ring nor the one before it lists the officer.
    #[error("钥匙环里没有安全官 {officer} the ring lists no officer {officer}")]
    Stranger {
        /// The officer.
        officer: KeyName,
    },
    /// The key file cannot be read.
    #[error("私钥读不出来 the secret key cannot be read")]
    KeyFile(#[source] ReadError),
    /// There is no password.
    #[error("没有密码 there is no password")]
    Password(#[source] PasswordError),
    /// The password is wrong or the file is no key.
    #[error("密码不对，或文件不是 minisign 私钥 the password is wrong, or the file is not a minisign secret key")]
    Unlock(#[source] PError),
    /// The key is not the one the ring lists.
    #[error("这把私钥不是 {officer} 的 this secret key is not that of {officer}")]
    OtherKey {
        /// The officer.
        officer: KeyName,
    },
    /// The library could not sign.
    #[error("签不出来 the signature could not be made")]
    Sign(#[source] PError),
    /// The signature could not be written, or is already there: nothing is ever overwritten.
    #[error("签名没有写出 the signature was not written")]
    Write(#[source] DurableError),
}

impl HasExitCode for SignError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Id(_)
            | Self::Previous { .. }
            | Self::Version { .. }
            | Self::Unconfirmed
            | Self::Write(DurableError::Exists { .. }) => ExitCode::Usage,
            Self::Ring(error) => error.exit_code(),
            Self::Password(error) => error.exit_code(),
            Self::KeyFile(_) | Self::Stranger { .. } | Self::Unlock(_) | Self::OtherKey { .. } => ExitCode::Key,
            Self::Confirm(_) | Self::Sign(_) => ExitCode::Unexpected,
            Self::Write(error) => error.exit_code(),
        }
    }
}

/// Writes `ring.json.<officer id>.minisig`.
pub(crate) fn sign(arguments: &SignRing, purpose: Purpose) -> Result<Answer, SignError> {
    let officer: KeyName = arguments.officer.parse().map_err(SignError::Id)?;
    let (fields, bytes) = files::read_unsigned(&arguments.ring).map_err(SignError::Ring)?;
    let previous = previous_of(&fields, arguments)?;
    let listed = listed(&officer, &fields, previous.as_ref())?;
    confirm(&fields, previous.as_ref(), &bytes, arguments.version)?;

    let (secret, public) = unlock(arguments)?;
    if public.to_base64() != listed.key.to_string() {
        return Err(SignError::OtherKey { officer });
    }
    let comment = format!("nightsafe ring {} version {}{}", fields.site, fields.version, purpose.comment());
    let signature = minisign::sign(Some(&public), &secret, bytes.as_slice(), Some(&comment), Some(&comment))
        .map_err(SignError::Sign)?;
    let path = files::signature_path(&arguments.ring, &officer);
    durable_file::write_new(&path, signature.into_string().as_bytes()).map_err(SignError::Write)?;

    Ok(Answer::default()
        .fact("officer", officer.as_str())
        .fact("version", fields.version)
        .fact("path", path.display().to_string())
        .line(format!("● 已签名 signed: {} ({officer}) 第 {} 版 → {}", listed.name, fields.version, path.display())))
}

fn previous_of(fields: &RingFields, arguments: &SignRing) -> Result<Option<RingFields>, SignError> {
    let Some(path) = &arguments.previous else {
        return if fields.version == 1 { Ok(None) } else { Err(SignError::Previous { version: fields.version }) };
    };
    let (previous, bytes) = files::read_unsigned(path).map_err(SignError::Ring)?;
    if Digest::of(&bytes) != fields.previous {
        return Err(SignError::Previous { version: fields.version });
    }
    Ok(Some(previous))
}

/// The officer as the ring lists them, or the one before it does.
fn listed<'a>(
    officer: &KeyName,
    fields: &'a RingFields,
    previous: Option<&'a RingFields>,
) -> Result<&'a RingOfficer, SignError> {
    let mut rings = [Some(fields), previous].into_iter().flatten();
    rings
        .find_map(|ring| ring.officers.iter().find(|one| one.id == *officer))
        .ok_or_else(|| SignError::Stranger { officer: officer.clone() })
}

/// Makes sure that the officer knows what is being signed: by the version on the command line, or typed after reading.
fn confirm(
    fields: &RingFields,
    previous: Option<&RingFields>,
    bytes: &[u8],
    meant: Option<u64>,
) -> Result<(), SignError> {
    let meant = match meant {
        Some(version) => version.to_string(),
        None if !io::stdin().is_terminal() => return Err(SignError::Unconfirmed),
        None => ask(fields, previous, bytes).map_err(SignError::Confirm)?,
    };
    if meant == fields.version.to_string() { Ok(()) } else { Err(SignError::Version { found: fields.version, meant }) }
}

fn ask(fields: &RingFields, previous: Option<&RingFields>, bytes: &[u8]) -> io::Result<String> {
    let mut screen = io::stderr().lock();
    writeln!(screen, "钥匙环 ring {} 第 {} 版，将改变 what changes:", fields.site, fields.version)?;
    for change in changes::between(previous, fields) {
        writeln!(screen, "  {change}")?;
    }
    writeln!(screen, "指纹 fingerprint  {}", Spoken(&Digest::of(bytes)))?;
    write!(screen, "和另几位安全官对过指纹后，输入版本号确认 compare with the others, then type the version: ")?;
    screen.flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn unlock(arguments: &SignRing) -> Result<(SecretKey, PublicKey), SignError> {
    let text = bounded_file::read_secret(&arguments.key, LARGEST_KEY).map_err(SignError::KeyFile)?;
    let text = String::from_utf8_lossy(&text);
    let boxed = || SecretKeyBox::from_string(&text).map_err(SignError::Unlock);
    // Unencrypted keys are tried first, so that the library never asks for a password that is not needed.
    let secret = if let Ok(secret) = boxed()?.into_unencrypted_secret_key() {
        secret
    } else {
        let password =
            password::from_file_or_terminal(arguments.password_file.as_deref()).map_err(SignError::Password)?;
        boxed()?.into_secret_key(password.map(|password| password.to_string())).map_err(SignError::Unlock)?
    };
    let public = PublicKey::from_secret_key(&secret).map_err(SignError::Unlock)?;
    Ok((secret, public))
}

/// A comment line and a base64 line, in bytes.
const LARGEST_KEY: u64 = 4096;
