//! A client of the gateway's API, as any other program would be one. It trusts the demo authority and nothing else.

use std::{io, path::Path, sync::Arc, time::Duration};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use nightsafe_schema::digest::Digest;
use serde_json::Value;
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
};

use crate::{media::Upload, samples::Sample};

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The authority's certificate cannot be read.
    #[error("演示证书读不出来 the demo certificate cannot be read")]
    Certificate(#[source] io::Error),
    /// It is no certificate.
    #[error("演示证书不能用 the demo certificate cannot be used")]
    NotACertificate(#[source] ureq::Error),
    /// The request failed on the way.
    #[error("请求没有成功 the request to {address} failed")]
    Request {
        /// The address asked.
        address: String,
        /// What went wrong.
        #[source]
        source: Box<ureq::Error>,
    },
}

impl HasExitCode for ClientError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Unexpected
    }
}

impl Client {
    /// A client of `base` (such as `https://127.0.0.1:8443`) that trusts the certificate authority in `authority`.
    pub fn new(base: &str, authority: &Path) -> Result<Self, ClientError> {
        let pem = std::fs::read(authority).map_err(ClientError::Certificate)?;
        let certificate = Certificate::from_pem(&pem).map_err(ClientError::NotACertificate)?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[certificate]))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Ok(Self { agent, base: base.to_owned() })
    }

    /// Files a sample with its attachments, or as plain JSON if it has none.
    pub fn file(&self, sample: &Sample) -> Result<Answer, ClientError> {
        let report = sample.report.to_string();
        match sample.uploads.as_slice() {
            [] => self.file_report(report.as_bytes(), None),
            uploads => self.file_with_attachments(report.as_bytes(), uploads, None),
        }
    }

    /// Files a report without attachments, given as the exact bytes to send.
    pub fn file_report(&self, report: &[u8], idempotency_key: Option<&str>) -> Result<Answer, ClientError> {
        self.post_report("application/json", report, idempotency_key)
    }

    /// Files a report with its attachments.
    pub fn file_with_attachments(
        &self,
        report: &[u8],
        uploads: &[Upload],
        idempotency_key: Option<&str>,
    ) -> Result<Answer, ClientError> {
        let form = FormData::of(report, uploads);
        self.post_report(&form.content_type, &form.body, idempotency_key)
    }

    fn post_report(&self, content_type: &str, body: &[u8], key: Option<&str>) -> Result<Answer, ClientError> {
        let mut request = self.agent.post(format!("{}/api/v1/reports", self.base)).header("content-type", content_type);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.read(request.send(body))
    }

    /// Asks for a page or document.
    pub fn fetch(&self, path: &str) -> Result<(u16, String), ClientError> {
        let mut response = self.agent.get(format!("{}{path}", self.base)).call().map_err(|error| self.failed(error))?;
        let text = response.body_mut().read_to_string().map_err(|error| self.failed(error))?;
        Ok((response.status().as_u16(), text))
    }

    fn read(&self, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ClientError> {
        let mut response = response.map_err(|error| self.failed(error))?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(|error| self.failed(error))?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    fn failed(&self, error: ureq::Error) -> ClientError {
        ClientError::Request { address: self.base.clone(), source: Box::new(error) }
    }
}

/// A `multipart/form-data` body (RFC 7578): the part `report`, then a part `attachment` for each file.
struct FormData {
    content_type: String,
    body: Vec<u8>,
}

impl FormData {
    fn of(report: &[u8], uploads: &[Upload]) -> Self {
        // No file holds the digest of the report that goes with it.
        let boundary = Digest::of(report).to_string();
        let mut body = Vec::new();
        let mut part = |head: &str, bytes: &[u8]| {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        };
        part("name=\"report\"\r\nContent-Type: application/json", report);
        for upload in uploads {
            let name = upload.name.replace('"', "%22");
            let media_type = &upload.media_type;
            part(&format!("name=\"attachment\"; filename=\"{name}\"\r\nContent-Type: {media_type}"), &upload.bytes);
        }
        body.extend(format!("--{boundary}--\r\n").into_bytes());
        Self { content_type: format!("multipart/form-data; boundary={boundary}"), body }
    }
}

/// The gateway answers in well under a second.
const PATIENCE: Duration = Duration::from_secs(30);
