//! One-time codes (RFC 6238, SHA-1, six digits, thirty seconds): what an authenticator app shows.
//!
//! A code is taken once: of a step that was used, and of every step before it, none is taken again, across restarts too,
//! because the step stands in the ledger's record of the login. The step before and the step after count as well; clocks
//! differ. A secret is shown when it is made and never again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use nightsafe_casework::{
    account::AccountName,
    event::{TotpEnrolled, TotpSecret},
};
use nightsafe_schema::randomness::{NoRandomness, Randomness, random_bytes};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::limits;

/// What is remembered between two requests: secrets whose owner has not proven them, and steps taken a moment ago.
#[derive(Default)]
pub(crate) struct Codes {
    begun: Mutex<HashMap<AccountName, Begun>>,
    taken: Mutex<HashMap<AccountName, u64>>,
}

struct Begun {
    secret: TotpSecret,
    /// Monotonic time at which it is forgotten.
    ends: Duration,
}

impl Codes {
    /// A new secret for an account, to be proven by a code within some minutes.
    pub(crate) fn begin(
        &self,
        account: &AccountName,
        now: Duration,
        randomness: &dyn Randomness,
    ) -> Result<TotpSecret, NoRandomness> {
        let bytes = Zeroizing::new(random_bytes::<SECRET_BYTES>(randomness)?);
        let secret = TotpSecret(BASE32_NOPAD.encode(&*bytes));
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_account, one| now < one.ends);
        let ends = now.saturating_add(limits::TOTP_BEGUN_FOR);
        begun.insert(account.clone(), Begun { secret: secret.clone(), ends });
        Ok(secret)
    }

    /// The secret that was begun, if this code proves that its owner holds it.
    pub(crate) fn confirm(
        &self,
        account: &AccountName,
        code: &str,
        now: Duration,
        at: Timestamp,
    ) -> Option<TotpEnrolled> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = begun.get(account).filter(|one| now < one.ends).map(|one| one.secret.clone())?;
        let step = step_of(&secret, code, at)?;
        begun.remove(account);
        Some(TotpEnrolled { secret, step })
    }

    /// Whether an account has begun.
    pub(crate) fn has_begun(&self, account: &AccountName, now: Duration) -> bool {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.get(account).is_some_and(|one| now < one.ends)
    }

    /// Takes a code; its step, unless the code is wrong or one as late was taken before.
    pub(crate) fn take(&self, account: &AccountName, totp: &TotpEnrolled, code: &str, at: Timestamp) -> Option<u64> {
        let step = step_of(&totp.secret, code, at)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // What the ledger has not heard of yet counts: two logins at once are two.
        let last = taken.get(account).copied().unwrap_or_default().max(totp.step);
        if step <= last {
            return None;
        }
        taken.insert(account.clone(), step);
        Some(step)
    }
}

/// `otpauth://totp/…`: what an app reads.
pub(crate) fn uri(site: &str, account: &AccountName, secret: &TotpSecret) -> String {
    format!("otpauth://totp/Nightsafe%20{site}:{account}?secret={}&issuer=Nightsafe%20{site}", secret.0)
}

/// The step of which this is the code.
fn step_of(secret: &TotpSecret, code: &str, at: Timestamp) -> Option<u64> {
    let digits: String = code.chars().filter(|character| !character.is_whitespace()).take(CODE_DIGITS + 1).collect();
    if digits.len() != CODE_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    codes(secret)?.check(&digits, u64::try_from(at.as_second()).ok()?)
}

fn codes(secret: &TotpSecret) -> Option<Totp> {
    let bytes = Zeroizing::new(BASE32_NOPAD.decode(secret.0.as_bytes()).ok()?);
    Builder::new().with_secret(Secret::from(bytes.as_slice())).build().ok()
}

/// As RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const CODE_DIGITS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the vectors in RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret(BASE32_NOPAD.encode(b"12345678901234567890"))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (second, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(step_of(&secret(), code, at(second)), Some(u64::try_from(second).unwrap() / 30), "{second}");
            let (front, back) = code.split_at(3);
            assert!(step_of(&secret(), &format!(" {front} {back} "), at(second)).is_some());
            assert_eq!(step_of(&secret(), code, at(second + 90)), None);
        }
        for bent in ["", "28708", "2870821", "２８７０８２", "28708a", "-28708"] {
            assert_eq!(step_of(&secret(), bent, at(59)), None, "{bent}");
        }
    }

    #[test]
    fn a_code_works_once_and_none_before_it_works_any_more() {
        let codes = Codes::default();
        let name: AccountName = "wei".parse().unwrap();
        let enrolled = TotpEnrolled { secret: secret(), step: 0 };
        assert_eq!(codes.take(&name, &enrolled, "287082", at(59)), Some(1));
        assert_eq!(codes.take(&name, &enrolled, "287082", at(59)), None);
        // Another daemon knows it from the ledger.
        let recorded = TotpEnrolled { step: 1, ..enrolled.clone() };
        assert_eq!(Codes::default().take(&name, &recorded, "287082", at(59)), None);
        assert_eq!(Codes::default().take(&name, &enrolled, "287082", at(59)), Some(1));
    }

    #[test]
    fn a_secret_that_nobody_proves_is_forgotten() {
        let codes = Codes::default();
        let name: AccountName = "wei".parse().unwrap();
        codes.begin(&name, Duration::ZERO, &nightsafe_runtime::SystemRandomness).unwrap();
        assert!(codes.has_begun(&name, Duration::ZERO));
        assert!(!codes.has_begun(&name, limits::TOTP_BEGUN_FOR));
        assert_eq!(codes.confirm(&name, "000000", limits::TOTP_BEGUN_FOR, at(0)), None);
    }
}
