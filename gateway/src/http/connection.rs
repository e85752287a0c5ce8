//! One connection from its handshake to its end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nightsafe_runtime::Shutdown;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;

use super::gathering::{Gathering, Keepers};
use super::guarded::{GuardedHead, answer_refusal, read_head};
use super::metered::Metered;
use super::patient::Patient;
use super::problem::{Problem, ProblemKind};
use super::sources::Source;
use super::unsent::{AnswerBudget, Unsent};
use crate::limits;
use crate::service::Service;
use crate::telemetry;
use crate::wiped::Wiped;

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Connections {
    tls: watch::Receiver<Arc<ServerConfig>>,
    routes: Router,
    full: Router,
    answers: AnswerBudget,
    keepers: Keepers,
    shutdown: Shutdown,
}

/// What a request needs to know of its connection. It names nobody.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(super) source: Source,
    pub(super) unsent: Unsent,
}

impl Connections {
    pub(crate) fn new(
        tls: watch::Receiver<Arc<ServerConfig>>,
        routes: Router,
        service: Arc<Service>,
        shutdown: Shutdown,
    ) -> Self {
        let full = Router::new()
            .fallback(|| async { Problem::from(ProblemKind::Busy).into_response() })
            .layer(axum::middleware::from_fn_with_state(service, super::front));
        let answers = AnswerBudget::new(limits::ANSWERS_IN_MEMORY);
        Self { tls, routes, full, answers, keepers: Keepers::new(limits::UPLOADS), shutdown }
    }

    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Serves a connection to its end. Errors of a connection are its own: nothing is logged about them.
    ///
    /// What each phase needs is boxed and gone with it: ten thousand slow clients are held in whichever costs least.
    pub(super) async fn serve(self, tcp: TcpStream, source: Source) {
        let soft = self.shutdown.soft();
        let Some(Some(stream)) = soft.run_until_cancelled(Box::pin(self.greet(tcp))).await else { return };
        let peer = Peer { source, unsent: self.answers.connection() };
        if stream.get_ref().1.alpn_protocol() == Some(ALPN_H2) {
            Wiped::new(self.serve_h2(stream, peer)).await;
        } else {
            Wiped::new(self.serve_http1(stream, peer)).await;
        }
    }

    async fn greet(&self, tcp: TcpStream) -> Option<Stream> {
        // Answers are small and written whole; waiting to fill packets would only delay them.
        let _ = tcp.set_nodelay(true);
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.borrow()));
        let mut stream = Box::new(
            timeout(limits::HANDSHAKE_TIME, acceptor.accept(Gathering::new(tcp, self.keepers.clone())))
                .await
                .ok()?
                .ok()?,
        );
        stream.get_mut().1.set_buffer_limit(Some(limits::TLS_BUFFER));
        Some(stream)
    }

    /// Tells a client for whom there is no place that there is none, and ends. Nothing it asks is looked at.
    pub(super) async fn turn_away(self, tcp: TcpStream) {
        let routes = self.full.clone();
        let full = Self { routes, ..self };
        let _ = timeout(limits::TURN_AWAY_TIME, full.serve(tcp, Source::uncounted())).await;
    }

    async fn serve_http1(self, mut stream: Stream, peer: Peer) {
        let head = tokio::select! {
            head = read_head(&mut stream) => head,
            () = self.shutdown.soft().cancelled_owned() => return,
        };
        match head {
            GuardedHead::Passed(ahead) => Box::pin(self.serve_one_request(stream, ahead, peer)).await,
            GuardedHead::Gone => {}
            GuardedHead::Refused(kind) => {
                telemetry::refused_head(Problem::from(kind).status());
                Box::pin(answer_refusal(&mut stream, kind)).await;
            }
        }
    }

    async fn serve_one_request(&self, stream: Stream, ahead: Vec<u8>, peer: Peer) {
        let requests = Requests::new(self.routes.clone(), peer.clone());
        let stream = TokioIo::new(Patient::new(stream, ahead, limits::IDLE_TIME, peer.unsent.clone()));
        let connection = hyper::server::conn::http1::Builder::new()
            .keep_alive(false)
            .max_buf_size(limits::READ_BUFFER)
            .timer(TokioTimer::new())
            .serve_connection(stream, requests.clone());
        tokio::select! {
            _ = timeout(limits::REQUEST_TIME, connection) => {}
            () = peer.unsent.stalled() => {}
            () = self.out_of_time(&requests) => {}
        }
    }

    async fn serve_h2(self, stream: Stream, peer: Peer) {
        let requests = Requests::new(self.routes.clone(), peer.clone());
        let stream = TokioIo::new(Patient::of_frames(stream, limits::IDLE_TIME, peer.unsent.clone()));
        let connection = hyper::server::conn::http2::Builder::new(Tasks(self.shutdown.clone()))
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::STREAMS)
            .max_header_list_size(HEADER_LIST)
            .max_send_buf_size(SEND_BUFFER)
            .initial_stream_window_size(limits::STREAM_WINDOW)
            .initial_connection_window_size(limits::CONNECTION_WINDOW)
            .serve_connection(stream, requests.clone());
        let mut connection = pin!(connection);
        let soft = self.shutdown.soft();
        tokio::select! {
            _ = connection.as_mut() => return,
            () = peer.unsent.stalled() => return,
            () = soft.cancelled() => {}
            () = requests.idle() => {}
            () = sleep(limits::CONNECTION_TIME) => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = timeout(limits::REQUEST_TIME, connection) => {}
            () = peer.unsent.stalled() => {}
            () = requests.over() => {}
            () = self.out_of_time(&requests) => {}
        }
    }

    /// Returns some time after the program was asked to finish: requests that were arriving have had time to end, and
    /// clients to read their answers. One that does neither must not hold the program up; what is being accepted is a
    /// task of its own and is finished all the same.
    async fn out_of_time(&self, requests: &Requests) {
        self.shutdown.soft().cancelled_owned().await;
        let _ = timeout(limits::LAST_REQUESTS, requests.ended()).await;
        sleep(limits::LAST_ANSWERS).await;
    }
}

/// TLS's state has some KiB; it is moved from phase to phase.
type Stream = Box<TlsStream<Gathering<TcpStream>>>;

/// The requests of one connection: each is given its [`Peer`] and counted while it runs.
#[derive(Clone)]
struct Requests {
    routes: TowerToHyperService<Router>,
    peer: Peer,
    running: TaskTracker,
    last_end: watch::Sender<Instant>,
}

impl Requests {
    fn new(routes: Router, peer: Peer) -> Self {
        let running = TaskTracker::new();
        running.close();
        let last_end = watch::Sender::new(Instant::now());
        Self { routes: TowerToHyperService::new(routes), peer, running, last_end }
    }

    /// Returns once no request runs.
    async fn ended(&self) {
        self.running.wait().await;
    }

    /// Returns when nothing has been asked for a while: what the connection's buffers still hold of the last request is
    /// to go (promise 2), and with the connection it does.
    async fn idle(&self) {
        loop {
            self.ended().await;
            let ended = *self.last_end.borrow();
            sleep_until(ended + limits::IDLE_HTTP2_TIME).await;
            if self.running.is_empty() && *self.last_end.borrow() == ended {
                return;
            }
        }
    }

    /// Returns when no request runs, everything has been read, and the client does not say goodbye.
    async fn over(&self) {
        loop {
            self.ended().await;
            sleep(limits::LAST_ANSWERS).await;
            if self.running.is_empty() && self.peer.unsent.is_nothing() {
                return;
            }
        }
    }
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let running = self.running.token();
        let mut request = request.map(|body| Body::new(Metered::new(body, self.peer.source.clone())));
        request.extensions_mut().insert(self.peer.clone());
        let answer = self.routes.call(request);
        let last_end = self.last_end.clone();
        Box::pin(async move {
            let answer = answer.await;
            last_end.send_replace(Instant::now());
            drop(running);
            answer
        })
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
            Wiped::new(task).await;
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
