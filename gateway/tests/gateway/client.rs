//! A small HTTP/1.1 client over TLS that sends exactly what it is told to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;

pub(crate) struct Client {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, certificate: &str) -> Self {
        Self { address, tls: Arc::new(tls_config(certificate, b"http/1.1")) }
    }

    /// Sends these bytes and reads the answer to its end; `None` if there was none.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // A gateway that has refused already may close while the rest is still being sent.
        let _ = stream.write_all(bytes);
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        Answer::parse(&text)
    }

    /// A connection that nothing has been sent on.
    pub(crate) fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        self.greet(TcpStream::connect(self.address).unwrap())
    }

    /// The same over a connection that is there already.
    pub(crate) fn greet(&self, tcp: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
        tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(&self.tls), name).unwrap(), tcp)
    }

    pub(crate) fn request(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in fields {
            text.extend([name, ": ", value, "\r\n"]);
        }
        if method == "POST" {
            text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        self.raw(&bytes).expect("an answer")
    }

    /// The body of a page to the byte, and how it is encoded.
    pub(crate) fn raw_body(&self, path: &str, fields: &[(&str, &str)]) -> (Vec<u8>, Option<String>) {
        let mut text = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in fields {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let answer = Answer::parse(&bytes).unwrap();
        let length: usize = answer.field("content-length").expect("a stated length").parse().unwrap();
        (bytes[end..end + length].to_vec(), answer.field("content-encoding").map(str::to_owned))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[("Accept", "text/html")], b"")
    }

    pub(crate) fn post_report(&self, key: Option<&str>, report: &str) -> Answer {
        let mut fields = vec![("Content-Type", "application/json"), ("User-Agent", "canary-agent")];
        fields.extend(key.map(|key| ("Idempotency-Key", key)));
        self.request("POST", "/api/v1/reports", &fields, report.as_bytes())
    }

    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "text/html"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.request("POST", path, &head, body.as_bytes())
    }
}

pub(crate) fn tls_config(certificate: &str, protocol: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { join_chunks(body) } else { body.to_owned() };
        Some(Self { status, head: head.to_owned(), body })
    }

    /// The value of a header field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The clue number of a 201.
    pub(crate) fn number(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.body);
        self.json()["clue_number"].as_str().unwrap().to_owned()
    }

    /// The codes of a 422, with their paths.
    pub(crate) fn codes(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let document = self.json();
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["path"]), text(&error["code"]))).collect()
    }
}

fn join_chunks(mut text: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
    whole
}
