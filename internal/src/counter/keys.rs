//! The counter's keys: they follow from the store key and lie in no file of their own.
//!
//! One signs the journal of one stream and no other, one makes clue numbers, one makes submission ids that nobody outside
//! can make: a report sent to a gateway under the id of a registered one would otherwise count as a supplement to it.

use ed25519_dalek::{Signer as _, SigningKey};
use nightsafe_casework::account::AccountName;
use nightsafe_schema::{
    digest::Digest,
    journal::{EntryFields, JournalKey, StreamId},
    signed::{SignedLine, SignedLineError, signing_bytes},
    submission::{SiteSecret, SubmissionId},
};

use crate::credentials::{Key, derived};

/// The counter's keys.
pub(super) struct CounterKeys {
    root: Key,
    number_secret: SiteSecret,
}

/// Signs the entries of one stream.
pub(super) struct StreamSigner(SigningKey);

impl CounterKeys {
    /// The keys of the site with this store key.
    pub(super) fn of(store_key: &Key) -> Self {
        let root = derived(store_key, "nightsafe/counter/1");
        let number_secret = SiteSecret::from_bytes(*derived(&root, "number"));
        Self { root, number_secret }
    }

    /// What clue numbers are made with; the gateways have another.
    pub(super) fn number_secret(&self) -> &SiteSecret {
        &self.number_secret
    }

    /// The signer of this stream.
    pub(super) fn signer(&self, stream: StreamId) -> StreamSigner {
        StreamSigner(SigningKey::from_bytes(&derived(&self.root, &format!("journal/{stream}"))))
    }

    /// The id of what this clerk sent with this token.
    pub(super) fn submission_of_form(&self, clerk: &AccountName, token: &SubmissionId) -> SubmissionId {
        self.submission(&format!("form/{clerk}/{token}"))
    }

    /// The id of this mail, whoever imports it.
    pub(super) fn submission_of_mail(&self, message_id: &str, sha256: &Digest) -> SubmissionId {
        self.submission(&format!("mail/{}/{sha256}", Digest::of(message_id.as_bytes())))
    }

    fn submission(&self, purpose: &str) -> SubmissionId {
        let [id, _rest] = halves(&derived(&self.root, &format!("submission/{purpose}")));
        SubmissionId::from_bytes(id)
    }
}

impl StreamSigner {
    /// The one key that is believed about the stream.
    pub(super) fn public(&self) -> Result<JournalKey, nightsafe_schema::journal::JournalKeyError> {
        JournalKey::from_bytes(self.0.verifying_key().as_bytes())
    }

    /// The signed entry.
    pub(super) fn sign(&self, fields: EntryFields) -> Result<SignedLine<EntryFields>, SignedLineError> {
        let signature = self.0.sign(&signing_bytes(&fields)?).to_bytes();
        SignedLine::new(fields, signature)
    }
}

fn halves(key: &Key) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, bytes) in halves.iter_mut().zip(key.chunks_exact(16)) {
        half.copy_from_slice(bytes);
    }
    halves
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn keys(byte: u8) -> CounterKeys {
        CounterKeys::of(&Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_form_has_one_id_for_one_clerk_of_one_site() {
        let [token, other]: [SubmissionId; 2] = [[1; 16], [2; 16]].map(SubmissionId::from_bytes);
        let [li, wang]: [AccountName; 2] = ["li.wei", "wang.min"].map(|name| name.parse().unwrap());
        let id = keys(1).submission_of_form(&li, &token);
        assert_eq!(id, keys(1).submission_of_form(&li, &token));
        assert_ne!(id, token, "whoever chooses the token does not choose the id");
        for different in [
            keys(1).submission_of_form(&wang, &token),
            keys(1).submission_of_form(&li, &other),
            keys(2).submission_of_form(&li, &token),
        ] {
            assert_ne!(id, different);
        }
    }

    #[test]
    fn a_mail_has_one_id_whoever_imports_it_and_no_form_has_it() {
        let id = keys(1).submission_of_mail("1@example.test", &Digest::of(b"mail"));
        assert_eq!(id, keys(1).submission_of_mail("1@example.test", &Digest::of(b"mail")));
        assert_ne!(id, keys(1).submission_of_mail("2@example.test", &Digest::of(b"mail")));
        assert_ne!(id, keys(1).submission_of_mail("1@example.test", &Digest::of(b"mail!")));
        assert_ne!(id, keys(2).submission_of_mail("1@example.test", &Digest::of(b"mail")));
    }

    #[test]
    fn each_stream_has_a_key_of_its_own() {
        let [first, second] = [[1; 16], [2; 16]].map(StreamId::from_bytes);
        assert_eq!(keys(1).signer(first).public().unwrap(), keys(1).signer(first).public().unwrap());
        assert_ne!(keys(1).signer(first).public().unwrap(), keys(1).signer(second).public().unwrap());
        assert_ne!(keys(1).signer(first).public().unwrap(), keys(2).signer(first).public().unwrap());
    }
}
