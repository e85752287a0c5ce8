//! The analysts' console: server-rendered pages over one port, [`desk::Desk`].
//!
//! Chinese first, English beside; no script, no external request, no state besides the session cookie. This package
//! authorises nothing and stores nothing: the desk does both, and the pages show what it hands out, with every byte of a
//! report treated as hostile text.

pub mod desk;

/// Rows on one page of a list.
pub const PAGE_ROWS: usize = 50;
