//! 每月回访 of a site: the commitment before a month, the draw once it is over, the list for the SMS desk.
//!
//! ```text
//! commit ──▶ (the month) ──▶ draw ──▶ each drawn case says so ──▶ two approve ──▶ one sealed file, once
//! ```
//!
//! The daemon commits and draws by itself every hour that it is due; a person may do the same earlier within the same
//! bounds. Nothing here decides who may ask for it ([`crate::desk`]), or who may be drawn ([`nightsafe_casework::workflow`]).

mod checking;
mod drawing;
mod list;

use std::path::PathBuf;

use nightsafe_casework::workflow::{DrawError, Month, SampleSize};
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_schema::randomness::NoRandomness;
use nightsafe_seal::{CallListRecipient, RecipientError, SealError};

pub(crate) use self::{
    checking::{audited, check},
    drawing::{Recorded, commit, draw_month, recorded},
    list::{hand_over, ready},
};
use crate::{
    config::CallbackConfig,
    records::{Actor, RecordError},
    site::Site,
};

/// The settings, read.
#[derive(Debug)]
pub(crate) struct Settings {
    /// How many are drawn.
    pub(crate) size: SampleSize,
    /// Where lists go, if they do.
    pub(crate) desk: Option<SmsDesk>,
}

/// Who is given the lists.
#[derive(Debug)]
pub(crate) struct SmsDesk {
    /// Its key.
    pub(crate) recipient: CallListRecipient,
    /// The same as text.
    pub(crate) key: String,
    /// Where its lists are put.
    pub(crate) folder: PathBuf,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// More than all.
    #[error("percent 最多 100 (a share is at most 100 percent)")]
    Percent,
    /// One without the other.
    #[error("recipient 与 folder 须同时写 (recipient and folder go together)")]
    HalfADesk,
    /// The key is none.
    #[error("recipient 不是 age 公钥 (the recipient is no age key)")]
    Recipient(#[source] RecipientError),
}

/// Why something is not done with the call-backs of a month.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallbackError {
    /// The site has none.
    #[error("the site's configuration has no [callback]")]
    NotConfigured,
    /// The site has nobody to give a list to.
    #[error("the site's configuration names no SMS desk")]
    NoDesk,
    /// It has begun, or is too far away.
    #[error("a commitment is made before its month, twelve months at most")]
    NotBefore,
    /// Done before.
    #[error("it is done already")]
    Already,
    /// Nobody has committed to it.
    #[error("the month has no commitment")]
    NoCommitment,
    /// It goes on.
    #[error("the month is not over")]
    NotOver,
    /// Nothing is left to be handed over by these two.
    #[error("there is nobody to be called that these two may hand over")]
    NothingReady,
    /// It cannot be drawn like this.
    #[error("it cannot be drawn")]
    Draw(#[source] DrawError),
    /// No randomness.
    #[error("the system gave no random bytes")]
    Randomness(#[from] NoRandomness),
    /// The list cannot be sealed.
    #[error("the list cannot be sealed")]
    Seal(#[source] SealError),
    /// The folder of the desk cannot be written to.
    #[error("the list cannot be put into its folder")]
    Folder(#[source] DurableError),
    /// Nothing could be recorded or read.
    #[error("it cannot be recorded")]
    Record(#[from] RecordError),
}

impl Settings {
    /// Reads them.
    pub(crate) fn of(config: &CallbackConfig) -> Result<Self, SettingsError> {
        if config.percent > 100 {
            return Err(SettingsError::Percent);
        }
        let desk = match (&config.recipient, &config.folder) {
            (None, None) => None,
            (Some(key), Some(folder)) => {
                let recipient = CallListRecipient::parse(key).map_err(SettingsError::Recipient)?;
                Some(SmsDesk { recipient, key: key.clone(), folder: folder.to_path_buf() })
            }
            _ => return Err(SettingsError::HalfADesk),
        };
        Ok(Self { size: SampleSize { least: config.least, percent: config.percent }, desk })
    }
}

/// What is due now: the commitment to the next month, the draw of every month that is over, lists that a crash held up.
pub(crate) fn round(site: &Site) -> Result<(), CallbackError> {
    let Some(settings) = &site.callbacks else { return Ok(()) };
    let actor = Actor::daemon();
    let this = Month::of(site.clock.now());
    match commit(site, &actor, this.next()) {
        Ok(commitment) => tracing::info!(month = %this.next(), %commitment, "回访承诺已公布 (committed)"),
        Err(CallbackError::Already) => {}
        Err(error) => return Err(error),
    }
    let open: Vec<Month> = {
        let register = site.records.register();
        let months = register.callbacks().months().iter();
        let open = months.filter(|(month, drawing)| **month < this && drawing.marked < drawing.wanted.max(1));
        open.map(|(month, _)| *month).collect()
    };
    for month in open {
        match draw_month(site, &actor, month) {
            Ok(()) => tracing::info!(%month, "回访已抽取 (drawn)"),
            Err(CallbackError::Already) => {}
            Err(error) => return Err(error),
        }
    }
    settings.desk.as_ref().map_or(Ok(()), |desk| list::finish(site, desk))
}

#[cfg(test)]
mod tests;
