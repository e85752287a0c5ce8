//! What crosses Nightsafe: its formats as types, and nothing else.
//!
//! Every other package depends on this one. It parses and prints, derives and verifies; it opens no file and no socket,
//! reads no clock and draws no random byte: whoever needs those is handed a [`time::Clock`] or a
//! [`randomness::Randomness`]. It holds no private key and cannot sign, seal or open anything.

pub mod calendar;
pub mod canonical;
pub mod case;
pub mod catalog;
pub mod clue;
mod crockford;
pub mod digest;
pub mod division;
pub mod identity_number;
pub mod intake;
pub mod item;
pub mod journal;
pub mod media;
pub mod officer;
pub mod partial_date;
pub mod randomness;
pub mod recipient;
pub mod report;
pub mod ring;
pub mod routing_table;
pub mod signed;
pub mod submission;
pub mod ticket;
pub mod time;
pub mod unit;
pub mod volume;
