//! What crosses a one-way link: datagrams, blocks, records, heartbeats, and the arithmetic of sending and putting together
//! (docs/spec/diode.md).
//!
//! ```text
//! item ─ Draft ─ Filled ─ Encoder ─ round_robin ─ seal ─▶ datagrams ─▶ Claimed ─ verify ─ Assembler ─ Records ─ item
//! ```
//!
//! Pure: no socket, no file, no clock. Every byte that arrives is hostile until its tag was verified, and bounded after.

pub mod assembler;
pub mod code;
pub mod content;
pub mod datagram;
pub mod heartbeat;
pub mod interleave;
pub mod limits;
pub mod pacing;
pub mod reception;
pub mod session;
pub mod shape;
