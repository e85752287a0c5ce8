//! The people and organisations of a report: who reports, whom it is about, who shields them.

use serde::{Deserialize, Serialize};

use super::{Code, division};
use crate::division::DivisionCode;

/// Who reports. In a recorded report the identity is gone and only kind, mode, relation and consents are left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "four separate consents, each a flag of the format")]
pub struct Reporter {
    /// As a person, an organisation, or not said.
    pub kind: ReporterKind,
    /// How much of an identity there is; derived, never taken from what was sent.
    #[serde(deserialize_with = "IdentityMode::leniently")]
    pub identity_mode: IdentityMode,
    /// A person's name.
    pub name: String,
    /// An organisation's name.
    pub org_name: String,
    /// The kind of document.
    pub id_type: Option<Code>,
    /// Its number.
    pub id_no: String,
    /// The organisation's credit code.
    pub uscc: String,
    /// The organisation's contact person.
    pub contact_name: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Where they live.
    #[serde(deserialize_with = "division")]
    pub residence_code: Option<DivisionCode>,
    /// Address.
    pub address: String,
    /// Relation to the matter.
    pub relation: Option<Code>,
    /// May be contacted.
    pub consent_contact: bool,
    /// May be called back by SMS.
    pub consent_sms_callback: bool,
    /// Identity may be disclosed.
    pub consent_disclose_identity: bool,
    /// Asks for protection (Art. 61).
    pub protection_requested: bool,
}

/// As whom somebody reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReporterKind {
    /// 个人.
    Individual,
    /// 单位.
    Organisation,
    /// 不填写; also any kind that a later catalog adds.
    #[default]
    #[serde(other)]
    Undisclosed,
}

/// How much of an identity there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// 匿名: no way to reach them.
    #[default]
    Anonymous,
    /// 留联系方式: a telephone number or an e-mail address.
    ContactableAnonymous,
    /// 实名: name, identity number or credit code, and a contact.
    RealName,
}

/// Whom the report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// S1, S2, …
    pub sid: String,
    /// A person or an organisation.
    pub kind: SubjectKind,
    /// Name, or 不清楚.
    pub name: String,
    /// Nicknames.
    pub alias: Vec<String>,
    /// M, F.
    pub gender: Option<Code>,
    /// Age, roughly.
    pub age_range: Option<Code>,
    /// Number of a document.
    pub id_no: String,
    /// Telephone.
    pub phone: String,
    /// Number plates.
    pub plates: Vec<String>,
    /// Accounts they use.
    pub accounts: Vec<super::Account>,
    /// Branch of the justice system (officers' flow).
    pub system: Option<Code>,
    /// Where they work.
    pub org_name: String,
    /// Post.
    pub post: String,
    /// Rank (officers' flow).
    pub rank: Option<Code>,
    /// Occupation.
    pub occupation: String,
    /// Credit code.
    pub uscc: String,
    /// Legal representative.
    pub legal_rep: String,
    /// Sector.
    pub industry: Option<Code>,
    /// Where they are.
    #[serde(deserialize_with = "division")]
    pub region_code: Option<DivisionCode>,
    /// Address or features.
    pub address: String,
    /// Part played.
    pub role: Option<Code>,
}

/// A person or an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// 个人.
    Individual,
    /// 单位.
    Organisation,
    /// 不清楚; also any kind that a later catalog adds.
    #[default]
    #[serde(other, rename = "UNKNOWN")]
    Unknown,
}

/// 保护伞.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Umbrella {
    /// YES, NO.
    pub known: Option<Code>,
    /// The officials.
    pub persons: Vec<Official>,
    /// UM1 to UM6.
    pub acts: Vec<Code>,
    /// In the reporter's words.
    pub detail: String,
}

/// An official said to shield the subjects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Official {
    /// Name.
    pub name: String,
    /// Where they work.
    pub org_name: String,
    /// Branch, or OTHER_GOV.
    pub system: Option<Code>,
    /// Post.
    pub post: String,
    /// Rank.
    pub rank: Option<Code>,
    /// Where.
    #[serde(deserialize_with = "division")]
    pub region_code: Option<DivisionCode>,
}

impl Reporter {
    /// The mode by what is there (DOMAIN section 6): real name = a name, an identity number or credit code, and a contact.
    pub(super) fn derived_mode(&self) -> IdentityMode {
        let is_there = |text: &String| !matches!(text.trim(), "" | "不清楚");
        let contact = is_there(&self.phone) || is_there(&self.email);
        let named = is_there(&self.name) || is_there(&self.org_name);
        let numbered = is_there(&self.id_no) || is_there(&self.uscc);
        match (contact, named && numbered) {
            (true, true) => IdentityMode::RealName,
            (true, false) => IdentityMode::ContactableAnonymous,
            (false, _) => IdentityMode::Anonymous,
        }
    }
}

impl IdentityMode {
    /// Whatever was sent: a value that is no mode is the same as none.
    fn leniently<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = serde_json::Value::deserialize(deserializer)?;
        Ok(Self::deserialize(&sent).unwrap_or_default())
    }
}

impl Umbrella {
    /// Whether it says anything: known, an official, an act, or a word.
    pub fn says_something(&self) -> bool {
        self.known.as_ref().is_some_and(|known| *known == "YES")
            || !self.persons.is_empty()
            || self.acts.iter().any(|act| !act.is_unknown())
            || !self.detail.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reporter(json: &str) -> Reporter {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn real_name_needs_a_name_a_number_and_a_contact() {
        let mode = |json: &str| reporter(json).derived_mode();
        assert_eq!(mode(r#"{"name": "林栖", "id_no": "1", "phone": "2"}"#), IdentityMode::RealName);
        assert_eq!(mode(r#"{"org_name": "某厂", "uscc": "1", "email": "a@b.c"}"#), IdentityMode::RealName);
        assert_eq!(mode(r#"{"name": "林栖", "phone": "2"}"#), IdentityMode::ContactableAnonymous);
        assert_eq!(mode(r#"{"name": "林栖", "id_no": "1"}"#), IdentityMode::Anonymous);
        assert_eq!(mode(r#"{"name": "不清楚", "id_no": "1", "phone": "2"}"#), IdentityMode::ContactableAnonymous);
        assert_eq!(mode("{}"), IdentityMode::Anonymous);
    }

    #[test]
    fn a_sent_mode_of_any_kind_does_not_matter() {
        for sent in [r#"{"identity_mode": "real_name"}"#, r#"{"identity_mode": 7}"#, r#"{"identity_mode": null}"#] {
            assert_eq!(reporter(sent).derived_mode(), IdentityMode::Anonymous, "{sent}");
        }
    }

    #[test]
    fn kinds_of_later_catalogs_are_read_as_unknown() {
        assert_eq!(reporter(r#"{"kind": "relative"}"#).kind, ReporterKind::Undisclosed);
        let subject: Subject = serde_json::from_str(r#"{"kind": "vessel"}"#).unwrap();
        assert_eq!(subject.kind, SubjectKind::Unknown);
    }
}
