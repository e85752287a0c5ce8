//! Two lanes on which copies are made behind the receipt: one for pictures and documents, one for recordings and videos,
//! so that a long film holds up no photograph. Each makes one copy after the other.
//!
//! A lane follows the ledger: whatever it says is wanted and is not there is made. What cannot be made is recorded and left
//! alone until a person asks again. What fails for a reason of this machine is left wanted, and tried at the next start.

use std::{path::Path, process::Command, sync::Arc};

use nightsafe_casework::{
    event::{Body, CopyRefused},
    safe_copy::{CopyKind, NoCopy},
};
use nightsafe_runtime::Shutdown;
use nightsafe_schema::{case::CaseId, item::ItemId};

use super::{
    Copies,
    making::{Made, Source},
};
use crate::{
    cases, limits,
    receipt::fault::chain,
    records::{Actor, NewEvent, RecordError, typed},
    register::{Item, Owner},
    site::Site,
};

/// Which kinds a lane takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Pictures and pages.
    Stills,
    /// Sound and video.
    Recordings,
}

/// Makes copies until asked to end.
pub(crate) async fn run(site: Arc<Site>, shutdown: Shutdown) {
    let soft = shutdown.soft();
    let checked = Arc::clone(&site);
    let usable = tokio::task::spawn_blocking(move || prepare(&checked)).await;
    if !matches!(usable, Ok(true)) {
        return soft.cancelled().await;
    }
    let lane = |lane| follow(lane, Arc::clone(&site), shutdown.clone());
    tokio::join!(lane(Lane::Stills), lane(Lane::Recordings));
}

/// Clears what was left over and asks the program whether it can lock itself in here.
fn prepare(site: &Site) -> bool {
    match site.copies.sweep(&site.records.register(), &site.stores) {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "copies that were not finished, or whose case is erased, were removed"),
        Err(error) => {
            tracing::error!(reason = chain(&error), "附件不会制作副本 (no safe copies are made)");
            return false;
        }
    }
    let holds = holds(&site.copies.program);
    if !holds {
        tracing::error!(
            program = %site.copies.program.display(),
            "附件不会制作副本：运行 nightsafe-safecopy check 查看原因 (no safe copies are made: its check says why)"
        );
    }
    holds
}

fn holds(program: &Path) -> bool {
    let mut check = Command::new(program);
    check.arg("check").env_clear().current_dir("/");
    check.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    check.status().is_ok_and(|status| status.success())
}

async fn follow(lane: Lane, site: Arc<Site>, shutdown: Shutdown) {
    let mut growth = site.records.growth();
    let soft = shutdown.soft();
    let mut reached = 0;
    loop {
        let (working, ending) = (Arc::clone(&site), shutdown.clone());
        let worked = tokio::task::spawn_blocking(move || lane.work_off(&working, reached, &|| !ending.has_begun()));
        match worked.await {
            Ok(Ok(seq)) => reached = seq,
            Ok(Err(NoSandbox)) => return soft.cancelled().await,
            Err(_crashed) => return,
        }
        tokio::select! {
            () = soft.cancelled() => return,
            changed = growth.changed() => if changed.is_err() { return },
        }
    }
}

/// The decoder cannot be locked in: nothing more is decoded.
struct NoSandbox;

impl Lane {
    const fn takes(self, kind: CopyKind) -> bool {
        match self {
            Self::Stills => matches!(kind, CopyKind::Picture | CopyKind::Pages),
            Self::Recordings => matches!(kind, CopyKind::Sound | CopyKind::Video),
        }
    }

    /// Makes what is wanted beyond an event; the last event that was looked at.
    fn work_off(self, site: &Site, mut reached: u64, go_on: &(dyn Fn() -> bool + Sync)) -> Result<u64, NoSandbox> {
        loop {
            let wanted = site.records.register().copies_wanted_after(reached, limits::COPIES_LISTED);
            if wanted.is_empty() {
                return Ok(reached);
            }
            for (seq, item, kind) in wanted {
                if !go_on() {
                    return Ok(reached);
                }
                if self.takes(kind) && is_wanted(site, item) {
                    make(site, item, kind, go_on)?;
                }
                reached = seq;
            }
        }
    }
}

fn is_wanted(site: &Site, item: ItemId) -> bool {
    let register = site.records.register();
    matches!(site.copies.standing(item, &register), super::Standing::Waiting)
}

fn make(site: &Site, item: ItemId, kind: CopyKind, go_on: &(dyn Fn() -> bool + Sync)) -> Result<(), NoSandbox> {
    let copies: &Copies = &site.copies;
    let (case, source) = match source(site, item) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::error!(%item, reason = chain(&error), "an attachment cannot be read for its copy");
            return Ok(());
        }
    };
    match copies.make(site, &source, kind, go_on) {
        Ok(Made::Parts(parts)) => tracing::info!(%item, kind = kind.code(), parts, "a safe copy was made"),
        Ok(Made::Refused(why)) => refuse(site, case, item, why),
        Ok(Made::NoSandbox) => {
            tracing::error!(
                "附件不再制作副本：解码进程无法隔离 (no more safe copies: the decoder cannot lock itself in)"
            );
            return Err(NoSandbox);
        }
        Ok(Made::Erased | Made::Broken) => {}
        Err(error) => tracing::error!(%item, reason = chain(&error), "副本没有做成 (a safe copy was not made)"),
    }
    Ok(())
}

fn refuse(site: &Site, case: CaseId, item: ItemId, why: NoCopy) {
    let (_zh, words) = why.words();
    tracing::warn!(%item, why = words, "an attachment cannot be shown");
    let event = NewEvent::of_case(case, CopyRefused { item, why });
    if let Err(error) = site.records.append(&Actor::daemon(), &*site.clock, vec![event]) {
        tracing::error!(%item, reason = chain(&error), "why an attachment cannot be shown was not recorded");
    }
}

/// The case that an attachment has come to, and the attachment.
fn source(site: &Site, item: ItemId) -> Result<Option<(CaseId, Source)>, RecordError> {
    let register = site.records.register();
    let Some(Item::Kept { owner: Owner::Case(case), seq, .. }) = register.item(item) else { return Ok(None) };
    let Some(Body::AttachmentClaimed(claimed)) = typed(&site.records.event(seq)?)? else { return Ok(None) };
    let state = cases::state(site, &register, case)?;
    Ok(state.and_then(|state| Source::of(&state, claimed.sealed)).map(|source| (case, source)))
}
