//! Attribute keys that every reader adds beside the original ones, so that panels, search and styles know one name.

use city_model::attributes::{self, HEIGHT_KEYS, NAME_KEYS, STOREYS_KEYS, USE_KEYS, YEAR_KEYS};
use city_model::{Attributes, Date, Lifespan};
use serde_json::Value;

/// Storey height assumed when only the number of storeys is known, metres.
pub const STOREY_HEIGHT_M: f64 = 3.0;
/// Heights of buildings outside this range are taken for errors, metres.
pub const PLAUSIBLE_HEIGHT_M: std::ops::RangeInclusive<f64> = 0.1..=1200.0;

/// Roof and ground levels of 3DBAG (above NAP, not above ground): height is their difference.
const LEVEL_PAIRS: &[(&str, &str)] = &[
    ("b3_h_dak_70p", "b3_h_maaiveld"),
    ("b3_h_dak_max", "b3_h_maaiveld"),
    ("h_dak_70p", "h_maaiveld"),
    ("roof-0.75", "ground-0.50"),
];

/// Adds `name`, `height_m` (with `height_source` when it is derived), `storeys`, `year` and `use` where they can be told.
///
/// * `measured_height_m` — height of the geometry itself, used when no attribute gives one
pub fn building(attributes: &mut Attributes, measured_height_m: Option<f64>) {
    common(attributes);
    if let Some(storeys) = attributes::first_number(attributes, STOREYS_KEYS).filter(|n| (0.5..=250.0).contains(n)) {
        insert(attributes, "storeys", storeys.round());
    }
    if let Some(usage) = attributes::first_text(attributes, USE_KEYS) {
        attributes.entry("use").or_insert(Value::String(usage));
    }
    let (height, source) = height_m(attributes, measured_height_m);
    if let Some(height) = height
        && !attributes.contains_key("height_m")
    {
        insert(attributes, "height_m", (height * 100.0).round() / 100.0);
        if let Some(source) = source {
            attributes
                .entry("height_source")
                .or_insert(Value::String(source.to_owned()));
        }
    }
}

/// Keys of the year of construction met beside those of the model.
const MORE_YEAR_KEYS: &[&str] = &[
    "bouwjaar",
    "APPROXIMATEYEARBUILT",
    "YEAR_BUILT",
    "INSTALLYEAR",
    "INSTALL_YEAR",
    "start_date",
];

/// Adds `name` and `year`.
pub fn common(attributes: &mut Attributes) {
    if let Some(name) = attributes::first_text(attributes, NAME_KEYS).filter(|_| !attributes.contains_key("name")) {
        attributes.insert("name".to_owned(), Value::String(name));
    }
    if let Some(year) = built_in(attributes) {
        insert(attributes, "year", f64::from(year));
    }
}

/// When a thing exists, by its years of building and demolition.
pub fn lifespan(attributes: &Attributes) -> Lifespan {
    Lifespan {
        from: built_in(attributes).map(Date::from_year),
        to: year(attributes, &["yearOfDemolition", "拆除年份", "year_demolished"]).map(Date::from_year),
    }
}

/// True when some attribute gives a plausible height or number of storeys.
pub fn tells_height(attributes: &Attributes) -> bool {
    height_m(attributes, None).0.is_some()
}

/// Height above ground in metres, and how it was told when not stated as such.
fn height_m(attributes: &Attributes, measured_height_m: Option<f64>) -> (Option<f64>, Option<&'static str>) {
    let plausible = |h: &f64| PLAUSIBLE_HEIGHT_M.contains(h);
    let stated = HEIGHT_KEYS
        .iter()
        .find_map(|key| quantity(attributes, key).filter(plausible));
    if stated.is_some() {
        return (stated, None);
    }
    let by_levels = LEVEL_PAIRS.iter().find_map(|(roof, ground)| {
        Some(attributes::number(attributes, roof)? - attributes::number(attributes, ground)?).filter(plausible)
    });
    if by_levels.is_some() {
        return (by_levels, Some("roof level - ground level"));
    }
    if let Some(measured) = measured_height_m.filter(plausible) {
        return (Some(measured), Some("geometry"));
    }
    let by_storeys = attributes::first_number(attributes, STOREYS_KEYS)
        .map(|n| n * STOREY_HEIGHT_M)
        .filter(plausible);
    (by_storeys, by_storeys.map(|_| "storeys x 3.0 m"))
}

/// A number with an optional unit of length: `12.5`, `"12.5 m"`, `"40 ft"`, `{"value": 12.5}`; metres.
pub fn quantity(attributes: &Attributes, key: &str) -> Option<f64> {
    match attributes.get(key)? {
        Value::Object(measure) => attributes::number(measure, "value"),
        Value::String(text) => length_m(text),
        _ => attributes::number(attributes, key),
    }
    .filter(|v| v.is_finite())
}

/// A length in metres from text with an optional unit: `12.5`, `12.5 m`, `40 ft`, `300mm`.
pub fn length_m(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c)))
        .unwrap_or(text.len());
    let number: f64 = text.get(..split)?.parse().ok()?;
    let factor = match text.get(split..)?.trim().to_lowercase().as_str() {
        "" | "m" | "metre" | "metres" | "meter" | "meters" | "米" => 1.0,
        "ft" | "feet" | "'" => 0.3048,
        "in" | "inch" | "inches" => 0.0254,
        "cm" => 0.01,
        "mm" => 0.001,
        _ => return None,
    };
    Some(number * factor).filter(|v| v.is_finite())
}

fn built_in(attributes: &Attributes) -> Option<i32> {
    year(attributes, YEAR_KEYS).or_else(|| year(attributes, MORE_YEAR_KEYS))
}

/// First plausible year under any of `keys`: a number, `"1994"`, `"1994-04-17"` or `"1994年"`.
fn year(attributes: &Attributes, keys: &[&str]) -> Option<i32> {
    keys.iter().find_map(|key| {
        let text = attributes::text(attributes, key)?;
        let digits: String = text.chars().take_while(char::is_ascii_digit).take(4).collect();
        digits.parse().ok().filter(|year| (1000..=2200).contains(year))
    })
}

/// Inserts a number unless the key is there; whole numbers without a fraction.
pub fn insert(attributes: &mut Attributes, key: &str, number: f64) {
    if !number.is_finite() || attributes.contains_key(key) {
        return;
    }
    // the cast is safe: the range is checked
    let value = if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    };
    attributes.insert(key.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(input: Value, measured: Option<f64>, expect: Value) {
        let mut attributes = input.as_object().cloned().unwrap();
        let originals = attributes.clone();
        building(&mut attributes, measured);
        assert!(
            originals.iter().all(|(k, v)| attributes.get(k) == Some(v)),
            "originals are kept: {attributes:?}"
        );
        for (key, value) in expect.as_object().unwrap() {
            assert_eq!(attributes.get(key).unwrap_or(&Value::Null), value, "{key} of {input}");
        }
    }

    #[test]
    fn heights_say_where_they_come_from() {
        check(
            json!({"measuredHeight": 6.52}),
            Some(9.0),
            json!({"height_m": 6.52, "height_source": null}),
        );
        check(json!({"HEIGHT": "40 ft"}), None, json!({"height_m": 12.19}));
        check(
            json!({"b3_h_dak_70p": 3.19, "b3_h_maaiveld": 0.476, "oorspronkelijkbouwjaar": 1994}),
            None,
            json!({"height_m": 2.71, "height_source": "roof level - ground level", "year": 1994}),
        );
        check(json!({"b3_h_dak_70p": 45.0}), None, json!({"height_m": null}));
        check(
            json!({"Floor": 6}),
            None,
            json!({"height_m": 18, "storeys": 6, "height_source": "storeys x 3.0 m"}),
        );
        check(
            json!({"height": -9999}),
            Some(4.25),
            json!({"height_m": 4.25, "height_source": "geometry"}),
        );
    }

    #[test]
    fn names_uses_and_years_of_many_sources() {
        check(
            json!({"名称": "七号楼", "用途": "住宅", "建成年代": "1987年"}),
            None,
            json!({"name": "七号楼", "use": "住宅", "year": 1987}),
        );
        check(
            json!({"name": null, "yearOfConstruction": "1994-04-17"}),
            None,
            json!({"year": 1994}),
        );
        check(json!({"year": "yes"}), None, json!({"year": "yes"}));
    }
}
