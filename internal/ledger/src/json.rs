//! What a sealed part says: JSON text, as it was written and as it was opened. The ledger does not read it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// One JSON text in memory; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Zeroizing<Vec<u8>>);

impl Json {
    /// The text of a value.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|text| Self(Zeroizing::new(text)))
    }

    /// Reads it as what it should be.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The plaintext of a sealed part.
    pub(crate) const fn opened(text: Zeroizing<Vec<u8>>) -> Self {
        Self(text)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(Zeroizing::new(value.to_string().into_bytes()))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.0.len())
    }
}
