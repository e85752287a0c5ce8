//! What differs between a ring and the one before it, in words: what an officer reads before signing.

use std::collections::BTreeMap;

use nightsafe_schema::ring::RingFields;

/// One line for each key or officer that comes, goes or changes; for a first ring, everything comes.
pub(crate) fn between(previous: Option<&RingFields>, next: &RingFields) -> Vec<String> {
    let before = previous.map(entries).unwrap_or_default();
    let after = entries(next);
    let mut lines = Vec::new();
    for (name, what) in &after {
        match before.get(name) {
            None => lines.push(format!("+ {name}: {what}")),
            Some(earlier) if earlier != what => lines.push(format!("~ {name}: {earlier} → {what}")),
            Some(_) => {}
        }
    }
    for (name, what) in &before {
        if !after.contains_key(name) {
            lines.push(format!("- {name}: {what}"));
        }
    }
    lines
}

fn entries(ring: &RingFields) -> BTreeMap<String, String> {
    let window = (String::from("有效期 validity"), format!("{} … {}", ring.not_before, ring.not_after));
    let threshold = (String::from("门槛 threshold"), format!("{} / {}", ring.threshold, ring.officers.len()));
    let recipients = ring.recipients.iter().map(|key| {
        (
            format!("收件与恢复 recipient {}", key.id),
            format!("{} {} … {}", key.recipient, key.not_before, key.not_after),
        )
    });
    let gateways = ring.gateways.iter().map(|key| (format!("网关 gateway {}", key.id), key.key.to_string()));
    let bulletins = ring.bulletin_keys.iter().map(|key| (format!("公告 bulletin {}", key.id), key.key.to_string()));
    let officers =
        ring.officers.iter().map(|one| (format!("安全官 officer {}", one.id), format!("{} {}", one.name, one.key)));
    [window, threshold].into_iter().chain(recipients).chain(gateways).chain(bulletins).chain(officers).collect()
}
