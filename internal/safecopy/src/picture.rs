//! Pictures: decoded to pixels, turned upright, made no larger than a screen needs, encoded anew.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::copy::CopyError;
use crate::limits;
use crate::sandbox::Confined;

/// Draws a picture anew: PNG where something may be seen through, else JPEG.
pub(crate) fn redraw(_: &Confined, original: &[u8]) -> Result<Vec<u8>, CopyError> {
    let mut reader = ImageReader::new(Cursor::new(original));
    reader.set_format(format_of(original).ok_or(CopyError::Undecodable)?);
    let mut bounds = Limits::default();
    bounds.max_image_width = Some(limits::LONGEST_SIDE);
    bounds.max_image_height = Some(limits::LONGEST_SIDE);
    bounds.max_alloc = Some(limits::PIXEL_BYTES);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    if decoder.total_bytes() > limits::PIXEL_BYTES {
        return Err(CopyError::TooManyPixels);
    }
    // The one thing of the metadata that says how to look at it; a broken one is upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    if pixels.width().max(pixels.height()) > limits::COPY_SIDE {
        pixels = pixels.thumbnail(limits::COPY_SIDE, limits::COPY_SIDE);
    }
    pixels.apply_orientation(orientation);
    encode(&pixels)
}

/// Only the two formats that the catalog takes in are decoded, whatever else the file claims to be.
fn format_of(original: &[u8]) -> Option<ImageFormat> {
    match original {
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(ImageFormat::Png),
        _ => None,
    }
}

fn encode(pixels: &DynamicImage) -> Result<Vec<u8>, CopyError> {
    let mut copy = Vec::new();
    let encoded = if pixels.color().has_alpha() {
        let encoder = PngEncoder::new_with_quality(&mut copy, CompressionType::Fast, FilterType::Adaptive);
        pixels.to_rgba8().write_with_encoder(encoder)
    } else {
        pixels.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut copy, QUALITY))
    };
    encoded.map_err(|_| CopyError::Unencodable)?;
    Ok(copy)
}

fn refusal(error: &ImageError) -> CopyError {
    match error {
        ImageError::Limits(_) => CopyError::TooManyPixels,
        _ => CopyError::Undecodable,
    }
}

/// No artefact is to be mistaken for a trace of the original.
const QUALITY: u8 = 90;
