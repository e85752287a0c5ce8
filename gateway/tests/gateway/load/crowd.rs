//! Many clients at once, from many addresses of this machine.

use std::any::Any;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls_pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::client::tls_config;

pub(super) struct Crowd {
    address: SocketAddr,
    connectors: Connectors,
    runtime: Runtime,
}

#[derive(Clone)]
struct Connectors {
    http1: TlsConnector,
    http2: TlsConnector,
}

/// Where a slow client stops.
#[derive(Clone, Copy)]
pub(super) enum Held {
    Head,
    Body,
    Answer,
}

/// What one of a crowd was answered.
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<String>,
    pub(super) body: Bytes,
}

/// A source over its allowance: what it was answered, and the status of the way out asked for next.
pub(super) struct Refused {
    pub(super) told: Told,
    pub(super) way_out: StatusCode,
}

/// A connection of a slow client; dropped, it ends.
pub(super) type Slow = Box<dyn Any + Send>;

impl Crowd {
    pub(super) fn new(address: SocketAddr, certificate: &str) -> Self {
        // Each of a crowd is one file here too.
        let files = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: files, maximum: files }).unwrap();
        let connector = |protocol| TlsConnector::from(Arc::new(tls_config(certificate, protocol)));
        Self {
            address,
            connectors: Connectors { http1: connector(b"http/1.1"), http2: connector(b"h2") },
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
        }
    }

    /// So many slow clients, a hundred from each address.
    pub(super) fn hold(&self, count: usize, held: Held) -> Vec<Slow> {
        self.runtime.block_on(async {
            let mut opening = JoinSet::new();
            let mut slow = Vec::new();
            for one in 0..count {
                if opening.len() >= AT_ONCE {
                    slow.push(opening.join_next().await.unwrap().unwrap());
                }
                let third = u8::try_from(one / 100).unwrap();
                let from = Ipv4Addr::new(127, 1 + held as u8, third, 1);
                opening.spawn(slow_client(self.connectors.clone(), from, self.address, held));
            }
            slow.extend(opening.join_all().await);
            slow
        })
    }

    /// The same report from so many connections, so often on each, all at once.
    pub(super) fn post_at_once(&self, connections: usize, each: usize, report: &str) -> Vec<Told> {
        self.runtime.block_on(async {
            let mut senders = JoinSet::new();
            for _ in 0..connections {
                senders.spawn(http2(self.connectors.http2.clone(), Ipv4Addr::LOCALHOST, self.address, WINDOW));
            }
            let senders = senders.join_all().await;
            let mut told = JoinSet::new();
            for sender in &senders {
                for _ in 0..each {
                    let post = Request::post("https://localhost/api/v1/reports")
                        .header("content-type", "application/json")
                        .body(Full::from(report.to_owned()))
                        .unwrap();
                    told.spawn(ask(sender.clone(), post));
                }
            }
            told.join_all().await
        })
    }

    /// Whether a connection from an address is greeted: its handshake comes to an end.
    pub(super) fn is_greeted(&self, from: Ipv4Addr) -> bool {
        let name = ServerName::try_from("localhost").unwrap();
        self.runtime.block_on(async {
            let tcp = tcp(from, self.address).await;
            self.connectors.http1.connect(name, tcp).await.is_ok()
        })
    }

    /// Posts on one connection until an answer is a refusal of the source; `None` if there is none.
    pub(super) fn ask_until_refused(&self, from: Ipv4Addr, times: usize) -> Option<Refused> {
        self.runtime.block_on(async {
            let sender = http2(self.connectors.http2.clone(), from, self.address, WINDOW).await;
            for _ in 0..times {
                let post = Request::post("https://localhost/nowhere").body(Full::default()).unwrap();
                let told = ask(sender.clone(), post).await;
                if told.status != StatusCode::NOT_FOUND {
                    let exit = Request::get("https://localhost/exit").body(Full::default()).unwrap();
                    let way_out = ask(sender.clone(), exit).await.status;
                    return Some(Refused { told, way_out });
                }
            }
            None
        })
    }
}

/// A plain connection from an address of this machine.
pub(super) fn connect_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(tcp(from, to)).into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

async fn slow_client(crowd: Connectors, from: Ipv4Addr, to: SocketAddr, held: Held) -> Slow {
    let said: &[u8] = match held {
        Held::Head => b"POST /api/v1/reports HTTP/1.1\r\nHost: local",
        Held::Body => {
            b"POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n{\"schema\": \"report/1\", "
        }
        Held::Answer => {
            // It grants one byte of the answer and no more.
            let mut sender = http2(crowd.http2, from, to, 1).await;
            let request = Request::get("https://localhost/keys").header("accept", "text/html");
            let answer = sender.send_request(request.body(Full::default()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), 200);
            return Box::new((sender, answer));
        }
    };
    let tcp = tcp(from, to).await;
    let mut stream = crowd.http1.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    stream.write_all(said).await.unwrap();
    stream.flush().await.unwrap();
    Box::new(stream)
}

async fn tcp(from: Ipv4Addr, to: SocketAddr) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// `window` is how much of each answer may come before it is read.
async fn http2(connector: TlsConnector, from: Ipv4Addr, to: SocketAddr, window: u32) -> SendRequest<Full<Bytes>> {
    let tcp = tcp(from, to).await;
    let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(window)
        .handshake(TokioIo::new(tls))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(mut sender: SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Told {
    sender.ready().await.unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Told { status, retry_after, body }
}

/// Handshakes under way at once.
const AT_ONCE: usize = 64;
/// Of an ordinary client.
const WINDOW: u32 = 65_535;
