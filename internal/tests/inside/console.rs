//! The console's door: TLS, bounded, and nothing without a login.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use crate::{daemon::Daemon, site::Site};

/// Sends raw bytes over TLS and reads what comes back until the other side closes.
pub(crate) fn converse(site: &Site, address: &str, request: &[u8]) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(site.path("console.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address.strip_prefix("https://").unwrap()).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let session = ClientConnection::new(Arc::new(config), ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    let mut stream = StreamOwned::new(session, tcp);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A peer that closes without TLS's goodbye is reported as an error after its bytes.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn pages_come_over_tls_and_nothing_is_shown_without_a_login() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        converse(&site, &daemon.address, request.as_bytes())
    };
    assert!(get("/login").starts_with("HTTP/1.1 200"));
    for path in ["/q", "/search?text=x", "/c/0000-0000-0000", "/audit", "/accounts"] {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 303"), "{path}: {answer}");
        assert!(answer.to_lowercase().contains("location: /login"), "{path}: {answer}");
    }
}

/// The refusal comes while much of the request is still on its way: the peer must be able to read it all the same.
#[test]
fn an_endless_head_is_refused_and_the_refusal_arrives() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    for _ in 0..50 {
        let answer = converse(&site, &daemon.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[test]
fn an_endless_body_is_refused_and_the_refusal_arrives() {
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let body = "x".repeat(512 * 1024);
    let length = body.len();
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    for _ in 0..20 {
        let answer = converse(&site, &daemon.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}
