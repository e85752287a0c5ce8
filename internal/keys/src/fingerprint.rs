//! A digest as people compare it: six words and three groups of four digits, read aloud or held against print.
//!
//! The words carry 48 bits and the digits nearly 40. A forger who wants one look-alike of a given key must therefore try
//! some 2^87 keys; the full hexadecimal digest stands beside it wherever a machine reads.

use std::fmt;

use nightsafe_schema::digest::Digest;

/// Prints a digest for people: `竹-河-九-灯-石-南  4417 0925 8830`.
pub(crate) struct Spoken<'a>(pub &'a Digest);

impl fmt::Display for Spoken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.as_bytes();
        let (words, rest) = bytes.split_at(WORDS);
        for (position, &byte) in words.iter().enumerate() {
            if position > 0 {
                f.write_str("-")?;
            }
            let word = ALPHABET.chars().nth(usize::from(byte)).unwrap_or('?');
            write!(f, "{word}")?;
        }
        let number = rest.iter().take(NUMBER_BYTES).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        let number = number % 1_000_000_000_000;
        write!(f, "  {:04} {:04} {:04}", number / 100_000_000, number / 10_000 % 10_000, number % 10_000)
    }
}

const WORDS: usize = 6;
const NUMBER_BYTES: usize = 8;

/// One character for each value of a byte: concrete words that a child knows and that look unlike.
const ALPHABET: &str = "\
日月星云雨雪风雷山河江海湖泉石沙土田火灯烟金银铜铁玉木林竹松柏梅\
兰菊桃李杏柳枣麦米豆瓜果茶酒盐糖油面饭菜鱼虾龟蛇马牛羊猪狗猫鸡鸭\
鹅兔虎狼熊鹿象猴鼠鸟燕鹰鹤雁蝶蜂蚕蚁人手足口目耳鼻舌心牙头发眉肩\
背腰父母兄弟姐妹爷奶叔儿女王士兵农工商医师友东西南北中左右上下前\
后里外高低长短大小多少轻重快慢冷热红黄蓝绿青紫黑白灰春夏秋冬早晚\
年时刻刀剑弓箭车船舟桥路门窗墙瓦屋楼塔井床桌椅碗筷勺锅瓶盆伞衣帽\
鞋布丝线针鼓琴笛钟书笔纸墨画字诗歌一二三四五六七八九十百千万走跑\
跳飞坐站听说读写问笑哭唱打开关买卖花草叶根种骨血泪汗梦光影城村街";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_byte_has_a_word_of_its_own() {
        assert_eq!(ALPHABET.chars().count(), 256);
        assert_eq!(ALPHABET.chars().collect::<BTreeSet<_>>().len(), 256);
    }

    #[test]
    fn a_digest_is_always_spoken_alike() {
        assert_eq!(Spoken(&Digest::ZERO).to_string(), "日-日-日-日-日-日  0000 0000 0000");
        let mut bytes = [0; 32];
        bytes[0] = 255;
        bytes[13] = 42;
        let digest = Digest::from_bytes(bytes);
        assert!(Spoken(&digest).to_string().ends_with("-日-日-日-日-日  0000 0000 0042"));
        assert!(!Spoken(&digest).to_string().starts_with('日'));
    }
}
