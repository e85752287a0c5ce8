//! Multipart bodies as clients write them, and as they do not.

use crate::client::{Answer, Client};

/// A multipart body under construction.
#[derive(Clone)]
pub(crate) struct Body(Vec<u8>);

/// What a multipart request says of its body.
pub(crate) const KIND: &str = "multipart/form-data; boundary=----nightsafe";

impl Body {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// A body that begins with this report.
    pub(crate) fn of(report: &serde_json::Value) -> Self {
        Self::new().part("name=\"report\"", Some("application/json"), report.to_string().as_bytes())
    }

    /// One part; `names` is what follows `form-data; `.
    pub(crate) fn part(mut self, names: &str, kind: Option<&str>, data: &[u8]) -> Self {
        self.0.extend_from_slice(b"------nightsafe\r\nContent-Disposition: form-data; ");
        self.0.extend_from_slice(names.as_bytes());
        if let Some(kind) = kind {
            self.0.extend_from_slice(format!("\r\nContent-Type: {kind}").as_bytes());
        }
        self.0.extend_from_slice(b"\r\n\r\n");
        self.0.extend_from_slice(data);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn attachment(self, name: &str, kind: &str, data: &[u8]) -> Self {
        self.part(&format!("name=\"attachment\"; filename=\"{name}\""), Some(kind), data)
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"------nightsafe--\r\n");
        self.0
    }

    /// Without its last boundary.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.0
    }
}

impl Client {
    pub(crate) fn post_parts(&self, key: Option<&str>, body: &[u8]) -> Answer {
        let mut fields = vec![("Content-Type", KIND)];
        fields.extend(key.map(|key| ("Idempotency-Key", key)));
        self.request("POST", "/api/v1/reports", &fields, body)
    }
}

/// Bytes that begin like a JPEG; no two lengths are alike.
pub(crate) fn jpeg(length: usize) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0".to_vec();
    let mut state = length as u64;
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(length);
    bytes
}
