//! The stages of an upload, each done alone over the same bytes by the libraries that the gateway uses.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use anyhow::{Context as _, Result};
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use memchr::memmem::Finder;
use nightsafe_quickstart::layout::Layout;
use nightsafe_runtime::{SystemClock, tls};
use nightsafe_schema::time::Clock as _;
use rustls::{ServerConnection, StreamOwned};
use sha2::{Digest as _, Sha256};

use super::{CLIENT, mib};
use crate::{
    bench::Bench,
    client::client_config,
    process::{Cores, keep_this_thread_to},
    profile::Profile,
    upload::{Film, connect},
};

/// MiB a second of each stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages(Vec<(&'static str, f64)>);

impl Stages {
    /// Does each stage once, on the core or cores that the gateway has.
    pub(super) fn measure(bench: &Bench, film: &Arc<Film>, cores: Cores) -> Result<Self> {
        let place = bench.site()?;
        let layout = place.layout().clone();
        let disk = bench.fresh("disk-")?.join("film");
        let film = Arc::clone(film);
        let all = thread::spawn(move || -> Result<Self> {
            if let Cores::Only(core) = cores {
                keep_this_thread_to(core)?;
            }
            let stages = vec![
                (
                    "TLS 收下丢弃 TLS, received and dropped",
                    rate(&film, |film| receive(&layout, film, cores).context("TLS alone"))?,
                ),
                ("找分界 boundary search", rate(&film, search)?),
                ("加密 sealing: ChaCha20-Poly1305", rate(&film, encrypt)?),
                ("两次 SHA-256 twice: of what came, of what is kept", rate(&film, hash_twice)?),
                ("写盘并落盘 written and flushed", rate(&film, |film| write(&disk, film))?),
            ];
            Ok(Self(stages))
        });
        all.join().map_err(|_| anyhow::anyhow!("a stage panicked"))?
    }

    /// The slowest and its MiB a second.
    pub(super) fn slowest(&self) -> (&'static str, f64) {
        let slowest = self.0.iter().min_by(|(_, one), (_, other)| one.total_cmp(other));
        slowest.copied().unwrap_or(("—", f64::INFINITY))
    }

    /// Microseconds a MiB.
    pub(super) fn profile(&self) -> Option<Profile> {
        let parts = self.0.iter().map(|(name, rate)| ((*name).to_owned(), 1e6 / rate));
        (!self.0.is_empty()).then(|| Profile::of("每 MiB，各步单独 a MiB, each stage alone", parts, "µs"))
    }
}

fn rate(film: &Film, stage: impl FnOnce(&Film) -> Result<()>) -> Result<f64> {
    let clock = SystemClock::start();
    stage(film)?;
    Ok(mib(film) / clock.elapsed().as_secs_f64())
}

/// The same client sends the same bytes; they are decrypted and nothing else.
fn receive(layout: &Layout, film: &Film, cores: Cores) -> Result<()> {
    let folder = layout.tls();
    let config = tls::server_config(&folder.join("gateway.pem"), &folder.join("gateway.key"), &[])?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    let client = client_config(&layout.authority())?;
    thread::scope(|scope| {
        // The client's side stays open until everything is read: closing it with tickets unread would reset the connection.
        let sending = scope.spawn(move || -> Result<_> {
            if cores != Cores::All {
                keep_this_thread_to(CLIENT)?;
            }
            let mut stream = connect(address, client)?;
            film.pieces(|piece| Ok(stream.write_all(piece)?))?;
            stream.flush()?;
            Ok(stream)
        });
        let (socket, _) = listener.accept()?;
        let mut stream =
            StreamOwned::new(ServerConnection::new(config)?, Buffered(BufReader::with_capacity(READ, socket)));
        let mut buffer = vec![0; 64 * 1024];
        let mut left = film.length();
        while left > 0 {
            match stream.read(&mut buffer)? {
                0 => anyhow::bail!("the client stopped early"),
                read => left = left.saturating_sub(read as u64),
            }
        }
        sending.join().map_err(|_| anyhow::anyhow!("the client panicked"))?.map(drop)
    })
}

/// A socket read in large pieces: TLS by itself asks for 4 KiB at a time.
struct Buffered(BufReader<TcpStream>);

impl Read for Buffered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

fn search(film: &Film) -> Result<()> {
    let finder = Finder::new("\r\n------measure7MA4YWxkTrZu0gW");
    film.pieces(|piece| finder.find(piece).map_or(Ok(()), |_| Err(anyhow::anyhow!("noise holds no boundary"))))
}

/// As fast as the machine can: each piece in place, in one pass, no header and no copy kept.
fn encrypt(film: &Film) -> Result<()> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]).map(LessSafeKey::new);
    let key = key.map_err(|_| anyhow::anyhow!("no key"))?;
    let (mut count, mut chunk) = (0_u64, Vec::new());
    film.pieces(|piece| {
        chunk.clear();
        chunk.extend_from_slice(piece);
        let mut nonce = [0; NONCE_LEN];
        nonce.iter_mut().zip(count.to_be_bytes()).for_each(|(byte, count)| *byte = count);
        count += 1;
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk).map_err(|_| anyhow::anyhow!("not sealed"))
    })
}

/// What came and what is kept are hashed both: one stage, for the pipeline has to do it to every byte.
fn hash_twice(film: &Film) -> Result<()> {
    let mut hashers = [Sha256::new(), Sha256::new()];
    film.pieces(|piece| {
        for hasher in &mut hashers {
            hasher.update(piece);
        }
        Ok(())
    })?;
    anyhow::ensure!(hashers.map(Sha256::finalize).iter().flatten().any(|&byte| byte != 0), "an impossible digest");
    Ok(())
}

fn write(path: &std::path::Path, film: &Film) -> Result<()> {
    let mut written = File::create_new(path)?;
    film.pieces(|piece| Ok(written.write_all(piece)?))?;
    Ok(written.sync_all()?)
}

/// Bytes read of the socket at once.
const READ: usize = 64 * 1024;
