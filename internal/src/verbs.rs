//! The verbs of the command line. Those that look at cases ask the daemon; those that repair work on the folders, which
//! the site's lock allows only while no daemon runs.

pub(crate) mod attachment;
pub(crate) mod audit;
pub(crate) mod callback;
#[cfg(feature = "failpoints")]
pub(crate) mod failpoints;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod init;
pub(crate) mod item;
pub(crate) mod me;
pub(crate) mod register;
pub(crate) mod reindex;
pub(crate) mod routes;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod terminal;
pub(crate) mod users;
pub(crate) mod work;

use nightsafe_runtime::StartError;
use serde_json::Value;

use crate::{
    config::Config,
    control::{client::Client, protocol::Request},
};

/// Asks the daemon.
fn ask(config: &Config, request: &Request) -> Result<Value, StartError> {
    Ok(Client::connect(&config.folders.control)?.ask(request)?)
}
