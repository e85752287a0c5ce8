//! Counts the frames of an HTTP/2 connection that ask the gateway to do something and carry nothing (RFC 9113, 10.5).
//!
//! Pings, settings, priorities, window updates, resets and empty frames are cheap to send and must each be answered or
//! kept track of. Requests and data earn some of them; who sends more than that is flooding, and the connection ends.

/// The frames of one connection so far.
#[derive(Debug, Clone)]
pub struct FrameCount {
    place: Place,
    credit: u32,
}

/// More idle frames than the connection has earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is flooded with frames that carry nothing")]
pub struct Flood;

/// Where in the stream of frames the next byte belongs.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// So many bytes that are not looked at: the preface, or the rest of a payload.
    Within(usize),
    /// A frame's head, and how much of it has come.
    Head([u8; HEAD], usize),
}

impl Default for FrameCount {
    fn default() -> Self {
        Self { place: Place::Within(PREFACE), credit: CREDIT_AT_START }
    }
}

impl FrameCount {
    /// Looks at the next bytes of the connection, however they were cut.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Flood> {
        while !bytes.is_empty() {
            match &mut self.place {
                Place::Within(0) => self.place = Place::Head([0; HEAD], 0),
                Place::Within(left) => {
                    let passed = bytes.len().min(*left);
                    *left -= passed;
                    bytes = bytes.get(passed..).unwrap_or_default();
                }
                Place::Head(head, filled) => {
                    let (Some(next), Some((byte, rest))) = (head.get_mut(*filled), bytes.split_first()) else { break };
                    *next = *byte;
                    *filled += 1;
                    bytes = rest;
                    if *filled == HEAD {
                        let [high, middle, low, kind, ..] = *head;
                        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                        self.place = Place::Within(length);
                        self.count(kind, length)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, kind: u8, length: usize) -> Result<(), Flood> {
        match (kind, length) {
            (HEADERS, _) => self.credit = (self.credit + EARNED_BY_A_REQUEST).min(MOST_CREDIT),
            (DATA, 1..) => self.credit = (self.credit + 1).min(MOST_CREDIT),
            // A request that is taken back at once earns nothing.
            (RST_STREAM, _) => self.spend(EARNED_BY_A_REQUEST + 5)?,
            _ => self.spend(1)?,
        }
        Ok(())
    }

    fn spend(&mut self, credit: u32) -> Result<(), Flood> {
        self.credit = self.credit.checked_sub(credit).ok_or(Flood)?;
        Ok(())
    }
}

/// RFC 9113 sections 3.4 and 4.1.
const PREFACE: usize = 24;
const HEAD: usize = 9;
/// Section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
/// Browsers begin with fewer than ten idle frames and send two or three more a request.
const CREDIT_AT_START: u32 = 100;
const EARNED_BY_A_REQUEST: u32 = 20;
const MOST_CREDIT: u32 = 1_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, length: usize) -> Vec<u8> {
        let [_, high, middle, low] = u32::try_from(length).unwrap().to_be_bytes();
        let mut frame = vec![high, middle, low, kind, 0, 0, 0, 0, 1];
        frame.resize(HEAD + length, 7);
        frame
    }

    fn begun() -> FrameCount {
        let mut count = FrameCount::default();
        count.push(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        count
    }

    #[test]
    fn ordinary_traffic_goes_on_for_ever() {
        let mut count = begun();
        for _ in 0..10_000 {
            // A request with its priority and window, a body, a ping now and then.
            for (kind, length) in [(1, 40), (2, 5), (8, 4), (0, 1000), (0, 0), (6, 8)] {
                count.push(&frame(kind, length)).unwrap();
            }
        }
    }

    #[test]
    fn each_kind_of_flood_ends() {
        for (kind, length) in [(0, 0), (2, 5), (4, 0), (6, 8), (8, 4), (9, 0), (200, 3)] {
            let mut count = begun();
            let passed = (0..1_000).take_while(|_| count.push(&frame(kind, length)).is_ok()).count();
            assert_eq!(passed, 100, "{kind}");
        }
        let mut count = begun();
        let pairs = (0..1_000).take_while(|_| count.push(&[frame(1, 9), frame(3, 4)].concat()).is_ok()).count();
        assert!(pairs < 30, "{pairs} requests taken back");
    }

    proptest! {
        #[test]
        fn pieces_count_the_same_as_the_whole(
            frames in prop::collection::vec((0_u8..12, 0_usize..30), 0..400),
            cut in 1_usize..50,
        ) {
            let bytes: Vec<u8> = frames.into_iter().flat_map(|(kind, length)| frame(kind, length)).collect();
            let whole = begun().push(&bytes);
            let mut count = begun();
            let pieces = bytes.chunks(cut).try_for_each(|piece| count.push(piece));
            prop_assert_eq!(whole, pieces);
        }
    }
}
