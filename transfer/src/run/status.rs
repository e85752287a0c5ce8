//! `status`: once, or again and again — as a page on a terminal, as lines for whoever reads a pipe.

use std::time::Duration;

use nightsafe_runtime::{ExitCode, Shutdown, StartError};
use serde_json::Value;

use super::unheard;
use crate::board::Standing;
use crate::limits;
use crate::page::Voice;
use crate::status_page;

/// Says how a side stands.
pub(super) fn status<S: Standing + 'static>(
    look: impl Fn() -> Result<S, StartError> + Send + 'static,
    watch: bool,
    voice: Voice,
) -> Result<ExitCode, StartError> {
    if !watch {
        let standing = look()?;
        voice.say(&standing, standing.exit_code()).map_err(unheard)?;
        return Ok(standing.exit_code());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    runtime.block_on(async {
        let shutdown = Shutdown::new(GRACE);
        shutdown.listen().map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
        if voice.is_a_terminal() { page(look, voice, shutdown).await } else { follow(look, voice, shutdown).await }
    })
}

/// The page, until `q` or a signal.
async fn page<S: Standing + 'static>(
    look: impl Fn() -> Result<S, StartError> + Send + 'static,
    voice: Voice,
    shutdown: Shutdown,
) -> Result<ExitCode, StartError> {
    let asked = shutdown.clone();
    let showing =
        tokio::task::spawn_blocking(move || status_page::show(&look, voice.language(), &|| asked.has_begun()));
    let shown = showing.await.map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    shown.map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    Ok(ExitCode::Ok)
}

/// Says it whenever something but time has changed.
async fn follow<S: Standing>(
    look: impl Fn() -> Result<S, StartError>,
    voice: Voice,
    shutdown: Shutdown,
) -> Result<ExitCode, StartError> {
    let soft = shutdown.soft();
    let mut last = Value::Null;
    loop {
        let standing = look()?;
        let facts = without_ages(&standing);
        if facts != last {
            voice.say(&standing, standing.exit_code()).map_err(unheard)?;
            last = facts;
        }
        tokio::select! {
            () = soft.cancelled() => return Ok(shutdown.finished().await),
            () = tokio::time::sleep(Duration::from_secs(limits::PAGE_SECONDS)) => {}
        }
    }
}

/// The facts that only time does not change.
fn without_ages(standing: &impl Standing) -> Value {
    let mut facts = serde_json::to_value(standing).unwrap_or_default();
    if let Some(object) = facts.as_object_mut() {
        for name in ["at", "oldest_seconds", "last_success", "diode"] {
            object.remove(name);
        }
        if let Some(inbox) = object.get_mut("inbox").and_then(Value::as_object_mut) {
            inbox.remove("oldest_seconds");
        }
    }
    facts
}

/// A look takes a second at most.
const GRACE: Duration = Duration::from_secs(10);
