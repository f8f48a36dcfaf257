//! Chinese words of the errors of kernels: kinds of things, and what a number must be.

/// Kinds of things that errors name.
const KINDS: &[(&str, &str)] = &[
    ("street", "道路"),
    ("park", "公园绿地"),
    ("residential land", "居住用地"),
    ("built-up area", "建成区"),
    ("junction", "路口"),
    ("barrier", "阻隔"),
    ("passage", "通道"),
    ("building", "建筑"),
    ("facility", "设施"),
    ("pipe", "管段"),
    ("valve", "阀门"),
    ("source", "水源"),
    ("consumer", "用户"),
    ("length of pipe", "管段长度"),
    ("people of consumer", "用户人口"),
    ("surface", "下垫面"),
    ("inlet kind", "雨水口类型"),
];

/// Phrases of ranges, the longer before what they hold.
const RANGES: &[(&str, &str)] = &[
    ("a millionth of the duration or more", "不小于历时的百万分之一"),
    ("not negative, and a number", "不小于 0 的数"),
    ("a height in metres", "以米计的高程"),
    ("a kind of the rules", "规则中的类别"),
    ("finite and at least", "有限数且不小于"),
    (" and at most ", "且不超过 "),
    (" and up to ", "且不超过 "),
    ("between ", " "),
    (" and ", " 至 "),
    ("above ", "大于 "),
    ("at most ", "不超过 "),
    ("at least ", "不小于 "),
    ("not negative", "不小于 0"),
    ("positive", "大于 0"),
    ("finite", "有限数"),
    (" to ", " 至 "),
    ("years", "年"),
    ("minutes", "分钟"),
    ("points", "个点"),
];

/// Chinese of a kind of thing; the English word where it has none.
pub(crate) fn kind_zh(en: &str) -> &str {
    KINDS.iter().find(|(word, _)| *word == en).map_or(en, |(_, zh)| zh)
}

/// Chinese of a vertex whose coordinates are no numbers.
pub(crate) fn not_finite_zh(what: &str, id: &str, vertex: usize) -> String {
    format!("{} {id}：第 {vertex} 个顶点的坐标不是有限数", kind_zh(what))
}

/// Chinese of what a number must be: `above 0 and up to 1` → `大于 0且不超过 1`.
pub(crate) fn range_zh(en: &str) -> String {
    let zh = RANGES
        .iter()
        .fold(en.to_owned(), |text, (phrase, zh)| text.replace(phrase, zh));
    format!(" {}", zh.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What kernels write between quotes as a range, found in their own source.
    #[test]
    fn every_range_of_a_kernel_has_chinese_words() {
        let units = ["m", "m²", "m/min", "GiB", "s", "h", "1e9", "1e-9", "mm", "km"];
        let sources = [
            include_str!("flood/params.rs"),
            include_str!("reach/params.rs"),
            include_str!("isolation/params.rs"),
            include_str!("isolation/mod.rs"),
        ];
        let mut found = 0;
        for line in sources.iter().flat_map(|source| source.lines()) {
            for text in line.split('"').skip(1).step_by(2) {
                let starts = [
                    "between ",
                    "above ",
                    "at most ",
                    "at least ",
                    "not negative",
                    "positive",
                    "finite",
                ];
                let is_span = text.contains(" to ") && text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                if !(is_span || starts.iter().any(|start| text.starts_with(start))) {
                    continue;
                }
                found += 1;
                let zh = range_zh(text);
                let mut words = zh.split(|c: char| c.is_whitespace() || !c.is_ascii() && c != '²');
                let left = words.find(|w| w.contains(|c: char| c.is_ascii_alphabetic()) && !units.contains(w));
                assert_eq!(left, None, "{text} → {zh}");
            }
        }
        assert!(found > 20, "{found}");
        assert_eq!(range_zh("above 0 and up to 1"), " 大于 0且不超过 1");
        assert_eq!(kind_zh("street"), "道路");
    }
}
