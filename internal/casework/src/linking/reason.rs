//! What two cases are found to have in common: the reasons of a candidate, each a code for ever and words for people.

use serde::{Deserialize, Serialize};

use crate::{account::Viewer, role::Permission};

/// What two cases are to each other (DOMAIN 4.3). A replay is none of these: it opens no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkKind {
    /// 重复: the same reporter about the same matter.
    Duplicate,
    /// 串并: other reporters about the same matter.
    Series,
    /// 关联: the same suspects in another matter.
    Related,
}

/// One reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What is the same.
    pub code: ReasonCode,
    /// How much of it, in hundredths, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hundredths: Option<u8>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $zh:literal / $en:literal,)*) => {
        /// What can be the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ReasonCode {
            $($(#[$doc])* $code,)*
        }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// In words: Chinese, English.
            pub const fn words(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$code => ($zh, $en),)*
                }
            }
        }
    };
}

codes! {
    /// A keyed hash of identity or credit numbers.
    SameReporterIdentity = "同一举报人（证件）" / "the same reporter, by identity number",
    /// A keyed hash of telephone numbers or e-mail addresses.
    SameReporterContact = "同一举报人（联系方式）" / "the same reporter, by telephone or e-mail",
    /// One cites the other's number, or both the same number.
    SameNumberCited = "引用同一线索编号" / "the same clue number is cited",
    /// 证件号、统一社会信用代码.
    SameNumber = "同一证件号或信用代码" / "the same identity or credit number",
    /// 电话.
    SamePhone = "同一电话" / "the same telephone number",
    /// 账号.
    SameAccount = "同一账号" / "the same account",
    /// 车牌.
    SamePlate = "同一车牌" / "the same number plate",
    /// 网址.
    SameUrl = "同一网址" / "the same address on the net",
    /// 安装包、应用.
    SameApp = "同一应用或安装包" / "the same app or installer",
    /// 单位名称.
    SameOrganisation = "同一单位名称" / "the same organisation",
    /// 人名.
    SameName = "同一人名" / "the same name",
    /// 同音.
    SameSound = "人名同音" / "names that sound the same",
    /// 外号.
    SameAlias = "同一外号" / "the same nickname",
    /// 县.
    SameCounty = "同一县" / "the same county",
    /// 市.
    SamePrefecture = "同一市" / "the same prefecture",
    /// 月份.
    SameMonth = "同一月份" / "the same month",
    /// How much of the shorter text is in the other.
    Text = "文字包含" / "text contained",
    /// The later one has evidence or names somebody that the earlier one has not.
    NewFacts = "含新的事实或证据" / "new facts or evidence",
}

impl LinkKind {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "DUPLICATE",
            Self::Series => "SERIES",
            Self::Related => "RELATED",
        }
    }

    /// In words: Chinese, English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Duplicate => ("重复", "duplicate"),
            Self::Series => ("串并", "series"),
            Self::Related => ("关联", "related"),
        }
    }

    /// Whether both are about one matter.
    pub const fn is_one_matter(self) -> bool {
        matches!(self, Self::Duplicate | Self::Series)
    }

    /// As a viewer is told. That two reports come from one reporter says something about who that is: whoever may not ask
    /// for an identity is told the same as of other reporters.
    #[must_use]
    pub const fn shown_to(self, viewer: &Viewer) -> Self {
        match self {
            Self::Duplicate if !viewer.may(Permission::ReadIdentity) => Self::Series,
            kind => kind,
        }
    }
}

impl ReasonCode {
    /// Whether it tells something about the reporter.
    pub const fn is_about_the_reporter(self) -> bool {
        matches!(self, Self::SameReporterIdentity | Self::SameReporterContact | Self::SameNumberCited)
    }
}

impl Reason {
    /// The reason, with no measure.
    pub const fn of(code: ReasonCode) -> Self {
        Self { code, hundredths: None }
    }

    /// Whether a viewer is told: what is about the reporter only to roles that may ask for an identity.
    pub const fn is_shown_to(self, viewer: &Viewer) -> bool {
        !self.code.is_about_the_reporter() || viewer.may(Permission::ReadIdentity)
    }

    /// In words: Chinese, English.
    pub fn words(self) -> (String, String) {
        let (zh, en) = self.code.words();
        match self.hundredths {
            Some(share) => (format!("{zh} {}", decimal(share)), format!("{en} {}", decimal(share))),
            None => (zh.to_owned(), en.to_owned()),
        }
    }
}

fn decimal(hundredths: u8) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{account::Account, role::Role};

    #[test]
    fn every_reason_has_words_of_its_own() {
        let words: BTreeSet<_> = ReasonCode::ALL.iter().map(|code| code.words()).collect();
        assert_eq!(words.len(), ReasonCode::ALL.len());
        let reason = Reason { code: ReasonCode::Text, hundredths: Some(61) };
        assert_eq!(reason.words().0, "文字包含 0.61");
        assert_eq!(serde_json::to_string(&reason).unwrap(), r#"{"code":"TEXT","hundredths":61}"#);
    }

    #[test]
    fn what_is_about_the_reporter_is_told_to_few() {
        let viewer = |role| {
            let account = Account { name: "a".parse().unwrap(), role, unit: "DISC.000000".parse().unwrap() };
            Viewer::authenticated(account)
        };
        let (analyst, dispatcher) = (viewer(Role::Analyst), viewer(Role::Dispatcher));
        assert_eq!(LinkKind::Duplicate.shown_to(&analyst), LinkKind::Duplicate);
        assert_eq!(LinkKind::Duplicate.shown_to(&dispatcher), LinkKind::Series);
        for &code in ReasonCode::ALL {
            assert!(Reason::of(code).is_shown_to(&analyst));
            let told = Reason::of(code).is_shown_to(&dispatcher);
            assert_eq!(told, !code.words().0.contains("举报人") && code != ReasonCode::SameNumberCited, "{code:?}");
        }
    }
}
