//! The low side: from the gateway's outbox to volumes on a medium.
//!
//! It reads what the gateway signed and copies it; it holds no key that could sign an entry, and it never changes the
//! outbox except to forget what the high side has acknowledged.

pub(crate) mod acknowledge;
pub(crate) mod export;
pub(crate) mod flaw;
pub(crate) mod journal;
pub(crate) mod memory;
pub(crate) mod outbox;
pub(crate) mod plan;
pub(crate) mod resend;
pub(crate) mod send;
pub(crate) mod settle;
pub(crate) mod side;
pub(crate) mod status;
pub(crate) mod strays;
pub(crate) mod troubles;
pub(crate) mod verify;
pub(crate) mod volume_draft;
