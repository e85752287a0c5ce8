//! One site, opened: its truth (vault, key table, ledger), its data (catalog, units, divisions, routing table) and what
//! the whole program shares. Held by exactly one process; the lock on the state folder says so.
//!
//! Nothing here listens, and nothing is opened that a repair verb would not need.

use std::{path::PathBuf, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::Offset};
use nightsafe_index::{IndexKey, LinkMarker};
use nightsafe_ledger::{HeadSigner, KeyTable, KeyTableError, Ledger, OpenError, StoreKey, Vault, VaultError};
use nightsafe_runtime::{
    ExitCode, FolderLock, SystemClock, SystemRandomness,
    durable_file::{self, DurableError},
    exit::HasExitCode,
    folder_lock::LockError,
};
use nightsafe_schema::{randomness::Randomness, time::Clock};

use crate::{
    callbacks::{self, SettingsError},
    config::Config,
    copies::Copies,
    counter::{Counter, CounterError},
    credentials::{self, CredentialError, Key},
    data::{Data, DataError},
    import::Imported,
    linking::Linker,
    receipt::numbers::Numbers,
    records::{RecordError, Records},
    stores::Stores,
    stretching::Stretching,
};

/// The opened site.
pub(crate) struct Site {
    /// Where things are.
    pub(crate) config: Config,
    /// The machine's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// The machine's random source.
    pub(crate) randomness: Arc<dyn Randomness>,
    /// Ledger and register.
    pub(crate) records: Records,
    /// Vault and key table.
    pub(crate) stores: Stores,
    /// Catalog, units, divisions, routing table.
    pub(crate) data: Data,
    /// Clue numbers to be derived.
    pub(crate) numbers: Numbers,
    /// Turns at Argon2id.
    pub(crate) stretching: Stretching,
    /// The monthly call-backs, if the site has them.
    pub(crate) callbacks: Option<callbacks::Settings>,
    /// Safe copies of attachments.
    pub(crate) copies: Copies,
    /// What cases resemble each other by.
    pub(crate) linker: Linker,
    /// Where clerks register.
    pub(crate) counter: Counter,
    /// Makes the marks of reporters.
    pub(crate) marker: LinkMarker,
    _lock: FolderLock,
}

impl Site {
    /// Opens the site; an error if another process has it, or `init` was never run.
    pub(crate) fn open(config: Config) -> Result<Self, SiteError> {
        let lock = hold(&config)?;
        if !key_table(&config).exists() {
            return Err(SiteError::NotInitialised { folder: config.folders.ledger.to_path_buf() });
        }
        Self::open_held(config, lock, Arc::new(SystemClock::start()))
    }

    /// As [`Self::open`], but makes the key table of a new site.
    pub(crate) fn found(config: Config) -> Result<Self, SiteError> {
        Self::found_at(config, Arc::new(SystemClock::start()))
    }

    /// As [`Self::found`], by another clock.
    pub(crate) fn found_at(config: Config, clock: Arc<dyn Clock>) -> Result<Self, SiteError> {
        let lock = hold(&config)?;
        let path = key_table(&config);
        if !path.exists() {
            // A new table beside an old ledger would make all of it unreadable, and look like a success.
            if config.folders.ledger.join(FIRST_SEGMENT).exists() {
                return Err(SiteError::KeyTableLost { path });
            }
            let store_key = StoreKey::from_bytes(*credentials::read_key(&config.credentials.store_key)?);
            KeyTable::create(&path, store_key, Arc::new(SystemRandomness))?;
        }
        Self::open_held(config, lock, clock)
    }

    fn open_held(config: Config, lock: FolderLock, clock: Arc<dyn Clock>) -> Result<Self, SiteError> {
        let callbacks = config.callback.as_ref().map(callbacks::Settings::of).transpose()?;
        let randomness: Arc<dyn Randomness> = Arc::new(SystemRandomness);
        let index_key = IndexKey::from_bytes(*index_key(&config)?);
        let key = credentials::read_key(&config.credentials.store_key)?;
        let counter = Counter::open(&config.folders.state, &key, &*randomness)?;
        let store_key = StoreKey::from_bytes(*key);
        let signer = head_signer(&config)?;
        let keys = Arc::new(KeyTable::open(&key_table(&config), store_key, Arc::clone(&randomness))?);
        let vault = Vault::open(config.folders.vault.to_path_buf())?;
        let folder = config.folders.ledger.to_path_buf();
        let ledger = Ledger::open(folder, Arc::clone(&keys), signer, Arc::clone(&clock))?;
        let cut = ledger.cut_at_open();
        if cut > 0 {
            tracing::warn!(bytes = cut, "an interrupted append was cut off the ledger; none of it was acknowledged");
        }
        let records = Records::open(ledger)?;
        let data = Data::with(&config, &Imported::read(&records)?)?;
        Ok(Self {
            records,
            stores: Stores { vault, keys },
            data,
            numbers: Numbers::default(),
            stretching: Stretching::default(),
            counter,
            marker: LinkMarker::new(&index_key),
            linker: Linker::new(index_key),
            copies: Copies::of(&config),
            callbacks,
            config,
            clock,
            randomness,
            _lock: lock,
        })
    }

    /// The day of an instant, in China.
    pub(crate) fn day_of(at: Timestamp) -> Date {
        CHINA.to_datetime(at).date()
    }

    /// The key of the index, derived from the store key and from nothing else.
    pub(crate) fn index_key(&self) -> Result<Key, SiteError> {
        Ok(index_key(&self.config)?)
    }
}

fn index_key(config: &Config) -> Result<Key, CredentialError> {
    let store_key = credentials::read_key(&config.credentials.store_key)?;
    Ok(credentials::derived(&store_key, "nightsafe/index/1"))
}

/// What signs ledger heads, and the public key that verifies them.
pub(crate) fn head_signer(config: &Config) -> Result<HeadSigner, CredentialError> {
    Ok(HeadSigner::from_bytes(&*credentials::read_key(&config.credentials.ledger_key)?))
}

fn hold(config: &Config) -> Result<FolderLock, SiteError> {
    durable_file::create_folder(&config.folders.state)?;
    Ok(FolderLock::acquire(&config.folders.state)?)
}

fn key_table(config: &Config) -> PathBuf {
    config.folders.ledger.join("keys.table")
}

/// One offset for the whole country, all year.
const CHINA: Offset = jiff::tz::offset(8);

/// The ledger's first file: where there is one, there was a site.
const FIRST_SEGMENT: &str = "segment-000001.jsonl";

/// Why the site stays shut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// `init` was never run here, or the key table is gone.
    #[error("{folder} 中没有密钥表；新站点请先运行 nightsafe-internal init (no key table: run init on a new site)")]
    NotInitialised {
        /// The ledger's folder.
        folder: PathBuf,
    },
    /// There is a ledger, and the keys to it are gone.
    #[error("账本还在，密钥表 {path} 却不见了；请从备份恢复 (the ledger is here, its key table is gone: restore it)")]
    KeyTableLost {
        /// Where it should be.
        path: PathBuf,
    },
    /// Another process has it.
    #[error("守护进程正在运行，或另一命令占用站点 (a daemon or another command has the site)")]
    Held(#[from] LockError),
    /// The call-backs' settings are wrong.
    #[error("配置 [callback] 有误 (the settings of the call-backs are wrong)")]
    Callbacks(#[from] SettingsError),
    /// A secret cannot be read.
    #[error("密钥不可用 (a credential cannot be used)")]
    Credential(#[from] CredentialError),
    /// The counter cannot be opened.
    #[error("登记窗口无法打开 (the counter cannot be opened)")]
    Counter(#[from] CounterError),
    /// Catalog, units, divisions or routing table cannot be used.
    #[error("数据文件不可用 (a data file cannot be used)")]
    Data(#[from] DataError),
    /// A folder cannot be made.
    #[error("目录不可用 (a folder cannot be used)")]
    Folder(#[from] DurableError),
    /// The key table cannot be used.
    #[error("密钥表不可用 (the key table cannot be used)")]
    Keys(#[from] KeyTableError),
    /// The vault cannot be used.
    #[error("保管库不可用 (the vault cannot be used)")]
    Vault(#[from] VaultError),
    /// The ledger cannot be used.
    #[error(
        "账本不可用；nightsafe-internal audit verify 会指出位置 (the ledger cannot be used: audit verify says where)"
    )]
    Ledger(#[from] OpenError),
    /// The ledger's events cannot be read.
    #[error("账本事件不可读 (the ledger's events cannot be read)")]
    Records(#[from] RecordError),
}

impl HasExitCode for SiteError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotInitialised { .. } | Self::Callbacks(_) => ExitCode::Usage,
            Self::Held(error) => error.exit_code(),
            Self::Credential(error) => error.exit_code(),
            Self::Data(error) => error.exit_code(),
            Self::Counter(error) => error.exit_code(),
            Self::Folder(error) => error.exit_code(),
            Self::Records(error) => error.exit_code(),
            Self::KeyTableLost { .. } | Self::Keys(KeyTableError::WrongStoreKey) => ExitCode::Key,
            Self::Ledger(OpenError::InUse { .. }) => ExitCode::Busy,
            Self::Vault(_) | Self::Ledger(OpenError::Disk { .. }) => ExitCode::Disk,
            Self::Keys(_) | Self::Ledger(_) => ExitCode::Integrity,
        }
    }
}
