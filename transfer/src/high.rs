//! The high side: from volumes on a medium to the inbox, with proof that nothing is missing.
//!
//! Nothing that a medium holds is believed: an entry counts once a gateway of the key ring signed it and it fits its
//! chain, an item once its bytes are those of its entry. What does not fit is kept for a person, and everything beside
//! it goes on. There is no path from here towards the low side.

pub(crate) mod acknowledge;
pub(crate) mod gap;
pub(crate) mod hand_over;
pub(crate) mod holes;
pub(crate) mod import;
pub(crate) mod inbox;
pub(crate) mod judge;
pub(crate) mod losses;
pub(crate) mod places;
pub(crate) mod quarantine;
pub(crate) mod receive;
pub(crate) mod refusal;
pub(crate) mod seen;
pub(crate) mod side;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod stream_record;
pub(crate) mod troubles;
pub(crate) mod verify;
pub(crate) mod volume;
