//! Why material is refused: each is kept in quarantine for a person.

use nightsafe_runtime::ExitCode;
use serde::{Deserialize, Serialize};

/// The reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Refusal {
    /// A line is no entry, or not spelled as one.
    NoEntry,
    /// No gateway of the key ring signed an entry of a known stream.
    BadSignature,
    /// No gateway of the key ring signed it, and the stream is unknown.
    UnknownStream,
    /// Another entry already has its place.
    OtherDigest,
    /// It does not fit the entries beside it, or the signed head.
    BrokenChain,
    /// A gateway signed for another gateway's stream.
    OtherGateway,
    /// A second stream of a gateway that does not cite the first, or cites what another stream cites.
    UnannouncedStream,
    /// Its place is further than any stream gets.
    TooFar,
    /// A head is not signed, or contradicts the entries.
    BadHead,
    /// A volume has more entries than a volume has.
    TooManyEntries,
    /// An item lies in a volume and no entry there names it.
    ItemWithoutEntry,
    /// A volume holds a file that no volume has.
    ForeignFile,
    /// An entry names an item that another entry brought, with other bytes.
    ItemNameTaken,
    /// An item's bytes are not those of its entry.
    BytesDiffer,
}

impl Refusal {
    /// The exit code that this calls for.
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::BytesDiffer => ExitCode::BytesDiffer,
            _ => ExitCode::Integrity,
        }
    }

    /// The word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoEntry => "no-entry",
            Self::BadSignature => "bad-signature",
            Self::UnknownStream => "unknown-stream",
            Self::OtherDigest => "other-digest",
            Self::BrokenChain => "broken-chain",
            Self::OtherGateway => "other-gateway",
            Self::UnannouncedStream => "unannounced-stream",
            Self::TooFar => "too-far",
            Self::BadHead => "bad-head",
            Self::TooManyEntries => "too-many-entries",
            Self::ItemWithoutEntry => "item-without-entry",
            Self::ForeignFile => "foreign-file",
            Self::ItemNameTaken => "item-name-taken",
            Self::BytesDiffer => "bytes-differ",
        }
    }

    /// What it is, for people: Chinese and English.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoEntry => ("不是条目", "the line is no entry"),
            Self::BadSignature => ("签名无效", "the signature is not valid"),
            Self::UnknownStream => {
                ("未知的流：密钥环中没有网关签过", "unknown stream: no gateway of the key ring signed it")
            }
            Self::OtherDigest => ("同一序号已有另一条目", "another entry already has this place"),
            Self::BrokenChain => ("与相邻条目或链头不相接", "it does not fit the entries beside it or the signed head"),
            Self::OtherGateway => ("由另一个网关签名", "another gateway signed it"),
            Self::UnannouncedStream => {
                ("同一网关的第二个流没有引用第一个", "a second stream of the gateway does not cite the first")
            }
            Self::TooFar => ("序号过大", "the place is further than any stream gets"),
            Self::BadHead => ("链头无效或与条目矛盾", "the head is not valid or contradicts the entries"),
            Self::TooManyEntries => ("卷内条目过多", "the volume has too many entries"),
            Self::ItemWithoutEntry => ("件没有条目", "no entry names the item"),
            Self::ForeignFile => ("卷内有不属于卷的文件", "the volume holds a file that no volume has"),
            Self::ItemNameTaken => ("件名已被另一条目使用", "another entry brought an item of this name"),
            Self::BytesDiffer => ("内容与条目不符", "the bytes differ from the entry"),
        }
    }
}
