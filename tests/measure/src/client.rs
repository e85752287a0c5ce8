//! An HTTP/2 client over TLS, as lean as it can be: the one who measures must not be what binds.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

/// Connects to servers that one authority vouches for.
#[derive(Clone)]
pub struct Connector(TlsConnector);

/// A connection. Clones share it.
#[derive(Clone)]
pub struct Connection {
    sender: http2::SendRequest<Full<Bytes>>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status and headers.
    pub head: http::response::Parts,
    /// The body.
    pub body: Bytes,
}

/// How a client of a site's servers is set up: it trusts the authority in this PEM file and no other.
pub fn client_config(authority: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Connector {
    /// A connector as [`client_config`] sets it up.
    pub fn new(authority: &Path) -> Result<Self> {
        let mut config = ClientConfig::clone(&*client_config(authority)?);
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Connects from an address of its own: a server that counts by address sees as many clients as there are.
    pub async fn connect(&self, server: SocketAddr, from: SocketAddr) -> Result<Connection> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(from)?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let stream = self.0.connect(ServerName::try_from("localhost")?, stream).await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        // It ends with the last sender; its errors are those of the requests.
        tokio::spawn(connection);
        Ok(Connection { sender })
    }
}

impl Connection {
    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await.context("the answer broke off")?.to_bytes();
        Ok(Answer { head, body })
    }
}

/// A loopback address for each client: 127.1.0.1, 127.1.0.2 and so on.
pub fn address_of(client: u16) -> SocketAddr {
    let [high, low] = client.to_be_bytes();
    SocketAddr::from(([127, 1, high, low.max(1)], 0))
}
