//! Where random bytes come from: the operating system in a program, a seed in a test.

/// A source of bytes that nobody can foretell.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` whole.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The source gave nothing; whatever needed it must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoRandomness;

/// `N` fresh bytes.
pub fn random_bytes<const N: usize>(source: &dyn Randomness) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
