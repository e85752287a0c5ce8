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

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use jiff::Timestamp;
    use nightsafe_casework::event::{AttachmentUnlocked, EntryPosition, UnlockedItem};
    use nightsafe_ledger::{KeyPurpose, SecretKey, Under};
    use nightsafe_runtime::{SystemRandomness, config::parse};
    use nightsafe_schema::{digest::Digest, item::ItemId, journal::StreamId, time::Clock};

    use super::*;
    use crate::{
        config::{Config, EXAMPLE},
        credentials,
    };

    #[derive(Debug)]
    struct SetClock(Mutex<Timestamp>);

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn site(folder: &Path, clock: Arc<SetClock>) -> Site {
        let config: Config = parse(EXAMPLE, folder).unwrap();
        for key in [&config.credentials.store_key, &config.credentials.ledger_key] {
            credentials::make_key(key, &SystemRandomness).unwrap();
        }
        Site::found_at(config, clock).unwrap()
    }

    fn unlock(site: &Site, item: ItemId) -> u64 {
        site.stores.vault.put(item, &mut b"payload".as_slice()).unwrap();
        let key = SecretKey::from_slice(&[1; 16]).unwrap();
        let slot = site.stores.keys.wrap(KeyPurpose::File, &item.to_string(), Under::Store, &key).unwrap();
        let entry = EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 };
        let file_key = u64::from(slot.number());
        let (header, sha256) = (String::new(), Digest::of(b"file"));
        let sealed = UnlockedItem { item, entry, size: 7, sha256, header, file_key };
        let event = NewEvent::of_site(AttachmentUnlocked { sealed });
        site.records.append(&Actor::daemon(), &*site.clock, vec![event]).unwrap();
        file_key
    }

    #[test]
    fn media_without_a_report_is_removed_after_thirty_days_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-11-01T00:00:00Z".parse().unwrap())));
        let site = site(folder.path(), Arc::clone(&clock));
        let item = ItemId::from_bytes([7; 16]);
        let file_key = unlock(&site, item);
        *clock.0.lock().unwrap() = "2026-11-30T23:59:59Z".parse().unwrap();
        assert_eq!(expire(&site).unwrap(), 0);
        *clock.0.lock().unwrap() = "2026-12-01T00:00:01Z".parse().unwrap();
        assert_eq!(expire(&site).unwrap(), 1);
        assert!(!site.stores.vault.contains(item).unwrap());
        let key = site.stores.keys.unwrap(slot(file_key), KeyPurpose::File, &item.to_string()).unwrap();
        assert!(key.is_none());
        assert_eq!(site.records.register().item(item), Some(Item::Expired));
        assert_eq!(expire(&site).unwrap(), 0);
    }

    #[test]
    fn a_register_that_was_kept_is_the_one_that_is_replayed() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-11-01T00:00:00Z".parse().unwrap())));
        let first = site(folder.path(), Arc::clone(&clock));
        unlock(&first, ItemId::from_bytes([7; 16]));
        first.records.keep();
        unlock(&first, ItemId::from_bytes([8; 16]));
        drop(first);
        let again = |clock: Arc<SetClock>| Site::found_at(parse(EXAMPLE, folder.path()).unwrap(), clock).unwrap();
        let from_kept = std::mem::take(&mut *again(Arc::clone(&clock)).records.register_mut());
        assert!(from_kept.kept(ItemId::from_bytes([7; 16])) && from_kept.kept(ItemId::from_bytes([8; 16])));
        std::fs::remove_file(folder.path().join("ledger/register.cache")).unwrap();
        assert_eq!(from_kept, *again(clock).records.register());
    }

    #[test]
    fn a_lost_key_table_is_never_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-11-01T00:00:00Z".parse().unwrap())));
        let first = site(folder.path(), Arc::clone(&clock));
        unlock(&first, ItemId::from_bytes([7; 16]));
        drop(first);
        std::fs::remove_file(folder.path().join("ledger/keys.table")).unwrap();
        let config: Config = parse(EXAMPLE, folder.path()).unwrap();
        assert!(matches!(Site::found_at(config, clock), Err(crate::site::SiteError::KeyTableLost { .. })));
    }
}
