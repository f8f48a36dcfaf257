//! How names, ids and attributes become search tokens, and how near two texts are.
//!
//! Tokens carry their field as first letter: `n` name, `i` id, `a` attribute, `t` trigram of a name's word. Chinese,
//! kana and hangul runs become overlapping pairs plus the last character alone, so that a prefix query on one
//! character finds it anywhere in the run and pairs find phrases, without a dictionary. Other runs of letters and
//! digits are words in lower case.

use city_model::Attributes;
use serde_json::Value;

/// Changes with the token rules; the index is rebuilt when it differs.
pub const TOKEN_RULES_VERSION: u32 = 1;

const MAX_ATTRIBUTE_VALUES: usize = 24;
const MAX_VALUE_BYTES: usize = 96;
const MAX_NAME_BYTES: usize = 240;

/// A run of one kind of character in normalised text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run<'a> {
    /// Letters and digits.
    Word(&'a str),
    /// Characters written without spaces.
    Cjk(&'a str),
}

/// Lower case, full-width forms folded to ASCII.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{3000}' => out.push(' '),
            '\u{FF01}'..='\u{FF5E}' => {
                let folded = char::from_u32(c as u32 - 0xFEE0).unwrap_or(c);
                out.push(folded.to_ascii_lowercase());
            }
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            _ if is_cjk(c) => out.push(c),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// True for characters of scripts written without spaces.
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_23AF)
}

/// Runs of normalised text in order.
pub fn runs(normalised: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut start: Option<(usize, bool)> = None;
    for (at, c) in normalised.char_indices() {
        let kind = if is_cjk(c) {
            Some(true)
        } else if c.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        if let Some((from, cjk)) = start
            && kind != Some(cjk)
        {
            push_run(&mut runs, normalised, from, at, cjk);
            start = None;
        }
        if start.is_none()
            && let Some(cjk) = kind
        {
            start = Some((at, cjk));
        }
    }
    if let Some((from, cjk)) = start {
        push_run(&mut runs, normalised, from, normalised.len(), cjk);
    }
    runs
}

fn push_run<'a>(runs: &mut Vec<Run<'a>>, text: &'a str, from: usize, to: usize, cjk: bool) {
    if let Some(run) = text.get(from..to) {
        runs.push(if cjk { Run::Cjk(run) } else { Run::Word(run) });
    }
}

/// Pairs of a run without spaces; a run of one character gives itself.
pub fn pairs(run: &str) -> Vec<&str> {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if starts.len() <= 2 {
        return vec![run];
    }
    starts.windows(3).filter_map(|w| run.get(w[0]..w[2])).collect()
}

/// Letters and digits of a normalised id, without separators.
pub fn squeeze(normalised: &str) -> String {
    normalised.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Search tokens of a feature, parted by spaces.
pub fn index_tokens(id: &str, name: Option<&str>, attributes: &Attributes) -> String {
    let mut out = String::with_capacity(128);
    let id_normalised = normalise(cut(id, MAX_NAME_BYTES));
    push_token(&mut out, 'i', &squeeze(&id_normalised));
    let parts = runs(&id_normalised);
    if parts.len() > 1 {
        for part in parts {
            let (Run::Word(text) | Run::Cjk(text)) = part;
            if text.len() > 1 {
                push_token(&mut out, 'i', text);
            }
        }
    }
    if let Some(name) = name {
        push_text(&mut out, 'n', &normalise(cut(name, MAX_NAME_BYTES)), true);
    }
    let mut taken = 0;
    for value in attributes.values() {
        if taken == MAX_ATTRIBUTE_VALUES {
            break;
        }
        match value {
            Value::String(text) if !text.is_empty() && Some(text.as_str()) != name && text != id => {
                push_text(&mut out, 'a', &normalise(cut(text, MAX_VALUE_BYTES)), false);
                taken += 1;
            }
            // short numbers match everything and help nobody
            Value::Number(number) if number.as_u64().is_some_and(|n| n >= 1000) => {
                push_token(&mut out, 'a', &number.to_string());
                taken += 1;
            }
            _ => {}
        }
    }
    out
}

fn push_text(out: &mut String, field: char, normalised: &str, with_trigrams: bool) {
    for run in runs(normalised) {
        match run {
            Run::Word(word) => {
                push_token(out, field, word);
                if with_trigrams {
                    for trigram in trigrams(word) {
                        push_token(out, 't', trigram);
                    }
                }
            }
            Run::Cjk(run) => {
                for pair in pairs(run) {
                    push_token(out, field, pair);
                }
                if let Some((last, _)) = run.char_indices().next_back().filter(|(at, _)| *at > 0) {
                    push_token(out, field, run.get(last..).unwrap_or(""));
                }
            }
        }
    }
}

/// Trigrams of a word of at least four characters.
pub fn trigrams(word: &str) -> Vec<&str> {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    if starts.len() < 5 {
        return Vec::new();
    }
    starts.windows(4).filter_map(|w| word.get(w[0]..w[3])).collect()
}

fn push_token(out: &mut String, field: char, token: &str) {
    if !token.is_empty() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push(field);
        out.push_str(token);
    }
}

/// The longest prefix of at most `max_bytes` bytes that ends on a character.
pub fn cut(text: &str, max_bytes: usize) -> &str {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// How near two normalised texts are: 1 the same, 0 nothing in common.
///
/// The best of edit similarity (1 − Levenshtein / longer length) of the whole, the same against the window of `text`
/// as long as the query, and 0.8 × the share of the query's characters found in order. Texts are cut to 64 characters.
pub fn similarity(query: &str, text: &str) -> f32 {
    let query: Vec<char> = query.chars().filter(|c| c.is_alphanumeric()).take(64).collect();
    let text: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).take(64).collect();
    if query.is_empty() || text.is_empty() {
        return 0.0;
    }
    let whole = 1.0 - levenshtein(&query, &text) as f32 / query.len().max(text.len()) as f32;
    let windowed = text
        .windows(query.len().min(text.len()))
        .map(|window| 0.95 * (1.0 - levenshtein(&query, window) as f32 / query.len() as f32))
        .fold(0.0_f32, f32::max);
    let mut rest = text.iter();
    let in_order = query
        .iter()
        .filter(|c| rest.clone().position(|t| t == *c).map(|at| rest.nth(at)).is_some())
        .count();
    whole.max(windowed).max(0.8 * in_order as f32 / query.len() as f32)
}

fn levenshtein(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            left = (diagonal + usize::from(ca != cb)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn runs_part_scripts() {
        assert_eq!(
            runs(&normalise("郑州ＡＢ-12号")),
            vec![Run::Cjk("郑州"), Run::Word("ab"), Run::Word("12"), Run::Cjk("号")]
        );
        assert_eq!(pairs("大学路"), vec!["大学", "学路"]);
        assert_eq!(pairs("路"), vec!["路"]);
    }

    #[test]
    fn tokens_hold_every_field_once() {
        let attributes = json!({"name": "大学路", "use": "Residential", "n": 7, "year": 1987})
            .as_object()
            .cloned()
            .unwrap();
        let tokens = index_tokens("NL.Pand.0503", Some("大学路"), &attributes);
        assert_eq!(tokens, "inlpand0503 inl ipand i0503 n大学 n学路 n路 aresidential a1987");
    }

    #[test]
    fn similarity_orders_typos_abbreviations_and_strangers() {
        assert!((similarity("hospitel", "hospital") - 0.875).abs() < 1e-6);
        assert!(similarity("郑大附院", "郑州大学附属医院") >= 0.8);
        assert!(similarity("abc", "xyz") < 0.1);
        assert_eq!(similarity("", "x"), 0.0);
    }

    proptest::proptest! {
        #[test]
        fn edit_distance_is_a_metric_on_words(a in "[a-c]{0,6}", b in "[a-c]{0,6}", c in "[a-c]{0,6}") {
            let d = |x: &str, y: &str| levenshtein(&x.chars().collect::<Vec<_>>(), &y.chars().collect::<Vec<_>>());
            proptest::prop_assert_eq!(d(&a, &b), d(&b, &a));
            proptest::prop_assert_eq!(d(&a, &b) == 0, a == b);
            proptest::prop_assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c));
        }

        #[test]
        fn any_text_can_be_indexed(id in ".{0,40}", name in ".{0,40}") {
            let tokens = index_tokens(&id, Some(&name), &Attributes::new());
            proptest::prop_assert!(tokens.split(' ').all(|t| t.is_empty() || "int".contains(&t[..1])), "{}", tokens);
        }
    }
}
