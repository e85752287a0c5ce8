//! Finds the end of a head byte by byte, however slowly the bytes arrive, looking at each once.

use super::{HEAD_LIMIT, Refusal};

/// What is known about the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The head goes on.
    Unfinished,
    /// The head ends after this many bytes, its empty line included; what follows is the body.
    Complete(usize),
}

/// The state between two reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeadScan {
    seen: usize,
    /// Bytes of the current line, without its ending.
    line: usize,
    after_cr: bool,
}

impl HeadScan {
    /// Looks at the next bytes. Bare line endings are refused as soon as they are seen, so that a client which sends
    /// nothing else gets its answer at once.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress, Refusal> {
        for byte in bytes {
            self.seen += 1;
            match (self.after_cr, byte) {
                (true, b'\n') => {
                    self.after_cr = false;
                    if self.line == 0 {
                        return Ok(Progress::Complete(self.seen));
                    }
                    self.line = 0;
                }
                (true, _) | (false, b'\n') => return Err(Refusal::LineEnding),
                (false, b'\r') => self.after_cr = true,
                (false, _) => self.line += 1,
            }
            if self.seen >= HEAD_LIMIT {
                return Err(Refusal::TooLong);
            }
        }
        Ok(Progress::Unfinished)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{HEAD_LIMIT, HeadScan, Progress, Refusal};

    #[test]
    fn the_end_is_the_first_empty_line() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
        assert_eq!(HeadScan::default().push(bytes), Ok(Progress::Complete(bytes.len() - 4)));
    }

    #[test]
    fn bare_line_endings_are_refused_at_once() {
        for bytes in [&b"GET / HTTP/1.1\n"[..], b"GET / HTTP/1.1\rX", b"\n"] {
            assert_eq!(HeadScan::default().push(bytes), Err(Refusal::LineEnding));
        }
    }

    #[test]
    fn a_head_without_end_is_refused_at_the_limit() {
        assert_eq!(HeadScan::default().push(&vec![b'a'; HEAD_LIMIT]), Err(Refusal::TooLong));
        assert_eq!(HeadScan::default().push(&vec![b'a'; HEAD_LIMIT - 1]), Ok(Progress::Unfinished));
    }

    proptest! {
        #[test]
        fn pieces_say_the_same_as_the_whole(bytes in prop::collection::vec(prop::sample::select(b"\r\n aG:".to_vec()), 0..80), cut in 0_usize..80) {
            let cut = cut.min(bytes.len());
            let whole = HeadScan::default().push(&bytes);
            let mut scan = HeadScan::default();
            let pieces = match scan.push(&bytes[..cut]) {
                Ok(Progress::Unfinished) => scan.push(&bytes[cut..]),
                decided => decided,
            };
            prop_assert_eq!(whole, pieces);
        }
    }
}
