//! Every bound, with its reason.

/// The largest picture or PDF: what the catalog accepts from outside.
pub(crate) const PICTURE_BYTES: u64 = 20 << 20;

/// The largest recording or video: what the catalog accepts from outside.
pub(crate) const RECORDING_BYTES: u64 = 500 << 20;

/// Memory that a decoder may use for data. A picture of fifty million pixels needs 150 MiB decoded.
pub(crate) const DATA_BYTES: u64 = 512 << 20;

/// Memory for the pixels of one picture; what asks for more is a bomb, or is looked at with a second person.
pub(crate) const PIXEL_BYTES: u64 = 300 << 20;

/// The longest side of a picture as it is declared.
pub(crate) const LONGEST_SIDE: u32 = 30_000;

/// The longest side of a copy: sharp on a screen, and no more.
pub(crate) const COPY_SIDE: u32 = 2560;

/// The largest copy, should its output be a file: a picture of [`COPY_SIDE`] that nothing compresses is smaller.
pub(crate) const COPY_BYTES: u64 = 64 << 20;

/// Pixels across a page of a PDF: text of eight points stays readable.
pub(crate) const PAGE_SIDE: f32 = 1600.0;

/// Pages of one PDF that are drawn; who needs more looks at the original with a second person.
pub(crate) const PAGES: u32 = 200;

/// Processor seconds for a picture or a page.
pub(crate) const PICTURE_SECONDS: u64 = 10;

/// Processor seconds for a recording or video, and for each mebibyte of it: a phone's video is encoded several times
/// faster than it plays.
pub(crate) const RECORDING_SECONDS: u64 = 10;
pub(crate) const RECORDING_SECONDS_PER_MIB: u64 = 6;

/// Open files: standard input, output and error, and for the transcoder its libraries while they are loaded.
pub(crate) const DECODER_FILES: u64 = 16;
pub(crate) const TRANSCODER_FILES: u64 = 64;
