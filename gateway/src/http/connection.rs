//! One connection from its handshake to its end.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nightsafe_runtime::Shutdown;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::guarded::{GuardedHead, answer_refusal, read_head};
use super::patient::Patient;
use super::problem::Problem;
use crate::limits;
use crate::telemetry;

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Connections {
    acceptor: TlsAcceptor,
    routes: Router,
    shutdown: Shutdown,
}

impl Connections {
    pub(crate) fn new(tls: Arc<ServerConfig>, routes: Router, shutdown: Shutdown) -> Self {
        Self { acceptor: TlsAcceptor::from(tls), routes, shutdown }
    }

    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Serves a connection to its end. Errors of a connection are its own: nothing is logged about them.
    pub(super) async fn serve(self, tcp: TcpStream) {
        // Answers are small and written whole; waiting to fill packets would only delay them.
        let _ = tcp.set_nodelay(true);
        let Ok(Ok(stream)) = timeout(limits::HANDSHAKE_TIME, self.acceptor.accept(tcp)).await else {
            return;
        };
        if stream.get_ref().1.alpn_protocol() == Some(ALPN_H2) {
            self.serve_h2(stream).await;
        } else {
            self.serve_http1(stream).await;
        }
    }

    async fn serve_http1(self, mut stream: TlsStream<TcpStream>) {
        let head = tokio::select! {
            head = read_head(&mut stream) => head,
            () = self.shutdown.soft().cancelled_owned() => return,
        };
        let ahead = match head {
            GuardedHead::Passed(ahead) => ahead,
            GuardedHead::Gone => return,
            GuardedHead::Refused(kind) => {
                telemetry::refused_head(Problem::from(kind).status());
                return answer_refusal(&mut stream, kind).await;
            }
        };
        let stream = TokioIo::new(Patient::new(stream, ahead, limits::IDLE_TIME));
        let connection = hyper::server::conn::http1::Builder::new()
            .keep_alive(false)
            .timer(TokioTimer::new())
            .serve_connection(stream, TowerToHyperService::new(self.routes.clone()));
        tokio::select! {
            _ = timeout(limits::REQUEST_TIME, connection) => {}
            () = self.out_of_time() => {}
        }
    }

    /// Some time after the program was asked to finish: a client that does not read its answer must not hold it up.
    /// What is being accepted is a task of its own and is finished all the same.
    async fn out_of_time(&self) {
        self.shutdown.soft().cancelled_owned().await;
        sleep(limits::LAST_ANSWERS).await;
    }

    async fn serve_h2(self, stream: TlsStream<TcpStream>) {
        let stream = TokioIo::new(Patient::new(stream, Vec::new(), limits::IDLE_TIME));
        let connection = hyper::server::conn::http2::Builder::new(Tasks(self.shutdown.clone()))
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::STREAMS)
            .max_header_list_size(HEADER_LIST)
            .max_send_buf_size(SEND_BUFFER)
            .serve_connection(stream, TowerToHyperService::new(self.routes.clone()));
        let mut connection = pin!(connection);
        let soft = self.shutdown.soft();
        tokio::select! {
            _ = connection.as_mut() => return,
            () = soft.cancelled() => {}
            () = sleep(limits::CONNECTION_TIME) => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = timeout(limits::REQUEST_TIME, connection) => {}
            () = self.out_of_time() => {}
        }
    }
}

/// hyper's tasks are spawned where all tasks are.
#[derive(Clone)]
struct Tasks(Shutdown);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        self.0.spawn("http2 stream", async {
            task.await;
        });
    }
}

/// What a client that speaks HTTP/2 asks for in its handshake (RFC 7301).
const ALPN_H2: &[u8] = b"h2";
/// Both protocols, the better one first.
pub(crate) const ALPN_PROTOCOLS: [&[u8]; 2] = [ALPN_H2, b"http/1.1"];
/// As much as the guard allows HTTP/1.1.
const HEADER_LIST: u32 = 16 * 1024;
/// Bytes of answers buffered for one stream of a slow client.
const SEND_BUFFER: usize = 64 * 1024;
