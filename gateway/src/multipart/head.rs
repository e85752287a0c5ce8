//! The head of one part: its name, and what the client says of the file in it.

use super::MultipartError;
use super::disposition::parameters;

/// What stands before a part's data. The file name and the type are claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHead {
    /// The field's name.
    pub name: String,
    /// The file name, to the character; what is not UTF-8 in it is replaced by U+FFFD.
    pub file_name: Option<String>,
    /// The declared type, as sent.
    pub content_type: Option<String>,
}

impl PartHead {
    /// Reads the lines between a boundary's line end and the empty line, both left out.
    pub(super) fn parse(lines: &[u8]) -> Result<Self, MultipartError> {
        let mut disposition = None;
        let mut content_type = None;
        for (count, line) in lines.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (name, value) = field(line).filter(|_| count < MOST_FIELDS).ok_or(MultipartError::Head)?;
            let place = match name.to_ascii_lowercase().as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut content_type,
                // RFC 7578 section 4.7: nobody may encode the data, and nobody does; it would be sealed encoded.
                "content-transfer-encoding" if !is_plain(value) => return Err(MultipartError::Head),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(MultipartError::Head);
            }
        }
        let (name, file_name) = names(disposition.ok_or(MultipartError::Head)?)?;
        let content_type = content_type.map(|value| String::from_utf8_lossy(value).into_owned());
        Ok(Self { name, file_name, content_type })
    }
}

fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = str::from_utf8(name).ok()?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // A line end within a line, or a folded one, would be read differently elsewhere.
    let value = value.get(1..)?.trim_ascii();
    (is_name && !value.contains(&b'\r')).then_some((name, value))
}

fn names(disposition: &[u8]) -> Result<(String, Option<String>), MultipartError> {
    let semicolon = disposition.iter().position(|byte| *byte == b';').ok_or(MultipartError::Head)?;
    let (kind, rest) = disposition.split_at_checked(semicolon).ok_or(MultipartError::Head)?;
    if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
        return Err(MultipartError::Head);
    }
    let (mut name, mut file_name) = (None, None);
    for (parameter, value) in parameters(rest.get(1..).unwrap_or_default()).map_err(|_| MultipartError::Head)? {
        match parameter.as_str() {
            "name" => name = Some(String::from_utf8(value).map_err(|_| MultipartError::Head)?),
            "filename" => file_name = Some(String::from_utf8_lossy(&value).into_owned()),
            // `filename*` has no place in a form (RFC 7578 section 4.2).
            _ => {}
        }
    }
    Ok((name.ok_or(MultipartError::Head)?, file_name))
}

fn is_plain(encoding: &[u8]) -> bool {
    ["binary", "8bit", "7bit"].iter().any(|plain| encoding.eq_ignore_ascii_case(plain.as_bytes()))
}

/// More than any program writes.
const MOST_FIELDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<PartHead, MultipartError> {
        PartHead::parse(text.as_bytes())
    }

    #[test]
    fn names_and_type_are_read_in_any_order_and_case() {
        let part = head("content-type: image/jpeg\r\nContent-Length: 5\r\nCONTENT-DISPOSITION: form-data; filename=\"经.jpg\"; name=\"attachment\"").unwrap();
        assert_eq!(part.name, "attachment");
        assert_eq!(part.file_name.as_deref(), Some("经.jpg"));
        assert_eq!(part.content_type.as_deref(), Some("image/jpeg"));
        let plain = head("Content-Disposition: form-data; name=report").unwrap();
        assert_eq!((plain.file_name, plain.content_type), (None, None));
    }

    #[test]
    fn hostile_file_names_stay_what_they_are() {
        for name in ["../../etc/passwd", "a\0b", "\u{202E}gpj.exe", "C:\\x.jpg", "", "é\u{301}👩‍👩‍👧.jpg"]
        {
            let part = head(&format!("Content-Disposition: form-data; name=\"a\"; filename=\"{name}\"")).unwrap();
            assert_eq!(part.file_name.as_deref(), Some(name));
        }
        let latin = b"Content-Disposition: form-data; name=a; filename=\"\xE9.jpg\"";
        assert_eq!(PartHead::parse(latin).unwrap().file_name.as_deref(), Some("\u{FFFD}.jpg"));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let good = "Content-Disposition: form-data; name=\"a\"";
        assert!(head(good).is_ok());
        let many = format!("{good}{}", "\r\nX: y".repeat(MOST_FIELDS));
        for text in [
            "",
            "X: y",
            "Content-Disposition: attachment; name=\"a\"",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; filename=\"a\"",
            "Content-Disposition : form-data; name=\"a\"",
            &format!("{good}\r\n{good}"),
            &format!("{good};\r\n filename=\"x\""),
            &format!("{good}\rX: y"),
            &format!("{good}\r\nContent-Transfer-Encoding: base64"),
            &many,
        ] {
            assert_eq!(head(text).err(), Some(MultipartError::Head), "{text}");
        }
    }
}
