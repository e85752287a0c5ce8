//! The low side.

use nightsafe_schema::time::{Clock, Hour};

use super::folders::{self, Need, Use};
use super::{Check, keys, link, time};
use crate::config::LowConfig;
use crate::diode::state;
use crate::health::Health;
use crate::low::journal;
use crate::low::outbox::Outbox;
use crate::low::side::LowSide;
use crate::low::status::LowStatus;
use crate::trust::Gateways;

/// Looks at everything in the order in which an export needs it.
pub(super) fn examine(config: &LowConfig, clock: &dyn Clock) -> Vec<Check> {
    let now = clock.now();
    let outbox = Outbox::new(&config.outbox);
    let (ring, store) = keys::ring(&config.ring, &config.state, clock);
    let newest_head = store.as_ref().and_then(|store| newest_head(&outbox, &Gateways::of(store)));
    let mut checks = vec![
        folders::instance("实例 instance", &config.state),
        folders::folder("状态 state", &config.state, Need::Ours),
        folders::folder("发件箱 outbox items", &outbox.items(), Need::Theirs(Use::Write)),
        folders::folder("发件箱日志 outbox journal", &outbox.journals(), Need::Theirs(Use::Read)),
        folders::medium(&config.medium, Use::Write, config.diode.as_ref()),
        folders::leftovers(&[&config.state, &config.medium]),
        ring,
        keys::pair_secret(config.pair_secret.as_deref()),
        time::clock(newest_head, now),
        time::newest_volume(Health::load(&config.state), config.oldest_hours, now),
        folders::metrics(config.metrics.as_deref()),
    ];
    if let Some(diode) = &config.diode {
        checks.push(folders::instance("光闸实例 link instance", &state::folder(&config.state)));
        checks.extend(link::sending(diode, config.pair_secret.as_deref()));
    }
    if let Some(store) = store {
        let looked = LowSide::with(config, store, None).and_then(|side| Ok(LowStatus::of(&side, clock)?));
        checks.push(match looked {
            Ok(status) => time::standing(&status),
            Err(error) => time::unreadable(&error),
        });
    }
    checks
}

fn newest_head(outbox: &Outbox, gateways: &Gateways) -> Option<Hour> {
    let streams = outbox.streams().ok()?;
    let head = |stream| journal::head(&outbox.head(&stream), stream, gateways).ok().flatten();
    streams.into_iter().filter_map(head).map(|head| head.fields().hour).max()
}
