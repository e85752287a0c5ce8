//! A client that uploads one attachment over TLS and HTTP/1.1, as a browser would: a report, then a film of noise.
//!
//! It blocks, in a thread of its own, so that it can be kept to a core of its own.

use std::{
    io::{Read as _, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use nightsafe_generator::dice::Dice;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use serde_json::Value;

/// A film that begins like an MP4 and goes on as noise, which nothing can make shorter.
pub struct Film {
    block: Vec<u8>,
    length: u64,
}

impl Film {
    /// A film of this many bytes.
    pub fn of(length: u64) -> Self {
        let mut block: Vec<u8> = (0..NOISE).flat_map(|number| Dice::of(9, number).bytes::<8>()).collect();
        for (byte, start) in block.iter_mut().zip(*b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2") {
            *byte = start;
        }
        Self { block, length }
    }

    /// Its length in bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Hands it on, piece by piece.
    pub fn pieces(&self, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut left = self.length;
        while left > 0 {
            for piece in self.block.chunks(PIECE) {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                each(piece.get(..length).unwrap_or(piece))?;
                left -= length as u64;
            }
        }
        Ok(())
    }
}

/// A connection whose handshake is done.
pub fn connect(server: SocketAddr, config: Arc<ClientConfig>) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let connection = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server)?);
    stream.sock.set_nodelay(true)?;
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Uploads a report with a film; the gateway must take it.
pub fn upload(server: SocketAddr, config: Arc<ClientConfig>, report: &Value, film: &Film) -> Result<()> {
    let mut stream = connect(server, config)?;
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"report\"\r\nContent-Type: application/json\r\n\r\n{report}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"film.mp4\"\r\n\
         Content-Type: video/mp4\r\n\r\n"
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let length = before.len() as u64 + film.length() + after.len() as u64;
    write!(
        stream,
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
         Content-Length: {length}\r\n\r\n{before}"
    )?;
    film.pieces(|piece| Ok(stream.write_all(piece)?))?;
    stream.write_all(after.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    // The other side may close without a word once it has answered.
    let read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    ensure!(answer.starts_with("HTTP/1.1 201 "), "answered {:?} ({read:?})", answer.lines().next());
    answer.contains("\"attachments\":1").then_some(()).context("the attachment was not counted")
}

const BOUNDARY: &str = "----measure7MA4YWxkTrZu0gW";
/// Numbers in a block of noise: 1 MiB.
const NOISE: u64 = 128 * 1024;
const PIECE: usize = 64 * 1024;
