//! A client of the gateway's API, as any other program would be one. It trusts the demo authority and nothing else.

use std::{io, path::Path, sync::Arc, time::Duration};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use serde_json::Value;
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
};

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

    /// Files a report, given as the exact bytes to send.
    pub fn file_report(&self, report: &[u8], idempotency_key: Option<&str>) -> Result<Answer, ClientError> {
        let mut request =
            self.agent.post(format!("{}/api/v1/reports", self.base)).header("content-type", "application/json");
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.read(request.send(report))
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

/// The gateway answers in well under a second.
const PATIENCE: Duration = Duration::from_secs(30);
