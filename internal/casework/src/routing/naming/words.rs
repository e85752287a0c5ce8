//! The words by which people say what kind of body they mean, and of which level. Longer ones before those they contain.

use nightsafe_schema::unit::System;

/// What the name of a division ends with.
pub(super) const KINDS_OF_DIVISION: [&str; 16] = [
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "林区",
    "地区",
    "省",
    "市",
    "盟",
    "旗",
    "县",
    "区",
];

/// What the name of a national body begins with.
pub(super) const OF_THE_NATION: [&str; 4] = ["全国", "国家", "中央", "最高"];

/// Bodies of a province.
pub(super) const OF_A_PROVINCE: [&str; 5] = ["省厅", "公安厅", "省高院", "高级人民法院", "省院"];

/// Bodies of a prefecture.
pub(super) const OF_A_PREFECTURE: [&str; 6] = ["市局", "市公安局", "市中院", "中级人民法院", "中院", "盟公安局"];

/// The party committee or government itself, not one of its organs.
pub(super) const GOVERNMENT: [&str; 14] = [
    "县人民政府",
    "区人民政府",
    "市人民政府",
    "省人民政府",
    "旗人民政府",
    "县政府",
    "区政府",
    "市政府",
    "省政府",
    "县委",
    "区委",
    "市委",
    "省委",
    "旗委",
];

/// Bodies below every organ of a county.
pub(super) const TOWNSHIP: [&str; 14] = [
    "镇政府",
    "乡政府",
    "镇人民政府",
    "乡人民政府",
    "街道",
    "镇党委",
    "乡党委",
    "村委",
    "村党支部",
    "村支部",
    "居委会",
    "社区",
    "村民委员会",
    "苏木",
];

/// The system that a word belongs to.
pub(super) const SYSTEM_WORDS: [(&str, &[&str]); 10] = [
    ("STATE_SEC", &["国家安全", "国安"]),
    (System::DISC, &["纪委", "监委", "纪检", "监察委"]),
    (System::PLC, &["政法委"]),
    (System::OFFICE, &["扫黑办"]),
    (
        System::POLICE,
        &[
            "派出所",
            "公安",
            "刑警",
            "交警",
            "特警",
            "民警",
            "辅警",
            "治安大队",
            "经侦",
            "刑侦",
            "看守所",
            "拘留所",
            "警",
        ],
    ),
    (System::PROC, &["检察"]),
    (System::COURT, &["法院", "法庭", "执行局", "法官"]),
    (System::JUSTICE, &["司法局", "司法所", "司法厅", "监狱", "戒毒所"]),
    ("HOUSING", &["住房和城乡建设", "住建"]),
    ("MARKET", &["市场监督管理", "市场监管", "市监局", "工商局"]),
];
