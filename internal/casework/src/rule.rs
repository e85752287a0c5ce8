//! Every rule that a decision can cite, in words. Codes stand in the ledger for ever: none is renamed or used again.

/// A rule's words in Chinese and English; `None` for a code that is no rule of this edition.
pub fn words(code: &str) -> Option<(&'static str, &'static str)> {
    RULES.iter().find(|(known, ..)| *known == code).map(|&(_, zh, en)| (zh, en))
}

/// Code, Chinese, English.
pub const RULES: &[(&str, &str, &str)] = &[
    ("P0_LIFE", "有人有生命危险", "somebody's life is in danger"),
    ("P0_WEAPONS", "涉枪涉爆", "guns or explosives"),
    ("P0_DETAINED", "有人正被拘禁", "somebody is held"),
    ("P0_MINORS", "未成年人正受侵害", "minors are at risk now"),
    ("P0_RETALIATION", "举报人被泄密或报复", "a leak about, or retaliation against, a reporter"),
    ("P1_UMBRELLA", "反映有保护伞", "an umbrella is named"),
    ("P1_RANK", "涉及县处级以上", "an official of county rank or above"),
    ("P1_HARM", "致人重伤或死亡", "serious injury or death"),
    ("P1_GANG_NATURE", "具备黑社会性质四个特征", "the four features of a criminal organisation"),
    ("P1_POLICE_IN_TEXT", "文字中提到当地公安，按涉嫌处理", "the text names the local police, who count as suspected"),
    ("P1_SERIES", "三人以上分别举报同一事", "three or more people report the matter"),
    ("P1_AGAIN", "曾查否，又有多人举报", "closed as unsubstantiated before, and several people report it again"),
    ("P2_REAL_NAME_EVIDENCE", "实名且有证据", "real name with evidence"),
    ("P2_INTERNET_ACCOUNTS", "网络犯罪且有账号", "internet crime with accounts"),
    ("P2_LOSS", "损失十万元以上", "a loss of 100,000 or more"),
    ("P2_ONGOING", "仍在继续", "still going on"),
    ("P4_EMPTY", "没有实质内容", "nothing of substance"),
    ("P4_OUT_OF_SCOPE", "不属于受理范围", "another office's matter"),
    ("NA1", "不属于受理范围", "out of scope: another office's matter"),
    ("NA2", "涉法涉诉、已复议或已终结", "before a court, reconsidered or closed"),
    ("NA3", "没有实质内容", "no substance: no who, where or what"),
    ("NA4", "重复举报，没有新的事实", "a repeat without new facts"),
    ("NA5", "咨询或建议", "a question or a suggestion"),
    ("N_CAMPAIGN_CLOSED", "专项征集不在开放期内", "the campaign was not open on that day"),
    ("NA6", "测试或垃圾信息", "a test or spam"),
    ("R_SPLIT", "涉黑事实与保护伞分开办理", "gang facts and officials become two linked tasks"),
    ("R_PLACE_FACTS", "按行为发生地", "by the place of the facts"),
    ("R_PLACE_SUBJECT", "按被举报人所在地", "by the place of the subject"),
    ("R_PLACE_REPORTER", "按举报人居住地", "by the reporter's residence"),
    ("R_PLACE_CAMPAIGN", "按专项征集地区", "by the campaign's region"),
    ("R_PLACE_ABOVE", "区划不明，取上一级", "an unknown division: the one above it"),
    ("R_POOL", "地点不明，进入全国待研判", "no place: the national pool"),
    (
        "R_LEVEL_P0",
        "紧急：直接到市级公安，抄送省、国家",
        "urgent: at once to the prefecture, copied to province and nation",
    ),
    ("R_LEVEL_P1", "重要：到市级", "important: to the prefecture"),
    ("R_CROSS_PREFECTURE", "跨市：到省级", "across prefectures: to the province"),
    ("R_CROSS_PROVINCE", "跨省：由国家指定", "across provinces: the nation designates"),
    ("R_LEVEL_ABOVE_ACCUSED", "比被举报单位高一级", "one level above the accused unit"),
    ("R_LEVEL_RANK", "按干部管理权限", "by rank"),
    ("R_POLICE_SUSPECTED", "当地公安按涉嫌处理，到市级", "the local police count as suspected: to the prefecture"),
    ("R_UNKNOWN_UNIT", "单位不明，高一级", "an unknown or ambiguous unit: one level up"),
    ("R_ESCALATE", "有涉恶词，抄送公安", "words of violence: copied to the police"),
    ("R_CLIMB", "原单位应回避，上提", "the unit is forbidden: upwards"),
    ("R_SEALED", "无可交办单位，封存", "nobody is left: sealed"),
    ("F_ACCUSED", "被举报单位", "the accused unit"),
    ("F_ORGAN", "派出、内设机构视同其机关", "a station counts as its organ"),
    ("F_BELOW", "被举报单位的下级", "below a forbidden unit"),
    ("F_GOVERNMENT", "被举报的党委政府所辖", "under the accused government"),
    ("F_HEAD", "负责人被举报，同级协调机构回避", "its head is accused: the coordinating office of the same level"),
    ("F_DISPUTED", "以前的办理单位，结果有争议", "handled it before, and the result is disputed"),
    ("F_SUSPECTED", "文字中提到，按涉嫌处理", "named in the text, counts as suspected"),
    ("F_SERVED", "被举报人两年内任职的单位", "a named officer works or worked there within two years"),
    ("F_PERSON", "经办人决定回避", "forbidden by a person, for the reason given"),
    ("F_SERIES", "同一串并中的线索须回避", "forbidden in another case of the same series"),
    ("F_AMBIGUOUS", "单位名称不唯一，一并回避", "the name fits several units: all of them"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_in_the_source_has_words_and_every_rule_is_used() {
        let sources = [
            include_str!("triage/urgency.rs"),
            include_str!("triage/admission.rs"),
            include_str!("triage.rs"),
            include_str!("routing.rs"),
            include_str!("routing/place.rs"),
            include_str!("routing/level.rs"),
            include_str!("routing/search.rs"),
            include_str!("routing/forbidden.rs"),
            include_str!("routing/decision.rs"),
            include_str!("linking/series.rs"),
        ];
        let is_code = |text: &&str| {
            let starts =
                ["P0_", "P1_", "P2_", "P4_", "R_", "F_", "N_", "NA"].iter().any(|start| text.starts_with(start));
            starts
                && !text.ends_with('_')
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let used: BTreeSet<&str> = sources.iter().flat_map(|source| source.split('"')).filter(is_code).collect();
        let known: BTreeSet<&str> = RULES.iter().map(|&(code, ..)| code).collect();
        assert_eq!(used, known);
        assert_eq!(known.len(), RULES.len());
    }
}
