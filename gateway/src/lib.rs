//! nightsafe-gateway: the slot in the outer wall. It takes a report, seals it and forgets it.
//!
//! ```text
//! guard ─▶ http (multipart) ─▶ api / web ─▶ reception (upload) ─▶ outbox (staging, items, journal)
//! ```
//!
//! **Architecture Invariant:** no private key that opens anything and no code that decrypts is in this program or in
//! anything it depends on (promise 1). **Architecture Invariant:** nothing of a report, and nothing about who sent it,
//! rests on a disk, in a log or in memory once the answer is given (promise 2). **Architecture Invariant:** a clue
//! number is shown only for what is durable and journalled (promise 3).
//!
//! The library exists for `main.rs`, the tests and the fuzz targets; it is no interface for other packages.

mod api;
mod app;
mod certificate;
mod cli;
mod commands;
mod config;
mod credentials;
pub mod guard;
mod http;
mod limits;
pub mod multipart;
mod opening;
mod outbox;
mod process;
mod reception;
mod ring;
mod service;
mod stream;
mod telemetry;
mod watched;
mod web;
mod wiped;
mod words;

pub use cli::run;
