//! The real program on both sides of a gap made of folders.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on fails; nothing here is shipped"
)]

mod crash;
mod crossing;
mod damage;
mod diode;
mod diode_faults;
mod diode_socket;
mod diode_storm;
mod doctor;
mod faults;
mod fixture;
mod link;
mod media;
mod monitoring;
mod program;
mod streams;
mod terminal;
mod tickets;
mod watch;
