//! The alias table: which property of which source means what. Data in `aliases.json`, lookup here.

use crate::normalise;
use city_model::FeatureClass;
use hashbrown::HashMap;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table as it stands in the file.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    missing: Vec<f64>,
    missing_text: Vec<String>,
    keys: BTreeMap<String, Vec<String>>,
    pub(super) classes: Vec<ClassRule>,
    pub(super) class_words: Vec<ClassWords>,
    pub(super) node_kinds: Vec<KindWords>,
    pub(super) pipe_classes: BTreeMap<String, Vec<String>>,
    pub(super) pipe_class_words: Vec<ClassWords>,
    pub(super) id_prefixes: BTreeMap<String, String>,
    /// Words for a rectangular section.
    box_words: Vec<String>,
    pub(super) materials: BTreeMap<String, String>,
    pub(super) assumed_depth_m: BTreeMap<String, f64>,
    pub(super) road_classes: Vec<RoadClass>,
}

/// A property whose presence, or value, tells the class.
#[derive(Debug, Deserialize)]
pub(super) struct ClassRule {
    pub(super) key: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
    pub(super) class: FeatureClass,
    #[serde(default)]
    pub(super) node_kind: Option<String>,
    #[serde(default)]
    pub(super) pipe_class: Option<String>,
}

/// Words of layer names that tell a class.
#[derive(Debug, Deserialize)]
pub(super) struct ClassWords {
    pub(super) class: String,
    pub(super) words: Vec<String>,
}

/// Words that tell the kind of a pipe node.
#[derive(Debug, Deserialize)]
pub(super) struct KindWords {
    pub(super) kind: String,
    pub(super) words: Vec<String>,
}

/// Words that tell the class of a road, and its usual width.
#[derive(Debug, Deserialize)]
pub(super) struct RoadClass {
    pub(super) class: String,
    pub(super) width_m: f64,
    pub(super) words: Vec<String>,
}

/// The built-in table.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("aliases.json")).expect("aliases.json is part of the program and tested")
});

/// `[plain key] → fields that it is an alias of, with its rank among them`.
static FIELDS: LazyLock<HashMap<String, Vec<(&'static str, usize)>>> = LazyLock::new(|| {
    let mut fields: HashMap<String, Vec<(&'static str, usize)>> = HashMap::new();
    for (field, aliases) in &TABLE.keys {
        for (rank, alias) in aliases.iter().enumerate() {
            fields
                .entry(plain_key(alias).0)
                .or_default()
                .push((field.as_str(), rank));
        }
    }
    fields
});

/// Unit that a key carries: `管径(mm)`, `depth_m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Not stated.
    Unstated,
    /// Metres.
    Metre,
    /// Millimetres.
    Millimetre,
    /// Inches.
    Inch,
    /// Feet.
    Foot,
    /// 10,000 yuan.
    TenThousand,
    /// 100,000,000 yuan.
    HundredMillion,
}

impl Unit {
    fn parse(text: &str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "m" | "metre" | "metres" | "meter" | "meters" | "米" => Self::Metre,
            "mm" | "毫米" => Self::Millimetre,
            "in" | "inch" | "inches" | "\"" => Self::Inch,
            "ft" | "feet" => Self::Foot,
            "万元" | "万" => Self::TenThousand,
            "亿元" | "亿" => Self::HundredMillion,
            _ => Self::Unstated,
        }
    }

    /// Metres of one unit; `None` where the unit is not of length or not stated.
    const fn metres(self) -> Option<f64> {
        match self {
            Self::Metre => Some(1.0),
            Self::Millimetre => Some(0.001),
            Self::Inch => Some(0.0254),
            Self::Foot => Some(0.3048),
            _ => None,
        }
    }
}

/// Key without case, separators and unit, and the unit.
fn plain_key(key: &str) -> (String, Unit) {
    let (stem, unit) = match key.find(['(', '（', '[']) {
        Some(at) => {
            let (stem, bracket) = key.split_at(at);
            (stem, Unit::parse(bracket.trim_matches(|c| "()（）[]".contains(c))))
        }
        None => match key.rsplit_once('_') {
            Some((_, suffix)) if Unit::parse(suffix) != Unit::Unstated => (key, Unit::parse(suffix)),
            _ => (key, Unit::Unstated),
        },
    };
    let plain = stem
        .chars()
        .filter(|c| !" _-:\t".contains(*c))
        .flat_map(char::to_uppercase)
        .collect();
    (plain, unit)
}

/// Remembers what each key of a file means: the keys repeat from feature to feature.
#[derive(Debug, Default)]
pub(super) struct KeyCache {
    known: HashMap<String, (Vec<(&'static str, usize)>, Unit)>,
}

/// Most keys remembered: a file that has another key in every feature must not fill the memory.
const MAX_CACHED_KEYS: usize = 4096;

/// The properties of one feature by field.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    found: Vec<(&'static str, usize, &'a Value, Unit)>,
}

impl<'a> Fields<'a> {
    /// Sorts the properties that are not missing into fields.
    pub(super) fn of(properties: &'a Map<String, Value>, cache: &mut KeyCache) -> Self {
        let mut found = Vec::new();
        for (key, value) in properties {
            if is_missing(value) {
                continue;
            }
            if !cache.known.contains_key(key) {
                let (plain, unit) = plain_key(key);
                if cache.known.len() >= MAX_CACHED_KEYS {
                    cache.known.clear();
                }
                cache
                    .known
                    .insert(key.clone(), (FIELDS.get(&plain).cloned().unwrap_or_default(), unit));
            }
            if let Some((fields, unit)) = cache.known.get(key) {
                found.extend(fields.iter().map(|(field, rank)| (*field, *rank, value, *unit)));
            }
        }
        found.sort_by_key(|(field, rank, _, _)| (*field, *rank));
        Self { found }
    }

    fn get(&self, field: &str) -> Option<(&'a Value, Unit)> {
        self.all(field).next()
    }

    fn all<'s>(&'s self, field: &'s str) -> impl Iterator<Item = (&'a Value, Unit)> + 's {
        self.found
            .iter()
            .filter(move |(f, ..)| *f == field)
            .map(|(_, _, value, unit)| (*value, *unit))
    }

    /// True when some property of the field is present and not missing.
    pub(super) fn has(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    /// Text of the best property of a field; numbers are printed.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        self.all(field).find_map(|(value, _)| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// Number of the best property of a field, as it stands.
    pub(super) fn number(&self, field: &str) -> Option<f64> {
        self.all(field).find_map(|(value, _)| number_of(value))
    }

    /// Length in metres; a number without unit is taken as metres.
    pub(super) fn metres(&self, field: &str) -> Option<f64> {
        self.all(field).find_map(|(value, unit)| length_m(value, unit, 1.0))
    }

    /// Money in yuan, by the unit of the key.
    pub(super) fn yuan(&self, field: &str) -> Option<f64> {
        self.all(field).find_map(|(value, unit)| {
            let factor = match unit {
                Unit::TenThousand => 1e4,
                Unit::HundredMillion => 1e8,
                _ => 1.0,
            };
            number_of(value).map(|n| n * factor)
        })
    }

    /// True when the source calls the section a box.
    pub(super) fn is_box(&self) -> bool {
        let is_word = |text: String| TABLE.box_words.iter().any(|w| w.eq_ignore_ascii_case(&text));
        self.text("section_shape").is_some_and(is_word)
    }

    /// Section of a pipe in metres: `(width, None)` for a diameter, `(width, Some(height))` for a box.
    ///
    /// Without a unit, numbers up to 6 are metres and larger ones millimetres.
    pub(super) fn section_m(&self) -> Option<(f64, Option<f64>)> {
        let by_size =
            |number: f64, unit: Unit| number * unit.metres().unwrap_or(if number <= 6.0 { 1.0 } else { 0.001 });
        let plausible = |m: f64| (0.005..=20.0).contains(&m);
        let side = |field| {
            self.all(field)
                .find_map(|(value, unit)| number_of(value).map(|n| by_size(n, unit)))
                .filter(|m| plausible(*m))
        };
        if let (Some(width), Some(height)) = (side("section_width"), side("section_height")) {
            return Some((width, Some(height)));
        }
        self.all("diameter").find_map(|(value, unit)| {
            if let Some(number) = number_of(value) {
                return Some((by_size(number, unit), None)).filter(|(m, _)| plausible(*m));
            }
            let text = value.as_str()?.to_lowercase();
            let text = text
                .trim()
                .trim_start_matches("dn")
                .trim_start_matches(['φ', 'ф', 'd'])
                .trim();
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let unit = match Unit::parse(text.get(digits.len()..)?) {
                Unit::Unstated => unit,
                stated => stated,
            };
            let mut sides = digits
                .split(['x', '×', '*'])
                .map(|side| side.trim().parse::<f64>().ok().map(|n| by_size(n, unit)));
            let width = sides.next()??;
            let height = sides.next().map_or(Some(None), |h| h.map(Some))?;
            Some((width, height)).filter(|(w, h)| plausible(*w) && h.is_none_or(plausible))
        })
    }
}

/// A number, or text that is a number.
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|n: &f64| n.is_finite() && !TABLE.missing.contains(n))
}

fn length_m(value: &Value, unit: Unit, fallback: f64) -> Option<f64> {
    match number_of(value) {
        Some(number) => Some(number * unit.metres().unwrap_or(fallback)),
        None => normalise::length_m(value.as_str()?),
    }
}

/// True for null, the sentinels and the words that stand for "not known".
fn is_missing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64().is_some_and(|n| TABLE.missing.contains(&n)),
        Value::String(text) => {
            let text = text.trim();
            TABLE.missing_text.iter().any(|word| word.eq_ignore_ascii_case(text))
                || text.parse::<f64>().is_ok_and(|n| TABLE.missing.contains(&n))
        }
        _ => false,
    }
}

/// Pipe class code of a word of any source.
pub(super) fn pipe_class_of(word: &str) -> Option<&'static str> {
    let word = word.trim();
    TABLE
        .pipe_classes
        .iter()
        .find(|(_, words)| words.iter().any(|w| w.eq_ignore_ascii_case(word)))
        .map(|(code, _)| code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with<T>(properties: Value, check: impl Fn(&Fields<'_>) -> T) -> T {
        let map = properties.as_object().cloned().unwrap();
        check(&Fields::of(&map, &mut KeyCache::default()))
    }

    #[test]
    fn the_table_is_whole() {
        for code in TABLE
            .pipe_class_words
            .iter()
            .map(|w| &w.class)
            .chain(TABLE.id_prefixes.values())
            .chain(TABLE.assumed_depth_m.keys())
        {
            assert!(TABLE.pipe_classes.contains_key(code), "{code}");
        }
        for words in &TABLE.class_words {
            assert!(FeatureClass::from_name(&words.class).is_some(), "{}", words.class);
        }
        assert_eq!(TABLE.pipe_classes.len(), TABLE.assumed_depth_m.len());
    }

    #[test]
    fn sections_in_the_wild() {
        for (properties, expect) in [
            (json!({"DIAMETER": 375}), Some((0.375, None))),
            (json!({"diameter": 0.2032}), Some((0.2032, None))),
            (json!({"管径(mm)": "300"}), Some((0.3, None))),
            (json!({"管径": "DN600"}), Some((0.6, None))),
            (json!({"PSIZE": "800X600"}), Some((0.8, Some(0.6)))),
            (json!({"断面尺寸": "2.0×1.5m"}), Some((2.0, Some(1.5)))),
            (json!({"diameter": "12 in"}), Some((0.3048, None))),
            (json!({"width_mm": 1200, "height_mm": 800}), Some((1.2, Some(0.8)))),
            (json!({"DIAMETER": 9999}), None),
            (json!({"DIAMETER": 0}), None),
            (json!({"DIAMETER": "NK"}), None),
            (json!({"DIAMETER": "x"}), None),
        ] {
            let got = with(properties.clone(), |f| f.section_m());
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            let is_same = match (got, expect) {
                (Some((w, h)), Some((x, y))) => {
                    close(w, x) && h.is_some() == y.is_some() && h.zip(y).is_none_or(|(h, y)| close(h, y))
                }
                (got, expect) => got.is_none() && expect.is_none(),
            };
            assert!(is_same, "{properties}: {got:?}");
        }
    }

    #[test]
    fn sentinels_are_missing_and_units_are_read() {
        assert_eq!(
            with(json!({"UPSTREAMINVERT": 9999, "起点高程": 357.17}), |f| f
                .metres("start_level")),
            Some(357.17)
        );
        assert!(!with(json!({"RIMELEVATION": "9999"}), |f| f.has("ground_level")));
        assert_eq!(
            with(json!({"总投资（万元）": "1200"}), |f| f.yuan("investment")),
            Some(1.2e7)
        );
        assert_eq!(with(json!({"depth": "5 ft"}), |f| f.metres("depth")), Some(1.524));
        assert_eq!(pipe_class_of("污水"), Some("WS"));
        assert_eq!(pipe_class_of("Box"), None);
    }
}
