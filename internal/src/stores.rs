//! Vault and key table: where items lie and what opens them.

use std::sync::Arc;

use nightsafe_ledger::{KeySlot, KeyTable, Vault};

/// The two stores that the receipt works with besides the ledger.
pub(crate) struct Stores {
    /// Payloads without headers.
    pub(crate) vault: Vault,
    /// Wrapped keys; shared with the ledger.
    pub(crate) keys: Arc<KeyTable>,
}

/// The slot that an event names. Events carry 64 bits, the table has 32: a number beyond is a slot that does not exist.
pub(crate) fn slot(number: u64) -> KeySlot {
    KeySlot::from_number(u32::try_from(number).unwrap_or(u32::MAX))
}
