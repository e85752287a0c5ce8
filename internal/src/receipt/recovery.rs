//! What a crash interrupted, finished at start.
//!
//! The ledger says which file keys belong to which case; the key table says which of them are still wrapped under the
//! store key. The rest follows: rewrap those of a case, leave those that wait, erase those that no event names.

use std::collections::HashMap;

use nightsafe_ledger::{KeyPurpose, Under};

use super::fault::Fault;
use crate::{
    register::{Item, Owner},
    site::Site,
};

/// Puts key table and ledger in agreement.
pub(crate) fn finish(site: &Site) -> Result<(), Fault> {
    let loose = site.stores.keys.file_keys_under_store().map_err(Fault::passing)?;
    if loose.is_empty() {
        return Ok(());
    }
    let owners: HashMap<u64, _> = site
        .records
        .register()
        .items()
        .filter_map(|(id, item)| match item {
            Item::Kept { slot, owner, .. } => Some((slot, (id, owner))),
            Item::Retry | Item::Quarantined | Item::Expired => None,
        })
        .collect();
    let mut nobodys = Vec::new();
    for slot in loose {
        match owners.get(&u64::from(slot.number())) {
            Some((_item, Owner::Nobody { .. })) => {}
            Some((item, Owner::Case(case))) => {
                let Some(case_key) = site.records.ledger().case_key(*case) else { continue };
                let (owner, under) = (item.to_string(), Under::Case(case_key));
                site.stores.keys.rewrap(slot, KeyPurpose::File, &owner, under).map_err(Fault::passing)?;
            }
            None => nobodys.push(slot),
        }
    }
    if !nobodys.is_empty() {
        tracing::info!(keys = nobodys.len(), "erasing file keys of an interrupted receipt");
    }
    site.stores.keys.erase(&nobodys).map_err(Fault::passing)
}
