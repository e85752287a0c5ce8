//! HTTP/2 frame by frame, as a client writes them that keeps to nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;

use crate::client::tls_config;
use crate::site::{Serving, Site};

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// A connection after the preface.
pub(super) struct Frames(StreamOwned<ClientConnection, TcpStream>);

/// What came back.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frames {
    pub(super) fn begin(site: &Site, serving: &Serving) -> Self {
        let tcp = TcpStream::connect(serving.address).unwrap();
        tcp.set_read_timeout(Some(std::time::Duration::from_mins(1))).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(tls_config(site.certificate(), b"h2")), name).unwrap();
        let mut frames = Self(StreamOwned::new(tls, tcp));
        frames.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        // HEADER_TABLE_SIZE 0: no answer's fields refer to an earlier one's.
        frames.send(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]);
        frames
    }

    /// Whether it could be sent; a gateway that has had enough closes.
    pub(super) fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).and_then(|()| self.0.flush()).is_ok()
    }

    /// The next frame; `None` when the gateway has closed.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.read(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.read(&mut payload)?;
        Some(Frame { kind: head[3], stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload })
    }

    /// What becomes of a request: its status, or the code of the reset or of the end of the connection; `None` if it is
    /// just closed.
    pub(super) fn outcome(&mut self, stream: u32) -> Option<Outcome> {
        while let Some(frame) = self.next() {
            let code = |payload: &[u8]| u32::from_be_bytes(payload.try_into().unwrap());
            match frame.kind {
                HEADERS if frame.stream == stream => return Some(Outcome::Answered(status(&frame.payload))),
                RST_STREAM if frame.stream == stream => return Some(Outcome::Reset(code(&frame.payload))),
                GOAWAY if code(&frame.payload[4..8]) != 0 => return Some(Outcome::Ended(code(&frame.payload[4..8]))),
                _ => {}
            }
        }
        None
    }

    fn read(&mut self, bytes: &mut [u8]) -> Option<()> {
        match self.0.read_exact(bytes) {
            Ok(()) => Some(()),
            Err(error) => {
                assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "it does not close");
                None
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered(u16),
    Reset(u32),
    Ended(u32),
}

/// Header fields as literals that nobody indexes (RFC 7541 section 6.2.2).
pub(super) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            assert!(text.len() < 127);
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// The fields of an ordinary request.
pub(super) fn request<'a>(method: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")]
}

/// The status at the beginning of an answer: an entry of the static table, or a literal after its name.
fn status(block: &[u8]) -> u16 {
    // Before the first one stands that the table has no room.
    match block.strip_prefix(&[0x20]).unwrap_or(block) {
        [indexed @ 0x88..=0x8e, ..] => [200, 204, 206, 304, 400, 404, 500][usize::from(indexed - 0x88)],
        // A literal with the name of entry 8, its value in Huffman's code for digits: five bits for 0, 1, 2, six for others.
        [_, length, value @ ..] => {
            let value = &value[..usize::from(length & 0x7f)];
            if length & 0x80 == 0 { std::str::from_utf8(value).unwrap().parse().unwrap() } else { huffman(value) }
        }
        _ => panic!("{block:?}"),
    }
}

fn huffman(bytes: &[u8]) -> u16 {
    let bits = bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (64 - 8 * bytes.len());
    let mut at = 0;
    let digits = (0..3).map(|_| {
        let five = (bits << at) >> 59;
        if five < 3 {
            at += 5;
            return u16::try_from(five).unwrap();
        }
        let six = (bits << at) >> 58;
        at += 6;
        u16::try_from(six - 0x19 + 3).unwrap()
    });
    digits.fold(0, |status, digit| status * 10 + digit)
}
