//! The skeleton every Nightsafe program stands in: clock, randomness, telemetry, shutdown, exit codes, configuration,
//! files that survive a power cut, and the officers' key ring on disk.
//!
//! Nothing here knows what a report is, opens a sealed item or signs anything. Formats live in `nightsafe-schema`;
//! this crate is the only place that reads the clock, the random source and the environment.

pub mod bounded_file;
pub mod clock;
pub mod config;
pub mod durable_file;
pub mod exit;
pub mod failpoint;
pub mod folder_lock;
pub mod language;
pub mod line_file;
pub mod listening;
pub mod randomness;
pub mod readiness;
pub mod ring_file;
pub mod shutdown;
pub mod telemetry;
pub mod text_folder;
#[cfg(feature = "tls")]
pub mod tls;

pub use clock::SystemClock;
pub use config::ConfigPath;
pub use exit::{ExitCode, HasExitCode, StartError};
pub use folder_lock::{FolderLock, FolderTurn};
pub use language::Language;
pub use randomness::SystemRandomness;
pub use readiness::announce_ready;
pub use ring_file::{RingConfig, RingStore};
pub use shutdown::Shutdown;
pub use telemetry::{Telemetry, TelemetryFormat};
