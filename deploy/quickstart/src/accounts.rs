//! Demo accounts: an analyst in each unit that the samples name, and the three offices. Passwords are random and lie in
//! files of their own, which a real site must never keep.

use std::{collections::BTreeSet, path::PathBuf};

use data_encoding::BASE32_NOPAD;
use nightsafe_runtime::{
    ExitCode, SystemRandomness,
    bounded_file::{self, ReadError},
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use serde::Serialize;

use crate::{
    layout::Layout,
    samples::Sample,
    units::{NATIONAL_OFFICE, Units},
};

/// An account of the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: String,
    /// Not used yet; the field is part of `endpoints.json`.
    pub totp_secret: Option<String>,
    /// The role's code.
    pub role: &'static str,
    /// The unit's id.
    pub unit: String,
}

/// Why there are no accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A password file cannot be read.
    #[error("演示密码读不出来 a demo password cannot be read")]
    Read(#[source] ReadError),
    /// A password file cannot be written.
    #[error("演示密码写不了 a demo password cannot be written")]
    Write(#[source] DurableError),
    /// The kernel gave no random bytes.
    #[error("没有随机数 there are no random bytes")]
    Randomness(#[source] NoRandomness),
}

impl HasExitCode for AccountError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Randomness(_) => ExitCode::Unexpected,
        }
    }
}

impl Account {
    /// Whether this account reads cases.
    pub fn is_analyst(&self) -> bool {
        self.role == ANALYST
    }
}

/// The accounts of the demo, the first security officer first.
pub fn choose(layout: &Layout, samples: &[Sample], units: &Units) -> Result<Vec<Account>, AccountError> {
    let offices = OFFICES.map(|(name, role)| (name.to_owned(), role, NATIONAL_OFFICE.to_owned()));
    let analysts =
        units_to_watch(samples, units).into_iter().map(|unit| (unit.to_lowercase().replace('.', "-"), ANALYST, unit));
    offices
        .into_iter()
        .chain(analysts)
        .map(|(name, role, unit)| {
            Ok(Account { password: password(layout, &name)?, name, totp_secret: None, role, unit })
        })
        .collect()
}

/// The file with an account's password.
pub fn password_file(layout: &Layout, name: &str) -> PathBuf {
    layout.passwords().join(name)
}

/// The units whose analysts look for each sample: those who should see some, those who must not, and strangers.
fn units_to_watch(samples: &[Sample], units: &Units) -> BTreeSet<String> {
    let mut watched = BTreeSet::from(STRANGERS.map(str::to_owned));
    watched.insert(NATIONAL_OFFICE.to_owned());
    for sample in samples {
        watched.extend(sample.expected.holders().map(str::to_owned));
        watched.extend(sample.expected.forbidden.iter().cloned());
        let province: String = sample.place().chars().take(2).collect();
        watched.insert(format!("OFFICE.{province}0000"));
    }
    watched.retain(|unit| units.name(unit) != unit);
    watched
}

/// An account's password, made on first use.
pub fn password(layout: &Layout, name: &str) -> Result<String, AccountError> {
    durable_file::create_folder(&layout.passwords()).map_err(AccountError::Write)?;
    let path = password_file(layout, name);
    if path.exists() {
        let text = bounded_file::read_secret(&path, LONGEST_PASSWORD).map_err(AccountError::Read)?;
        return Ok(String::from_utf8_lossy(&text).trim_end().to_owned());
    }
    let mut bytes = [0; PASSWORD_BYTES];
    SystemRandomness.fill(&mut bytes).map_err(AccountError::Randomness)?;
    let password = BASE32_NOPAD.encode(&bytes).to_lowercase();
    durable_file::write_new(&path, format!("{password}\n").as_bytes()).map_err(AccountError::Write)?;
    Ok(password)
}

/// The account that makes the others.
pub const FIRST_OFFICER: &str = "officer";
const ANALYST: &str = "analyst";
const OFFICES: [(&str, &str); 3] =
    [(FIRST_OFFICER, "security_officer"), ("auditor", "auditor"), ("administrator", "administrator")];
/// Units that no sample concerns.
const STRANGERS: [&str; 2] = ["MARKET.980101", "JUSTICE.990201"];
/// 80 bits: 16 characters, quick to type from the screen.
const PASSWORD_BYTES: usize = 10;
const LONGEST_PASSWORD: u64 = 256;
