//! The two cookies: the session and, before it, the login form's nonce.
//!
//! Both are `__Host-`: sent over TLS only, to this host only, for every path; no script reads them, no other site's page
//! sends them along.

use http::{HeaderMap, HeaderValue, header};

use crate::desk::SessionToken;

/// A cookie of this console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Holds a session.
    Session,
    /// Ties a login form to the browser that it was shown to.
    Entrance,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-nightsafe",
            Self::Entrance => "__Host-nightsafe-entrance",
        }
    }

    /// The secret that a request carries under this name. Of several, none: somebody else has set one.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<SessionToken> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value);
        let value = values.next()?;
        if values.next().is_some() { None } else { SessionToken::from_cookie_value(value) }
    }

    /// The header that sets it, for as long as the browser runs; how long a session lasts, the desk decides.
    pub(crate) fn set(self, token: &SessionToken) -> Option<HeaderValue> {
        let line = format!("{}={}; {ATTRIBUTES}", self.name(), token.cookie_value());
        let mut value = HeaderValue::try_from(line).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The header that removes it.
    pub(crate) fn remove(self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{}=; Max-Age=0; {ATTRIBUTES}", self.name())).ok()
    }
}

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl nightsafe_schema::randomness::Randomness for Sevens {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), nightsafe_schema::randomness::NoRandomness> {
            bytes.fill(7);
            Ok(())
        }
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_as_it_was_set() {
        let token = SessionToken::random(&Sevens).unwrap();
        let set = Cookie::Session.set(&token).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{set}");
        let pair = set.split(';').next().unwrap();
        assert_eq!(Cookie::Session.read(&headers(&["a=b", pair])), Some(token));
        assert_eq!(Cookie::Entrance.read(&headers(&[pair])), None);
    }

    #[test]
    fn two_sessions_are_none_and_a_bent_one_is_none() {
        let token = SessionToken::random(&Sevens).unwrap().cookie_value();
        let pair = format!("__Host-nightsafe={token}");
        assert_eq!(Cookie::Session.read(&headers(&[&pair, &pair])), None);
        assert_eq!(Cookie::Session.read(&headers(&[&format!("{pair}; {pair}")])), None);
        for bent in ["__Host-nightsafe=", "__Host-nightsafe=AAAA", "__Host-nightsafe", &format!("{pair}A")] {
            assert_eq!(Cookie::Session.read(&headers(&[bent])), None, "{bent}");
        }
    }
}
