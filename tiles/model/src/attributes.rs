//! Typed attributes of a feature and the aliases under which common ones are met.

use serde_json::Value;

/// Attributes in source order: JSON scalars, lists and objects, UTF-8 text.
pub type Attributes = serde_json::Map<String, Value>;

/// Sets `changes`; `null` removes.
pub fn apply(attributes: &mut Attributes, changes: &Attributes) {
    for (key, value) in changes {
        if value.is_null() {
            attributes.shift_remove(key);
        } else {
            attributes.insert(key.clone(), value.clone());
        }
    }
}

/// Reads a finite number; accepts numeric text such as `"12.5"`.
pub fn number(attributes: &Attributes, key: &str) -> Option<f64> {
    match attributes.get(key)? {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
    .filter(|v: &f64| v.is_finite())
}

/// Reads a text attribute; numbers are printed.
pub fn text(attributes: &Attributes, key: &str) -> Option<String> {
    match attributes.get(key)? {
        Value::String(s) => Some(s.trim().to_owned()).filter(|s| !s.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// First number found under any of `keys`, in their order.
pub fn first_number(attributes: &Attributes, keys: &[&str]) -> Option<f64> {
    keys.iter().find_map(|key| number(attributes, key))
}

/// First text found under any of `keys`, in their order.
pub fn first_text(attributes: &Attributes, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(attributes, key))
}

/// Keys under which a feature's display name is met, best first.
pub const NAME_KEYS: &[&str] = &["name", "名称", "Name", "NAME", "gml:name", "street", "road"];
/// Keys of a building's height above ground in metres.
pub const HEIGHT_KEYS: &[&str] = &[
    "height_m",
    "height",
    "Height",
    "HEIGHT",
    "measuredHeight",
    "建筑高度",
    "高度",
    "BLDG_HEIGHT",
    "HEIGHTABOVEGROUND",
];
/// Keys of the number of storeys above ground.
pub const STOREYS_KEYS: &[&str] = &[
    "storeys",
    "storeysAboveGround",
    "floors",
    "Floor",
    "FLOOR",
    "levels",
    "building:levels",
    "b3_bouwlagen",
    "层数",
    "楼层",
    "地上层数",
];
/// Keys of the year of construction.
pub const YEAR_KEYS: &[&str] = &[
    "year",
    "yearOfConstruction",
    "oorspronkelijkbouwjaar",
    "建成年代",
    "建设年代",
    "建成年份",
    "YEARBUILT",
];
/// Keys of a building's use.
pub const USE_KEYS: &[&str] = &[
    "use",
    "usage",
    "function",
    "building",
    "用途",
    "房屋用途",
    "建筑用途",
    "TYPE",
    "BLDG_TYPE",
];

/// Display name of a feature, if its source gives one.
pub fn name(attributes: &Attributes) -> Option<String> {
    first_text(attributes, NAME_KEYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_roof_level_above_a_datum_is_no_height() {
        // 3DBAG gives b3_h_* in metres above NAP
        let attributes = json!({"b3_h_dak_70p": 45.0, "b3_h_maaiveld": 40.0})
            .as_object()
            .cloned()
            .unwrap_or_default();
        assert_eq!(first_number(&attributes, HEIGHT_KEYS), None);
    }

    #[test]
    fn numbers_are_read_from_text_and_never_nan() {
        let attributes = json!({"height": " 12.5 ", "Floor": "NaN", "floors": 6})
            .as_object()
            .cloned()
            .unwrap_or_default();
        assert_eq!(first_number(&attributes, HEIGHT_KEYS), Some(12.5));
        assert_eq!(first_number(&attributes, STOREYS_KEYS), Some(6.0));
        assert_eq!(number(&attributes, "absent"), None);
    }
}
