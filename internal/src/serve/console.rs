//! The console's listener: TLS, then HTTP/2 or HTTP/1.1, every connection bounded in number, in time and in what it may
//! send before it says what it wants. What is served is the console's router; nothing here knows a page.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use nightsafe_runtime::{ExitCode, Shutdown, StartError};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{lingering::Lingering, listening};
use crate::limits;

/// The bound listener.
#[derive(Debug)]
pub(crate) struct ConsoleListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl ConsoleListener {
    /// Serves on a socket that is bound already; to be called in the runtime.
    pub(crate) fn on(socket: std::net::TcpListener) -> Result<Self, StartError> {
        let failed = |error| StartError::new(ExitCode::Unexpected, error);
        let listener = TcpListener::from_std(socket).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens, the port the system chose included.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until asked to stop; connections that are open then finish their request.
    pub(crate) async fn serve(self, tls: Arc<ServerConfig>, router: Router, shutdown: Shutdown) {
        let acceptor = TlsAcceptor::from(tls);
        let converse = |stream| converse(stream, acceptor.clone(), router.clone(), shutdown.clone());
        listening::serve("console connection", &self.listener, limits::CONSOLE_CONNECTIONS, &shutdown, converse).await;
    }
}

async fn converse(stream: TcpStream, acceptor: TlsAcceptor, router: Router, shutdown: Shutdown) {
    // A page is written whole; waiting to fill packets would cost every answer a delayed acknowledgement, 40 ms.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE_DEADLINE, acceptor.accept(stream)).await else { return };
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_DEADLINE)
        .max_buf_size(limits::HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::HEAD_DEADLINE)
        .max_concurrent_streams(limits::CONSOLE_STREAMS)
        .max_header_list_size(limits::HTTP2_HEAD_BYTES);
    let connection = server.serve_connection(TokioIo::new(Lingering::new(stream)), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let soft = shutdown.soft();
    let lived = tokio::time::sleep(limits::CONNECTION_LIFE);
    let ended = tokio::select! {
        // A peer that breaks off is no event of ours.
        _result = connection.as_mut() => true,
        () = soft.cancelled() => false,
        () = lived => false,
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(limits::SHUTDOWN_GRACE / 2, connection).await;
    }
}
