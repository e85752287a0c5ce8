//! The real gateway binary on a real socket, in a folder of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod attachments;
mod bad_input;
mod client;
mod commands;
#[cfg(feature = "failpoints")]
mod crash;
mod form;
mod form_attachments;
mod form_equality;
mod form_pages;
mod framing;
mod http2;
mod intake;
mod load;
mod multipart;
mod parts;
mod ring;
mod silence;
mod site;
mod walk;
