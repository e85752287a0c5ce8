//! The same answers over HTTP/2, several on one connection.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use crate::client::tls_config;
use crate::site::{Site, sample};

#[test]
fn reports_and_pages_come_over_one_connection() {
    let site = Site::new();
    let serving = site.serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tcp = TcpStream::connect(serving.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(tls_config(site.certificate(), b"h2")));
        let tls = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let group = tls.get_ref().1.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, rustls::NamedGroup::X25519MLKEM768, "the key exchange resists quantum computers");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls)).await.unwrap();
        let running = tokio::spawn(connection);

        let report = sample("09_sector_minimal_elderly.json").to_string();
        let posted = Request::post("https://localhost/api/v1/reports")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(report)))
            .unwrap();
        let answer = sender.send_request(posted).await.unwrap();
        assert_eq!(answer.status(), 201);
        let page = Request::get("https://localhost/").body(Full::default()).unwrap();
        let answer = sender.send_request(page).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());

        let mixed = Request::get("https://localhost/").header("host", "other").body(Full::default()).unwrap();
        assert_eq!(sender.send_request(mixed).await.unwrap().status(), 400);
        drop((sender, running));
    });
    // The runtime is kept, so the client's side stays open and silent: it must not hold the gateway up.
    assert_eq!(serving.stop(), Some(0));
    drop(runtime);
    assert_eq!(site.assert_outbox_is_whole(), 1);
}
