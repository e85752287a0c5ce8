//! One page of a PDF, drawn to pixels. Scripts, links, forms and embedded files are no drawing and stay behind.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::copy::CopyError;
use crate::limits;
use crate::sandbox::Confined;

/// Draws page `number`, from 1.
pub(crate) fn draw(_: &Confined, original: Vec<u8>, number: u32) -> Result<Vec<u8>, CopyError> {
    let pdf = Pdf::new(original).map_err(|_| CopyError::Undecodable)?;
    let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok()).ok_or(CopyError::NoSuchPage)?;
    let page = pdf.pages().get(place).filter(|_| number <= limits::PAGES);
    let page = page.ok_or(if pdf.pages().is_empty() { CopyError::Undecodable } else { CopyError::NoSuchPage })?;
    let (width, height) = page.render_dimensions();
    // A page a thousand times as long as it is wide would be a line: it is drawn to fit all the same.
    let scale = limits::PAGE_SIDE / width.max(height);
    if !(scale.is_finite() && scale > 0.0) {
        return Err(CopyError::Undecodable);
    }
    let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let settings = InterpreterSettings::default();
    let pixels = render(page, &RenderCache::new(), &settings, &RenderSettings::default(), &size);
    let mut copy = Vec::new();
    PngEncoder::new_with_quality(&mut copy, CompressionType::Fast, FilterType::Adaptive)
        .write_image(
            pixels.data_as_u8_slice(),
            u32::from(pixels.width()),
            u32::from(pixels.height()),
            ExtendedColorType::Rgba8,
        )
        .map_err(|_| CopyError::Unencodable)?;
    Ok(copy)
}
