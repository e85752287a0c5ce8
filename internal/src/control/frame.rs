//! Frames of the control socket: four bytes of length, big-endian, then that many bytes of JSON.
//!
//! The length is checked before anything is read for it; a frame that is longer than its bound is refused unread.

use std::io::{Read, Write};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Reads one frame of at most `most` bytes.
pub(crate) fn read<T: DeserializeOwned>(from: &mut impl Read, most: u32) -> Result<T, FrameError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(FrameError::Read)?;
    let mut bytes = vec![0; bounded(length, most)?];
    from.read_exact(&mut bytes).map_err(FrameError::Read)?;
    serde_json::from_slice(&bytes).map_err(FrameError::Json)
}

/// Writes one frame of at most `most` bytes.
pub(crate) fn write<T: Serialize>(to: &mut impl Write, value: &T, most: u32) -> Result<(), FrameError> {
    to.write_all(&encode(value, most)?).and_then(|()| to.flush()).map_err(FrameError::Write)
}

/// [`read`] on tokio.
pub(crate) async fn receive<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    most: u32,
) -> Result<T, FrameError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await.map_err(FrameError::Read)?;
    let mut bytes = vec![0; bounded(length, most)?];
    from.read_exact(&mut bytes).await.map_err(FrameError::Read)?;
    serde_json::from_slice(&bytes).map_err(FrameError::Json)
}

fn bounded(length: [u8; 4], most: u32) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(length);
    if length > most {
        return Err(FrameError::TooLong { length, most });
    }
    usize::try_from(length).map_err(|_narrow| FrameError::TooLong { length, most })
}

fn encode<T: Serialize>(value: &T, most: u32) -> Result<Vec<u8>, FrameError> {
    let json = serde_json::to_vec(value).map_err(FrameError::Json)?;
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    if length > most {
        return Err(FrameError::TooLong { length, most });
    }
    let mut frame = Vec::with_capacity(json.len() + 4);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&json);
    Ok(frame)
}

/// What can go wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other side wants to send more than is allowed.
    #[error("一帧 {length} 字节，最多 {most} (a frame of {length} bytes, {most} at most)")]
    TooLong {
        /// Announced length.
        length: u32,
        /// The bound.
        most: u32,
    },
    /// Not the JSON that was expected.
    #[error("帧的内容无法理解 (the frame's content is not understood)")]
    Json(#[source] serde_json::Error),
    /// The connection broke while reading.
    #[error("读取连接失败 (reading the connection failed)")]
    Read(#[source] std::io::Error),
    /// The connection broke while writing.
    #[error("写入连接失败 (writing the connection failed)")]
    Write(#[source] std::io::Error),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_went() {
        let mut wire = Vec::new();
        write(&mut wire, &json!({"verb": "search", "text": "杏花村"}), 1024).unwrap();
        let back: Value = read(&mut wire.as_slice(), 1024).unwrap();
        assert_eq!(back["text"], "杏花村");
    }

    #[test]
    fn a_long_frame_is_refused_on_both_sides_before_it_is_read() {
        assert!(matches!(write(&mut Vec::new(), &"x".repeat(100), 64), Err(FrameError::TooLong { .. })));
        let announced = [0xff, 0xff, 0xff, 0xff];
        assert!(matches!(read::<Value>(&mut announced.as_slice(), 64), Err(FrameError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = read::<Value>(&mut bytes.as_slice(), 128);
        }
    }
}
