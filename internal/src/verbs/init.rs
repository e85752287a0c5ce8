//! `init`: a real, empty site. Makes what is missing, never touches what is there.
//!
//! Folders, store key and ledger key, key table and ledger, the first security officer. Run again it finds everything and
//! changes nothing.

use std::path::{Path, PathBuf};

use nightsafe_casework::{
    account::{AccountName, AccountNameError},
    event::AccountAdded,
    role::Role,
};
use nightsafe_runtime::{
    ExitCode, HasExitCode, StartError, SystemRandomness,
    config::load,
    durable_file::{self, DurableError},
};
use nightsafe_schema::unit::UnitIdError;
use serde_json::json;

use super::terminal;
use crate::{
    accounts::password,
    cli::InitArguments,
    config::{Config, EXAMPLE},
    credentials::{self, Made},
    desk::accounts::{NotAdded, adding},
    records::Actor,
    site::{Site, head_signer},
};

/// Makes the site that `path` configures; without a configuration, writes an example and stops.
pub(crate) fn run(path: &Path, arguments: &InitArguments) -> Result<ExitCode, StartError> {
    if !path.exists() {
        return write_example(path, arguments);
    }
    let config = load::<Config>(path)?;
    let mut made: Vec<PathBuf> = Vec::new();
    make_folders(&config, &mut made)?;
    for key in [&config.credentials.store_key, &config.credentials.ledger_key] {
        if credentials::make_key(key, &SystemRandomness)? == Made::Fresh {
            made.push(key.to_path_buf());
        }
    }
    let officer = arguments.first_officer.clone().zip(arguments.password_file.as_deref());
    let ledger_key = head_signer(&config)?.public_key();
    let site = Site::found(config)?;
    let officer = match officer {
        Some((name, password_file)) => first_officer(&site, &name, &arguments.unit, password_file)?,
        None => Officer::NotAsked,
    };
    let accounts = site.records.register().accounts().count();
    let value = json!({
        "site": site.config.site,
        "made": made,
        "ledger_key": ledger_key.to_string(),
        "first_officer": officer.code(),
        "accounts": accounts,
    });
    terminal::answer(arguments.output, &value, |_value| {
        for path in &made {
            terminal::line(format!("已建立 made: {}", path.display()))?;
        }
        terminal::line(format!("账本公钥 ledger public key: {ledger_key}"))?;
        terminal::line(officer.words())?;
        if accounts == 0 {
            return terminal::line(NEXT_OFFICER);
        }
        terminal::line(NEXT_SERVE)
    })
}

fn write_example(path: &Path, arguments: &InitArguments) -> Result<ExitCode, StartError> {
    durable_file::write_new(path, EXAMPLE.as_bytes())?;
    let value = json!({ "made": [path], "next": "edit the configuration, then run init again" });
    terminal::answer(arguments.output, &value, |_value| {
        terminal::line(format!("已写出示例配置 example configuration written: {}", path.display()))?;
        terminal::line("请修改后再次运行 init (edit it, then run init again)")
    })
}

fn make_folders(config: &Config, made: &mut Vec<PathBuf>) -> Result<(), DurableError> {
    let folders = &config.folders;
    for folder in [&folders.vault, &folders.ledger, &folders.index, &folders.quarantine, &folders.state] {
        if !folder.exists() {
            durable_file::create_folder(folder)?;
            made.push(folder.to_path_buf());
        }
    }
    Ok(())
}

/// Adds the first account, if there is none at all. Every later one is added by an officer.
fn first_officer(site: &Site, name: &str, unit: &str, password_file: &Path) -> Result<Officer, InitError> {
    if site.records.register().accounts().next().is_some() {
        return Ok(Officer::Exists);
    }
    let name: AccountName = name.parse().map_err(InitError::Name)?;
    let unit = unit.parse().map_err(InitError::Unit)?;
    if !site.data.units.contains(&unit) {
        return Err(InitError::UnknownUnit { unit: unit.to_string() });
    }
    let password = credentials::read_password(password_file)?;
    let password = password::hash(&password, &*site.randomness)?;
    let added = AccountAdded { name, role: Role::SecurityOfficer, unit, password };
    site.records.decide(&Actor::init(), &*site.clock, |register| adding(register, added))?;
    Ok(Officer::Added)
}

/// What became of the first officer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Officer {
    Added,
    Exists,
    NotAsked,
}

impl Officer {
    fn code(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Exists => "exists",
            Self::NotAsked => "not_asked",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Added => "首名安全员已建立 the first security officer was added",
            Self::Exists => "已有账号，未作改动 there are accounts already: nothing was changed",
            Self::NotAsked => "未建立账号 no account was added",
        }
    }
}

/// Why the first officer was not added.
#[derive(Debug, thiserror::Error)]
enum InitError {
    #[error("账号名不合要求 (not an account name)")]
    Name(#[source] AccountNameError),
    #[error("单位编号不合要求 (not a unit id)")]
    Unit(#[source] UnitIdError),
    #[error("单位名册中没有 {unit} (the unit registry has no such unit)")]
    UnknownUnit { unit: String },
    #[error("密码不可用 (the password cannot be used)")]
    Credential(#[from] credentials::CredentialError),
    #[error("密码无法散列 (the password cannot be hashed)")]
    Password(#[from] password::PasswordError),
    #[error("账号没有建立 (the account was not added)")]
    NotAdded(#[from] NotAdded),
}

impl HasExitCode for InitError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Credential(error) => error.exit_code(),
            Self::NotAdded(_) => ExitCode::Unexpected,
            Self::Name(_) | Self::Unit(_) | Self::UnknownUnit { .. } | Self::Password(_) => ExitCode::Usage,
        }
    }
}

const NEXT_OFFICER: &str =
    "下一步 next: nightsafe-internal init --first-officer NAME --password-file FILE (首名安全员 the first officer)";
const NEXT_SERVE: &str = "下一步 next: nightsafe-internal serve";
