//! The boundary, as the content type of a request gives it.

use super::MultipartError;
use super::disposition::parameters;

/// What stands between parts: 1 to 70 characters that RFC 2046 section 5.1.1 allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

impl Boundary {
    /// From the value of the request's `Content-Type`.
    pub fn of(content_type: &str) -> Result<Self, MultipartError> {
        let (_, rest) = content_type.split_once(';').ok_or(MultipartError::Boundary)?;
        let found = parameters(rest.as_bytes()).map_err(|_| MultipartError::Boundary)?;
        let mut boundaries = found.into_iter().filter(|(name, _)| name == "boundary").map(|(_, value)| value);
        match (boundaries.next(), boundaries.next()) {
            (Some(boundary), None) => String::from_utf8(boundary).map_or(Err(MultipartError::Boundary), Self::parse),
            _ => Err(MultipartError::Boundary),
        }
    }

    fn parse(text: String) -> Result<Self, MultipartError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
        let good = (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with(' ');
        if good { Ok(Self(text)) } else { Err(MultipartError::Boundary) }
    }

    /// What ends a part's data: a line end, two dashes, the boundary.
    pub(super) fn delimiter(&self) -> Vec<u8> {
        format!("\r\n--{}", self.0).into_bytes()
    }
}

/// RFC 2046.
const LONGEST: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_may_stand_in_quotes_and_beside_other_parameters() {
        for text in [
            "multipart/form-data; boundary=abc",
            "multipart/form-data;boundary=\"abc\"",
            "Multipart/Form-Data; charset=utf-8; BOUNDARY=abc",
        ] {
            assert_eq!(Boundary::of(text), Ok(Boundary("abc".to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_boundary_is_refused() {
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for text in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=\"a ",
            "multipart/form-data; boundary=\"a \"",
            "multipart/form-data; boundary=a\tb",
            "multipart/form-data; boundary=经",
            &long,
        ] {
            assert_eq!(Boundary::of(text), Err(MultipartError::Boundary), "{text}");
        }
    }
}
