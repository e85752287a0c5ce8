//! The high side.

use nightsafe_schema::time::Clock;
use nightsafe_schema::volume::ITEMS;

use super::folders::{self, Need, Use};
use super::{Check, keys, link, time};
use crate::config::HighConfig;
use crate::diode::state;
use crate::health::Health;
use crate::high::inbox::{INCOMING, MEMORIES};
use crate::high::quarantine::{OPEN, SETTLED};
use crate::high::status::HighStatus;
use crate::layout::JOURNAL;

/// Looks at everything in the order in which an import needs it.
pub(super) fn examine(config: &HighConfig, clock: &dyn Clock) -> Vec<Check> {
    let now = clock.now();
    let (items, journal) = (config.inbox.join(ITEMS), config.inbox.join(JOURNAL));
    let (open, settled) = (config.quarantine.join(OPEN), config.quarantine.join(SETTLED));
    let (ring, store) = keys::ring(&config.ring, &config.state, clock);
    let looked = store.map(|_| HighStatus::of(config, clock));
    let head = looked
        .as_ref()
        .and_then(|looked| looked.as_ref().ok())
        .and_then(|status| status.streams.iter().filter_map(|stream| stream.head_hour).max());
    let mut checks = vec![
        folders::instance("实例 instance", &config.state),
        folders::folder("状态 state", &config.state, Need::Ours),
        folders::folder("收件箱 inbox", &config.inbox, Need::Ours),
        folders::together("收件箱各部分 inbox parts", &[&config.inbox, &items, &journal]),
        folders::folder("隔离区 quarantine", &config.quarantine, Need::Ours),
        folders::together("隔离区各部分 quarantine parts", &[&config.quarantine, &open, &settled]),
        folders::medium(&config.medium, Use::Read, config.diode.as_ref()),
        folders::leftovers(&[&config.state, &config.state.join(MEMORIES), &items, &journal, &open]),
        ring,
        keys::pair_secret(config.pair_secret.as_deref()),
        time::clock(head, now),
        time::newest_volume(Health::load(&config.state), config.oldest_hours, now),
        folders::metrics(config.metrics.as_deref()),
    ];
    if let Some(diode) = &config.diode {
        checks.push(folders::instance("光闸实例 link instance", &state::folder(&config.state)));
        checks.extend(link::receiving(diode, config.pair_secret.as_deref()));
        checks.push(folders::together("收件箱与到达中 inbox and incoming", &[&items, &config.inbox.join(INCOMING)]));
    }
    match looked {
        Some(Ok(status)) => checks.push(time::standing(&status)),
        Some(Err(error)) => checks.push(time::unreadable(&error)),
        None => {}
    }
    checks
}
