//! The hourly round: a signed head of the ledger, its daily export, attachments whose time is over, the monthly
//! call-backs.
//!
//! The export folder is where another machine picks heads up: a head that has left the host is what its own root cannot
//! rewrite.

use std::path::PathBuf;

use nightsafe_ledger::head::HeadError;
use nightsafe_runtime::durable_file::{self, DurableError};

use crate::{
    callbacks,
    receipt::{fault::chain, retention},
    site::Site,
};

/// Does what is due. What fails is logged and due again next time.
pub(crate) fn round(site: &Site) {
    if let Err(error) = sign_and_export(site) {
        tracing::error!(reason = chain(&error), "the ledger's head was not signed or exported");
    }
    if let Err(error) = retention::expire(site) {
        tracing::error!(reason = chain(&error), "attachments without a report were not removed");
    }
    if let Err(error) = callbacks::round(site) {
        tracing::error!(reason = chain(&error), "the monthly call-backs are not drawn");
    }
    site.records.keep();
    if let Err(error) = site.records.ledger().keep_positions() {
        tracing::warn!(%error, "the positions of the cases were not kept: the next start takes longer");
    }
}

fn sign_and_export(site: &Site) -> Result<(), ExportError> {
    let head = match site.records.ledger().sign_head() {
        Err(HeadError::Empty) => return Ok(()),
        signed => signed?,
    };
    let folder = export_folder(site);
    durable_file::create_folder(&folder)?;
    // One file a day, the newest head of the day in it.
    let day = site.clock.now().strftime("%Y-%m-%d");
    Ok(durable_file::replace(&folder.join(format!("ledger-head-{day}.json")), &head.to_bytes()?)?)
}

fn export_folder(site: &Site) -> PathBuf {
    let folders = &site.config.folders;
    folders.heads.as_ref().map_or_else(|| folders.state.join("heads"), |folder| folder.to_path_buf())
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("the head cannot be signed")]
    Sign(#[from] HeadError),
    #[error("the head cannot be exported")]
    Write(#[from] DurableError),
}
