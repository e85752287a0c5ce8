//! The places where a test can kill the transfer, in the order in which a run passes them.

/// Every name that is hit somewhere in this program.
#[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only listed in builds with failpoints"))]
pub(crate) const ALL: [&str; 23] = [
    EXPORT_FOLDER_MADE,
    EXPORT_ITEM_COPIED,
    EXPORT_ENTRIES_WRITTEN,
    EXPORT_FLUSHED,
    EXPORT_RENAMED,
    EXPORT_STATE_WRITTEN,
    IMPORT_VOLUME_READ,
    IMPORT_QUARANTINE_WRITTEN,
    IMPORT_ITEM_COPIED,
    IMPORT_ITEM_RENAMED,
    IMPORT_FOLDER_FLUSHED,
    IMPORT_LINE_APPENDED,
    IMPORT_LINES_FLUSHED,
    IMPORT_HEAD_WRITTEN,
    IMPORT_PLACES_FLUSHED,
    IMPORT_STATE_WRITTEN,
    SEND_GROUP_SENT,
    SEND_STATE_WRITTEN,
    SEND_TICKET_REMOVED,
    RECEIVE_PART_MADE,
    RECEIVE_PART_WRITTEN,
    RECEIVE_PART_WHOLE,
    RECEIVE_CLAIMS_WRITTEN,
];

pub(crate) const EXPORT_FOLDER_MADE: &str = "export.folder-made";
pub(crate) const EXPORT_ITEM_COPIED: &str = "export.item-copied";
pub(crate) const EXPORT_ENTRIES_WRITTEN: &str = "export.entries-written";
pub(crate) const EXPORT_FLUSHED: &str = "export.flushed";
pub(crate) const EXPORT_RENAMED: &str = "export.renamed";
pub(crate) const EXPORT_STATE_WRITTEN: &str = "export.state-written";
pub(crate) const IMPORT_VOLUME_READ: &str = "import.volume-read";
pub(crate) const IMPORT_QUARANTINE_WRITTEN: &str = "import.quarantine-written";
pub(crate) const IMPORT_ITEM_COPIED: &str = "import.item-copied";
pub(crate) const IMPORT_ITEM_RENAMED: &str = "import.item-renamed";
pub(crate) const IMPORT_FOLDER_FLUSHED: &str = "import.folder-flushed";
pub(crate) const IMPORT_LINE_APPENDED: &str = "import.line-appended";
pub(crate) const IMPORT_LINES_FLUSHED: &str = "import.lines-flushed";
pub(crate) const IMPORT_HEAD_WRITTEN: &str = "import.head-written";
pub(crate) const IMPORT_PLACES_FLUSHED: &str = "import.places-flushed";
pub(crate) const IMPORT_STATE_WRITTEN: &str = "import.state-written";
pub(crate) const SEND_GROUP_SENT: &str = "send.group-sent";
pub(crate) const SEND_STATE_WRITTEN: &str = "send.state-written";
pub(crate) const SEND_TICKET_REMOVED: &str = "send.ticket-removed";
pub(crate) const RECEIVE_PART_MADE: &str = "receive.part-made";
pub(crate) const RECEIVE_PART_WRITTEN: &str = "receive.part-written";
pub(crate) const RECEIVE_PART_WHOLE: &str = "receive.part-whole";
pub(crate) const RECEIVE_CLAIMS_WRITTEN: &str = "receive.claims-written";
