//! Officers' signature keys, in minisign's format (DESIGN section 10).
//!
//! A key pair is two files: the secret key, encrypted under a password, and the public key beside it. Debian's
//! `minisign` signs and verifies with them too.

use std::path::PathBuf;

use minisign::{KeyPair, PError};
use nightsafe_runtime::{
    ExitCode,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::ring::{KeyName, KeyNameError, OfficerKey, OfficerKeyError};
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Purpose},
    cli::NewOfficer,
    fingerprint::Spoken,
    password::{self, PasswordError},
};

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfficerError {
    /// The id is not one.
    #[error("代号不合规 the id cannot be used")]
    Id(#[source] KeyNameError),
    /// The name has a control character or is too long for a line.
    #[error("姓名须为一行、不超过 {LONGEST_NAME} 个字 the name must be one line of at most {LONGEST_NAME} characters")]
    Name,
    /// A key that anybody may use who finds it.
    #[error("不加密的私钥只许用于测试 a key without a password is for tests only: --i-am-testing")]
    Unprotected,
    /// There is no password.
    #[error("没有密码就不造钥匙 no key is made without a password")]
    Password(#[source] PasswordError),
    /// The library could not make the pair.
    #[error("造不出钥匙 the key could not be made")]
    Generate(#[source] PError),
    /// What the library made is no minisign public key.
    #[error("公钥不合规 the public key made is not one")]
    PublicKey(#[source] OfficerKeyError),
    /// A file could not be written, or is already there: nothing is ever overwritten.
    #[error("钥匙没有写出 the key was not written")]
    Write(#[source] DurableError),
}

impl HasExitCode for OfficerError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Id(_) | Self::Name | Self::Unprotected | Self::Write(DurableError::Exists { .. }) => ExitCode::Usage,
            Self::Password(error) => error.exit_code(),
            Self::Generate(_) | Self::PublicKey(_) => ExitCode::Unexpected,
            Self::Write(error) => error.exit_code(),
        }
    }
}

/// Makes an officer's key pair and writes both files.
pub(crate) fn new(arguments: &NewOfficer, purpose: Purpose) -> Result<Answer, OfficerError> {
    let id: KeyName = arguments.id.parse().map_err(OfficerError::Id)?;
    let name = arguments.name.as_str();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(OfficerError::Name);
    }
    if arguments.without_password && purpose == Purpose::Real {
        return Err(OfficerError::Unprotected);
    }
    let public_path = public_path(arguments);
    for path in [&arguments.out, &public_path] {
        // Before the password is asked for; the write itself refuses too.
        if path.exists() {
            return Err(OfficerError::Write(DurableError::Exists { path: path.clone() }));
        }
    }

    let pair = key_pair(arguments)?;
    let comment = format!("nightsafe officer {id}{}", purpose.comment());
    let secret = pair.sk.to_box(Some(&comment)).map_err(OfficerError::Generate)?;
    let secret = Zeroizing::new(secret.into_string());
    let key: OfficerKey = pair.pk.to_base64().parse().map_err(OfficerError::PublicKey)?;
    let public = format!("untrusted comment: {comment}\n{key}\n");
    durable_file::write_new(&arguments.out, secret.as_bytes()).map_err(OfficerError::Write)?;
    durable_file::write_new(&public_path, public.as_bytes()).map_err(OfficerError::Write)?;

    let fingerprint = key.fingerprint();
    Ok(Answer::default()
        .fact("id", id.as_str())
        .fact("name", name)
        .fact("key", key.to_string())
        .fact("fingerprint", fingerprint.to_string())
        .line(format!("● 已生成 made: {name} ({id}) → {}", arguments.out.display()))
        .line(format!("  公钥 public key → {}", public_path.display()))
        .line(format!("  指纹 fingerprint  {}", Spoken(&fingerprint)))
        .line(format!("  钉进各程序的配置 pin in each program's configuration: {fingerprint}"))
        .line("  写进钥匙环说明文件 for the ring's specification:")
        // A TOML basic string; a JSON string is one too.
        .line(format!("[[officers]]\nid = \"{id}\"\nname = {}\nkey = \"{key}\"", serde_json::json!(name))))
}

fn key_pair(arguments: &NewOfficer) -> Result<KeyPair, OfficerError> {
    if arguments.without_password {
        return KeyPair::generate_unencrypted_keypair().map_err(OfficerError::Generate);
    }
    let password =
        password::from_file_or_terminal(arguments.password_file.as_deref()).map_err(OfficerError::Password)?;
    // The library takes the password by value and wipes nothing; the process ends right after.
    KeyPair::generate_encrypted_keypair(password.map(|password| password.to_string())).map_err(OfficerError::Generate)
}

fn public_path(arguments: &NewOfficer) -> PathBuf {
    arguments.out.with_extension("pub")
}

/// Characters.
const LONGEST_NAME: usize = 50;
