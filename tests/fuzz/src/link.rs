//! What comes over the one-way link, read by `nightsafe-diode`: a datagram, the records of a block, a heartbeat.

use nightsafe_diode::content::Records;
use nightsafe_diode::datagram::{Claimed, DatagramSize};
use nightsafe_diode::heartbeat::Heartbeat;
use nightsafe_diode::session::Sessions;
use nightsafe_schema::ticket::PairSecret;

/// Reads any bytes as each of them.
pub(crate) fn call(bytes: &[u8]) {
    let fits = u16::try_from(bytes.len()).ok().and_then(|length| DatagramSize::try_from(length).ok());
    if let Some(claimed) = fits.and_then(|size| Claimed::parse(bytes, size).ok()) {
        let mut sessions = Sessions::new(PairSecret::from_bytes([7; 32]));
        assert!(sessions.verify(claimed).is_none() && sessions.all().count() == 0, "nobody made its tag");
    }
    let records: usize =
        Records::of(bytes).map_while(Result::ok).map(|record| record.line.len() + record.bytes.len()).sum();
    assert!(records <= bytes.len(), "no byte is read twice");
    if let Ok(heartbeat) = Heartbeat::parse(bytes) {
        let again = heartbeat.to_bytes().ok().and_then(|bytes| Heartbeat::parse(&bytes).ok());
        assert_eq!(again, Some(heartbeat), "a heartbeat is read as it was written");
    }
}
