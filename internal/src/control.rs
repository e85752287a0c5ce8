//! The control socket: how the command line talks to the daemon.
//!
//! One connection carries one request and one answer. The kernel says who is calling; at `login` that user id is bound
//! to an account for eight hours, and every later request is authorised and audited as that account by the same
//! [`crate::desk`] that serves the console. This module decides nothing and reads no store.

pub(crate) mod address;
pub(crate) mod answers;
mod callbacks;
pub(crate) mod client;
pub(crate) mod frame;
pub(crate) mod protocol;
pub(crate) mod server;
pub(crate) mod service;
