//! The register as bytes: what a start reads in place of the whole ledger.
//!
//! Numbers are big-endian, lists begin with their length. Whatever is not exactly that is no register, and the ledger is
//! replayed. The bytes are sealed by the ledger that keeps them.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use nightsafe_casework::{
    case::Columns,
    event::{AccountAdded, TotpEnrolled},
    safe_copy::CopyKind,
};
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, submission::SubmissionId};
use serde::{Deserialize, Serialize};

use super::{Item, Owner, Promise, Register, Submitted, series::tie};
use crate::accounts::{Accounts, Held, Standing};

/// An account as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptAccount {
    added: AccountAdded,
    at: Timestamp,
    closed: bool,
    totp: Option<TotpEnrolled>,
    /// Written only where it is so: older ones are read on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_shortcuts: bool,
    /// Written only where somebody chose some.
    #[serde(default, skip_serializing_if = "is_default")]
    columns: Columns,
}

impl Register {
    /// All of it.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let accounts: Vec<_> = self.accounts.all().map(KeptAccount::of).collect();
        let mut out = Out(FORMAT.to_vec());
        out.block(&serde_json::to_vec(&accounts)?);
        out.list(&self.items, |out, (item, state)| {
            out.put(&item.to_bytes());
            out.item(*state);
        });
        out.list(&self.submissions, |out, (submission, contents)| {
            out.put(submission.as_bytes());
            out.list(contents, |out, submitted| {
                out.put(submitted.content.as_bytes());
                out.put(&submitted.case.to_bytes());
            });
        });
        out.list(&self.promised, |out, (item, promise)| {
            out.put(&item.to_bytes());
            out.put(&promise.case.to_bytes());
            out.put(promise.sha256.as_bytes());
            out.put(&[promise.copy.map_or(0, byte_of)]);
        });
        out.list(&self.numbers, |out, (lookup, case)| {
            out.put(lookup.as_bytes());
            out.put(&case.to_bytes());
        });
        out.list(&self.underived, |out, (seq, case)| {
            out.number(*seq);
            out.put(&case.to_bytes());
        });
        out.list(&self.cases.opened, |out, (case, seq)| {
            out.put(&case.to_bytes());
            out.number(*seq);
        });
        out.list(&self.cases.later, |out, (case, seqs)| {
            out.put(&case.to_bytes());
            out.list(seqs, |out, seq| out.number(*seq));
        });
        out.block(&serde_json::to_vec(&self.work)?);
        for edges in [&self.series.edges, &self.series.merged] {
            out.list(edges, |out, (case, others)| {
                out.put(&case.to_bytes());
                out.list(others, |out, other| out.put(&other.to_bytes()));
            });
        }
        out.list(&self.media.wanted, |out, (seq, (item, kind))| {
            out.number(*seq);
            out.put(&item.to_bytes());
            out.put(&[byte_of(*kind)]);
        });
        out.block(&serde_json::to_vec(&self.media.few)?);
        Ok(out.0)
    }

    /// Reads [`Self::to_bytes`] back; `None` if that is not what it is.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = In(bytes.strip_prefix(FORMAT)?);
        let accounts: Vec<KeptAccount> = serde_json::from_slice(from.block()?).ok()?;
        let mut register = Self { accounts: accounts_of(accounts), ..Self::default() };
        for _ in 0..from.number()? {
            let item = ItemId::from_bytes(from.take()?);
            register.items.insert(item, from.item()?);
        }
        for _ in 0..from.number()? {
            let submission: SubmissionId = HEXLOWER.encode(&from.take::<16>()?).parse().ok()?;
            let mut contents = Vec::new();
            for _ in 0..from.number()? {
                let content = Digest::from_bytes(from.take()?);
                contents.push(Submitted { content, case: from.case()? });
            }
            register.submissions.insert(submission, contents);
        }
        for _ in 0..from.number()? {
            let item = ItemId::from_bytes(from.take()?);
            let (case, sha256) = (from.case()?, Digest::from_bytes(from.take()?));
            let copy = match from.take()? {
                [0] => None,
                [byte] => Some(kind_of(byte)?),
            };
            let promise = Promise { case, sha256, copy };
            register.promised.insert(item, promise);
        }
        for _ in 0..from.number()? {
            let lookup = Digest::from_bytes(from.take()?);
            register.numbers.insert(lookup, from.case()?);
        }
        for _ in 0..from.number()? {
            let seq = from.number()?;
            let case = from.case()?;
            register.underived.insert(seq, case);
            register.underived_since.insert(case, seq);
        }
        for _ in 0..from.number()? {
            let case = from.case()?;
            register.cases.opened.insert(case, from.number()?);
        }
        for _ in 0..from.number()? {
            let case = from.case()?;
            let mut seqs = Vec::new();
            for _ in 0..from.number()? {
                seqs.push(from.number()?);
            }
            register.cases.later.insert(case, seqs);
        }
        register.work = serde_json::from_slice(from.block()?).ok()?;
        for edges in [&mut register.series.edges, &mut register.series.merged] {
            for _ in 0..from.number()? {
                let case = from.case()?;
                for _ in 0..from.number()? {
                    tie(edges, case, from.case()?);
                }
            }
        }
        for _ in 0..from.number()? {
            let (seq, item) = (from.number()?, ItemId::from_bytes(from.take()?));
            let [kind] = from.take()?;
            register.media.want(seq, item, kind_of(kind)?);
        }
        register.media.few = serde_json::from_slice(from.block()?).ok()?;
        from.0.is_empty().then_some(register)
    }
}

impl KeptAccount {
    fn of(held: &Held) -> Self {
        let Held { account, standing, added_at, password, totp, shortcuts, columns } = held.clone();
        let added = AccountAdded { name: account.name, role: account.role, unit: account.unit, password };
        let (closed, without_shortcuts) = (standing == Standing::Closed, !shortcuts);
        Self { added, at: added_at, closed, totp, without_shortcuts, columns }
    }
}

fn is_default(columns: &Columns) -> bool {
    *columns == Columns::default()
}

fn accounts_of(kept: Vec<KeptAccount>) -> Accounts {
    let mut accounts = Accounts::default();
    for KeptAccount { added, at, closed, totp, without_shortcuts, columns } in kept {
        let name = added.name.clone();
        accounts.added(added, at);
        if closed {
            accounts.close(&name);
        }
        if let Some(totp) = totp {
            accounts.enrolled(&name, totp);
        }
        if without_shortcuts {
            accounts.without_shortcuts(&name);
        }
        accounts.with_columns(&name, columns);
    }
    accounts
}

const fn byte_of(kind: CopyKind) -> u8 {
    match kind {
        CopyKind::Picture => 1,
        CopyKind::Pages => 2,
        CopyKind::Sound => 3,
        CopyKind::Video => 4,
    }
}

fn kind_of(byte: u8) -> Option<CopyKind> {
    CopyKind::ALL.into_iter().find(|kind| byte_of(*kind) == byte)
}

struct Out(Vec<u8>);

impl Out {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u64) {
        self.put(&number.to_be_bytes());
    }

    fn block(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.put(bytes);
    }

    fn list<L: IntoIterator<IntoIter: ExactSizeIterator>>(
        &mut self,
        list: L,
        mut each: impl FnMut(&mut Self, L::Item),
    ) {
        let list = list.into_iter();
        self.number(list.len() as u64);
        list.for_each(|one| each(self, one));
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Kept { seq, slot, owner } => {
                self.put(&[KEPT]);
                self.number(seq);
                self.number(slot);
                match owner {
                    Owner::Case(case) => self.put(&case.to_bytes()),
                    Owner::Nobody { since } => {
                        // No case number has its four highest bits set.
                        self.put(&[u8::MAX; 8]);
                        self.put(&since.as_second().to_be_bytes());
                        self.put(&since.subsec_nanosecond().to_be_bytes());
                    }
                }
            }
            Item::Retry => self.put(&[RETRY]),
            Item::Quarantined => self.put(&[QUARANTINED]),
            Item::Expired => self.put(&[EXPIRED]),
        }
    }
}

struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn block(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (block, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(block)
    }

    fn case(&mut self) -> Option<CaseId> {
        self.take().and_then(CaseId::from_bytes)
    }

    fn item(&mut self) -> Option<Item> {
        Some(match self.take()? {
            [KEPT] => {
                let (seq, slot) = (self.number()?, self.number()?);
                let owner = match self.take::<8>()? {
                    NOBODY => {
                        let second = i64::from_be_bytes(self.take()?);
                        let since = Timestamp::new(second, i32::from_be_bytes(self.take()?)).ok()?;
                        Owner::Nobody { since }
                    }
                    case => Owner::Case(CaseId::from_bytes(case)?),
                };
                Item::Kept { seq, slot, owner }
            }
            [RETRY] => Item::Retry,
            [QUARANTINED] => Item::Quarantined,
            [EXPIRED] => Item::Expired,
            _ => return None,
        })
    }
}

/// Another number for another content: then the ledger is replayed.
const FORMAT: &[u8] = b"nightsafe-register/7\n";
const NOBODY: [u8; 8] = [u8::MAX; 8];
const KEPT: u8 = 1;
const RETRY: u8 = 2;
const QUARANTINED: u8 = 3;
const EXPIRED: u8 = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case(number: u64) -> CaseId {
        CaseId::from_bytes((number >> 4).to_be_bytes()).unwrap()
    }

    fn items() -> impl Strategy<Value = Vec<(u128, Item)>> {
        let nobody = || (0_i64..4_000_000_000, 0_i32..1_000_000_000);
        let owner = prop_oneof![
            any::<u64>().prop_map(|number| Owner::Case(case(number))),
            nobody().prop_map(|(second, nano)| Owner::Nobody { since: Timestamp::new(second, nano).unwrap() }),
        ];
        let item = prop_oneof![
            (any::<u64>(), any::<u64>(), owner).prop_map(|(seq, slot, owner)| Item::Kept { seq, slot, owner }),
            Just(Item::Retry),
            Just(Item::Quarantined),
            Just(Item::Expired),
        ];
        proptest::collection::vec((any::<u128>(), item), 0..20)
    }

    proptest! {
        #[test]
        fn a_register_is_read_as_it_was_written(
            items in items(),
            submitted in proptest::collection::vec((any::<u128>(), any::<[u8; 32]>(), any::<u64>()), 0..20),
            underived in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..20),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 16),
        ) {
            let mut register = Register::default();
            for (id, item) in items {
                register.items.insert(ItemId::from_bytes(id.to_be_bytes()), item);
            }
            for (id, digest, number) in submitted {
                let (content, case) = (Digest::from_bytes(digest), case(number));
                register.submitted(format!("{id:032x}").parse().unwrap(), content, case);
                register.promised.insert(ItemId::from_bytes(id.to_be_bytes()), Promise { case, sha256: content, copy: Some(CopyKind::Pages) });
                if register.media.wanted.keys().all(|wanted| *wanted != number) {
                    register.media.want(number, ItemId::from_bytes(id.to_be_bytes()), CopyKind::Video);
                }
                register.numbers.insert(content, case);
                register.cases.opened.insert(case, number);
                register.cases.later.insert(case, vec![number, number / 2]);
                register.work.awaiting.entry(content).or_default().push(case);
                register.work.joinable.insert(case, case);
                register.work.looks.push(number);
                register.work.unsignalled.insert(number, case);
                register.work.sealed.insert(case, Timestamp::UNIX_EPOCH);
            }
            for (seq, number) in underived {
                if !register.underived_since.contains_key(&case(number)) && !register.underived.contains_key(&seq) {
                    register.underived.insert(seq, case(number));
                    register.underived_since.insert(case(number), seq);
                }
            }
            let bytes = register.to_bytes().unwrap();
            prop_assert_eq!(Register::from_bytes(&bytes), Some(register));
            let last = bytes.len() - 1;
            for cut in cuts.into_iter().map(|cut| cut.index(bytes.len())).chain([0, 1, last]) {
                prop_assert!(Register::from_bytes(&bytes[..cut]).is_none());
            }
        }

        #[test]
        fn any_bytes_are_a_register_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Register::from_bytes(&[FORMAT, &bytes].concat());
        }
    }
}
