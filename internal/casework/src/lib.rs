//! What happens to a case, as pure functions over events and data.
//!
//! Who may do what ([`role`], [`account`]), who may see a case ([`visibility`]), how urgent it is ([`triage`]), where it
//! goes ([`routing`]), what belongs together ([`linking`]), what people do with it ([`workflow`]), what is counted ([`statistics`]), what the ledger says about it ([`event`], [`attachment`], [`case`]). Nothing here opens a file or a socket,
//! reads a clock, draws a random byte or asks a store: the daemon hands everything in.

pub mod account;
pub mod attachment;
pub mod case;
pub mod event;
pub mod linking;
mod plain;
pub mod role;
pub mod routing;
pub mod rule;
pub mod safe_copy;
pub mod spelling;
pub mod statistics;
pub mod triage;
pub mod visibility;
pub mod workflow;
