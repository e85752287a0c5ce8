//! Tickets: short lines that an operator carries across the gap by voice, paper or keyboard (DESIGN section 7).
//!
//! `GAP 7f3a91c2 1041-1043,1050 #K7QM` goes from the high side to the low side and asks for items again; its check
//! catches typing mistakes and proves nothing. `ACK 7f3a91c2 1050 ABCDEFGHJKMNPQRS` lets the low side forget; its code
//! is made with the pair secret.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    crockford,
    digest::Digest,
    journal::{Seq, StreamId},
};

/// A request for items that have not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapTicket {
    stream8: String,
    ranges: Vec<RangeInclusive<u64>>,
}

/// Why a line is not a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It does not look like one.
    #[error("not a ticket; copy the whole line, for example GAP 7f3a91c2 1041-1043,1050 #K7QM")]
    Form,
    /// Its check does not fit what it says.
    #[error("the ticket's check does not fit: something was copied wrongly")]
    Check,
    /// It asks for nothing, or its numbers do not go up.
    #[error("the ticket's numbers must go up and start at 1")]
    Ranges,
}

impl GapTicket {
    /// A ticket for these places of the stream, which must go up and not touch or overlap.
    pub fn new(stream: &StreamId, ranges: Vec<RangeInclusive<Seq>>) -> Result<Self, TicketError> {
        let ranges = ranges.into_iter().map(|range| range.start().value()..=range.end().value()).collect();
        Self::checked(stream.short(), ranges)
    }

    fn checked(stream8: String, ranges: Vec<RangeInclusive<u64>>) -> Result<Self, TicketError> {
        let mut free_from = 1;
        for range in &ranges {
            if *range.start() < free_from || range.is_empty() || Seq::try_from(*range.end()).is_err() {
                return Err(TicketError::Ranges);
            }
            free_from = range.end() + 2;
        }
        if ranges.is_empty() { Err(TicketError::Ranges) } else { Ok(Self { stream8, ranges }) }
    }

    /// The first eight digits of the stream meant.
    pub fn stream8(&self) -> &str {
        &self.stream8
    }

    /// Whether the place is asked for.
    pub fn asks_for(&self, seq: Seq) -> bool {
        self.ranges.iter().any(|range| range.contains(&seq.value()))
    }

    /// The places asked for, going up.
    pub fn ranges(&self) -> &[RangeInclusive<u64>] {
        &self.ranges
    }

    fn text(&self) -> String {
        let range = |range: &RangeInclusive<u64>| {
            let (first, last) = (range.start(), range.end());
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        let ranges: Vec<String> = self.ranges.iter().map(range).collect();
        format!("GAP {} {}", self.stream8, ranges.join(","))
    }
}

impl fmt::Display for GapTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        write!(f, "{text} #{}", check_of(&text))
    }
}

impl FromStr for GapTicket {
    type Err = TicketError;

    fn from_str(line: &str) -> Result<Self, TicketError> {
        let line = line.trim();
        if line.len() > LONGEST_TICKET {
            return Err(TicketError::Form);
        }
        let (text, check) = line.split_once(" #").ok_or(TicketError::Form)?;
        let (stream8, ranges) =
            text.strip_prefix("GAP ").and_then(|rest| rest.split_once(' ')).ok_or(TicketError::Form)?;
        let ticket = Self::checked(stream8_of(stream8)?, ranges.split(',').map(range_of).collect::<Result<_, _>>()?)?;
        // The text is compared too: there is one spelling of a ticket.
        if ticket.text() == text && check_of(text) == check { Ok(ticket) } else { Err(TicketError::Check) }
    }
}

/// 32 bytes that both sides of one transfer share; they protect against mistakes and forged acknowledgements only.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PairSecret([u8; 32]);

impl PairSecret {
    /// The secret as it lies in the credential file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of one session on the one-way link (docs/spec/diode.md): `HKDF-SHA-256(secret, salt = session)`.
    pub fn diode_key(&self, session: &[u8; 8]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are one block of SHA-256: there is no length that could be refused.
        let _ = Hkdf::<Sha256>::new(Some(session), &self.0).expand(b"nightsafe-diode/1 datagram", key.as_mut());
        key
    }
}

impl fmt::Debug for PairSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairSecret(..)")
    }
}

/// The high side's word that everything up to a place is safe with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckTicket {
    stream8: String,
    seq: Seq,
    code: String,
}

impl AckTicket {
    /// Acknowledges the stream up to `seq`, whose line has the digest `entry`.
    pub fn new(secret: &PairSecret, stream: &StreamId, seq: Seq, entry: &Digest) -> Self {
        Self { stream8: stream.short(), seq, code: ack_code(secret, stream, seq, entry) }
    }

    /// The first eight digits of the stream meant.
    pub fn stream8(&self) -> &str {
        &self.stream8
    }

    /// The last place that is acknowledged.
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// Whether the holder of the pair secret acknowledged just this entry of this stream.
    pub fn is_for(&self, secret: &PairSecret, stream: &StreamId, entry: &Digest) -> bool {
        let expected = ack_code(secret, stream, self.seq, entry);
        self.stream8 == stream.short() && bool::from(expected.as_bytes().ct_eq(self.code.as_bytes()))
    }
}

impl fmt::Display for AckTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ACK {} {} {}", self.stream8, self.seq, self.code)
    }
}

impl FromStr for AckTicket {
    type Err = TicketError;

    fn from_str(line: &str) -> Result<Self, TicketError> {
        let mut words = line.trim().split(' ');
        let (Some("ACK"), Some(stream8), Some(seq), Some(code), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(TicketError::Form);
        };
        if code.len() != ACK_CHARACTERS || crockford::decode(code).is_none() {
            return Err(TicketError::Form);
        }
        Ok(Self { stream8: stream8_of(stream8)?, seq: seq_of(seq)?, code: code.to_owned() })
    }
}

fn ack_code(secret: &PairSecret, stream: &StreamId, seq: Seq, entry: &Digest) -> String {
    let mut block = [0; 64];
    for (place, byte) in block.iter_mut().zip(&secret.0) {
        *place = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    mac.update(b"nightsafe-ack/1\n");
    mac.update(stream.as_bytes());
    mac.update(&seq.value().to_be_bytes());
    mac.update(entry.as_bytes());
    let tag = mac.finalize().into_bytes();
    let first_ten = tag.iter().take(10).fold(0_u128, |value, &byte| (value << 8) | u128::from(byte));
    crockford::encode(first_ten, 16)
}

/// The first four Crockford characters, 20 bits, of the text's digest.
fn check_of(text: &str) -> String {
    let digest = Digest::of(text.as_bytes());
    let first_three = digest.as_bytes().iter().take(3).fold(0_u128, |value, &byte| (value << 8) | u128::from(byte));
    crockford::encode(first_three >> 4, 4)
}

fn stream8_of(text: &str) -> Result<String, TicketError> {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 8 && text.bytes().all(hex) { Ok(text.to_owned()) } else { Err(TicketError::Form) }
}

fn range_of(text: &str) -> Result<RangeInclusive<u64>, TicketError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(seq_of(first)?.value()..=seq_of(last)?.value())
}

fn seq_of(text: &str) -> Result<Seq, TicketError> {
    let number: u64 = text.parse().map_err(|_| TicketError::Form)?;
    Seq::try_from(number).map_err(|_| TicketError::Ranges)
}

/// 80 bits of code in base32.
const ACK_CHARACTERS: usize = 16;
/// Longer than any person will type; a longer gap is asked for in several tickets.
const LONGEST_TICKET: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHECK: &str = "GA20";

    fn stream() -> StreamId {
        "7f3a91c2000000000000000000000000".parse().unwrap()
    }

    fn seq(number: u64) -> Seq {
        number.try_into().unwrap()
    }

    #[test]
    fn a_gap_ticket_is_read_as_it_was_written() {
        let ticket = GapTicket::new(&stream(), vec![seq(1041)..=seq(1043), seq(1050)..=seq(1050)]).unwrap();
        let line = ticket.to_string();
        assert!(line.starts_with("GAP 7f3a91c2 1041-1043,1050 #"), "{line}");
        assert_eq!(line.parse(), Ok(ticket.clone()));
        assert!(ticket.asks_for(seq(1042)) && !ticket.asks_for(seq(1044)));
    }

    /// Python: base32 of sha256(b"GAP 7f3a91c2 1041-1043,1050") in Crockford's alphabet, first four.
    #[test]
    fn the_check_is_the_one_that_the_formula_gives() {
        let line = format!("GAP 7f3a91c2 1041-1043,1050 #{CHECK}");
        assert!(line.parse::<GapTicket>().is_ok());
    }

    #[test]
    fn numbers_that_do_not_go_up_are_refused() {
        for ranges in [vec![], vec![seq(3)..=seq(2)], vec![seq(2)..=seq(3), seq(4)..=seq(5)]] {
            assert_eq!(GapTicket::new(&stream(), ranges), Err(TicketError::Ranges));
        }
    }

    #[test]
    fn an_acknowledgement_is_for_one_entry_only() {
        let secret = PairSecret::from_bytes([9; 32]);
        let ticket = AckTicket::new(&secret, &stream(), seq(5), &Digest::of(b"entry"));
        let read: AckTicket = ticket.to_string().parse().unwrap();
        assert_eq!(read, ticket);
        assert!(read.is_for(&secret, &stream(), &Digest::of(b"entry")));
        assert!(!read.is_for(&secret, &stream(), &Digest::of(b"other")));
        assert!(!read.is_for(&PairSecret::from_bytes([8; 32]), &stream(), &Digest::of(b"entry")));
    }

    proptest! {
        #[test]
        fn any_text_is_a_ticket_or_refused(text in ".{0,60}", digits in "[0-9,-]{0,30}") {
            let _ = text.parse::<GapTicket>();
            let _ = text.parse::<AckTicket>();
            let _ = format!("GAP 7f3a91c2 {digits} #0000").parse::<GapTicket>();
        }

        #[test]
        fn one_changed_digit_is_found(place in 13_usize..27, change in 1_u8..10) {
            let ticket = GapTicket::new(&stream(), vec![seq(1041)..=seq(1043), seq(1050)..=seq(1050)]).unwrap();
            let mut line = ticket.to_string().into_bytes();
            prop_assume!(line[place].is_ascii_digit());
            line[place] = b'0' + (line[place] - b'0' + change) % 10;
            prop_assert!(String::from_utf8(line).unwrap().parse::<GapTicket>().is_err());
        }
    }
}
