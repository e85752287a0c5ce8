//! The fields of `field:value` in a search, under the names that people type.

use crate::case::IdentifierKind;

/// What a search can ask of a case besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `case:7K2M-9QXW-3T5A` 编号.
    Case,
    /// `state:ASSIGNED` 状态.
    State,
    /// `flow:GANG_CRIME` 类型.
    Flow,
    /// `priority:P1` 优先级.
    Priority,
    /// `category:GC06` 类别: categories, internet types, sectors and acts.
    Category,
    /// `division:152500` 地区: the place lies in it.
    Division,
    /// `unit:POLICE.152500` 承办: holds a task or a copy.
    Unit,
    /// `campaign:xilingol-internet` 专项.
    Campaign,
    /// `identity:real_name` 实名.
    Identity,
    /// `attachment:crossing` 附件: none, here, crossing.
    Attachment,
    /// `alarm:yes` 告警.
    Alarm,
    /// `list:alarm` 清单: alarm, missing, unlinked, doubtful.
    List,
    /// `open:yes` 未结: somebody owes the next step of the verification.
    Open,
    /// `verifier:wang` 核查员; `-` if there is none.
    Verifier,
    /// `channel:phone` 渠道: web, api, phone, letter, visit, mail.
    Channel,
    /// `received:2026-11` 收到: a year, month or day in China.
    Received,
    /// `phone:13900000000` 电话, and so on for each kind: named in the report, exactly, however it was spelt.
    Named(IdentifierKind),
}

impl Field {
    /// The field of this name, in either language.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(field, _)| *field)
    }

    /// Its English name: the one it is printed with.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(field, _)| *field == self).and_then(|(_, names)| names.first().copied()).unwrap_or_default()
    }

    /// The term of a value, whatever its case. Not for [`Self::Named`], whose values are hashed.
    pub(crate) fn label(self, value: &str) -> String {
        format!("{}:{}", self.name(), value.to_lowercase())
    }

    /// A typed value as cases carry it: a word of the short lists as its code.
    pub(super) fn value(self, typed: &str) -> String {
        let word = WORDS.iter().find(|(field, typed_as, _)| *field == self && *typed_as == typed);
        word.map_or(typed, |(_, _, value)| value).to_owned()
    }
}

const NAMES: &[(Field, &[&str])] = &[
    (Field::Case, &["case", "编号", "案件"]),
    (Field::State, &["state", "状态"]),
    (Field::Flow, &["flow", "类型"]),
    (Field::Priority, &["priority", "优先级"]),
    (Field::Category, &["category", "类别"]),
    (Field::Division, &["division", "place", "地区"]),
    (Field::Unit, &["unit", "承办", "单位"]),
    (Field::Campaign, &["campaign", "专项"]),
    (Field::Identity, &["identity", "实名"]),
    (Field::Attachment, &["attachment", "附件"]),
    (Field::Alarm, &["alarm", "告警"]),
    (Field::List, &["list", "清单"]),
    (Field::Open, &["open", "未结"]),
    (Field::Verifier, &["verifier", "核查员"]),
    (Field::Channel, &["channel", "渠道"]),
    (Field::Received, &["received", "收到", "日期"]),
    (Field::Named(IdentifierKind::Person), &["person", "name", "人名", "姓名"]),
    (Field::Named(IdentifierKind::Organisation), &["organisation", "org", "企业"]),
    (Field::Named(IdentifierKind::Number), &["number", "证件", "证件号"]),
    (Field::Named(IdentifierKind::Phone), &["phone", "电话", "手机"]),
    (Field::Named(IdentifierKind::Account), &["account", "账号"]),
    (Field::Named(IdentifierKind::Plate), &["plate", "车牌"]),
    (Field::Named(IdentifierKind::Url), &["url", "网址"]),
    (Field::Named(IdentifierKind::App), &["app", "应用"]),
];

const WORDS: &[(Field, &str, &str)] = &[
    (Field::Flow, "政法干警", "officer_misconduct"),
    (Field::Flow, "涉黑涉恶", "gang_crime"),
    (Field::Flow, "行业乱象", "sector_disorder"),
    (Field::Flow, "补充材料", "supplement"),
    (Field::State, "登记", "registered"),
    (Field::State, "筛查", "screened"),
    (Field::State, "研判", "assessed"),
    (Field::State, "交办", "assigned"),
    (Field::State, "签收", "signed"),
    (Field::State, "核查", "verifying"),
    (Field::State, "上报", "result_submitted"),
    (Field::State, "办结", "closed"),
    (Field::State, "反馈", "fed_back"),
    (Field::State, "回访", "called_back"),
    (Field::State, "归档", "archived"),
    (Field::State, "提级", "escalated"),
    (Field::State, "重启", "reopened"),
    (Field::Open, "是", "yes"),
    (Field::Open, "否", "no"),
    (Field::Identity, "yes", "real_name"),
    (Field::Identity, "是", "real_name"),
    (Field::Identity, "实名", "real_name"),
    (Field::Identity, "no", "anonymous"),
    (Field::Identity, "否", "anonymous"),
    (Field::Identity, "匿名", "anonymous"),
    (Field::Identity, "留联系方式", "contactable_anonymous"),
    (Field::Attachment, "no", "none"),
    (Field::Attachment, "无", "none"),
    (Field::Attachment, "yes", "here"),
    (Field::Attachment, "有", "here"),
    (Field::Attachment, "尚在传输", "crossing"),
    (Field::Channel, "网页", "web"),
    (Field::Channel, "接口", "api"),
    (Field::Channel, "电话", "phone"),
    (Field::Channel, "来信", "letter"),
    (Field::Channel, "来访", "visit"),
    (Field::Channel, "邮件", "mail"),
    (Field::Alarm, "是", "yes"),
    (Field::Alarm, "否", "no"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_each_of_its_names() {
        for (field, names) in NAMES {
            for name in *names {
                assert_eq!(Field::of_name(name), Some(*field), "{name}");
            }
            assert_eq!(Field::of_name(field.name()), Some(*field));
        }
        assert_eq!(Field::of_name("http"), None);
    }
}
