//! Media whose report never came: removed after thirty days, as an event (DESIGN section 8). Called every hour.

use nightsafe_casework::event::AttachmentExpired;
use nightsafe_ledger::BlobStore as _;

use super::fault::Fault;
use crate::{
    limits,
    records::{Actor, NewEvent, RecordError},
    register::{Item, Owner},
    site::Site,
    stores::slot,
};

/// Removes every loose attachment whose time is over; how many there were.
pub(crate) fn expire(site: &Site) -> Result<usize, Fault> {
    let now = site.clock.now();
    let Ok(then) = now.checked_sub(limits::ORPHAN_AFTER) else { return Ok(0) };
    let due = site.records.register().loose_since_before(then);
    for (item, _state) in &due {
        let mut erased = None;
        site.records
            .decide(&Actor::daemon(), &*site.clock, |register| {
                // Its report may have come in the meantime.
                let Some(Item::Kept { slot, owner: Owner::Nobody { since }, .. }) = register.item(*item) else {
                    return Ok::<_, RecordError>(Vec::new());
                };
                erased = Some(slot);
                Ok(vec![NewEvent::of_site(AttachmentExpired { item: *item, unlocked_at: since })])
            })
            .map_err(Fault::passing)?;
        let Some(key) = erased else { continue };
        site.stores.vault.remove(*item).map_err(Fault::passing)?;
        site.stores.keys.erase(&[slot(key)]).map_err(Fault::passing)?;
        tracing::info!(%item, "an attachment without a report was removed");
    }
    Ok(due.len())
}
