//! Tells what a GeoJSON feature is: by its own words, by its properties, by the name of its layer, by what it looks like.

use super::aliases::{Fields, TABLE, pipe_class_of};
use super::geometry::Parts;
use city_model::FeatureClass;
use serde_json::{Map, Value};

/// What a feature was taken for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) class: FeatureClass,
    pub(super) node_kind: Option<String>,
    pub(super) pipe_class: Option<String>,
    /// False when nothing spoke for the class and a fallback was taken.
    pub(super) is_told: bool,
}

/// What the caller and the file name say about all features.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Hints {
    /// Lower-case words: layer, file name and collection name.
    pub(super) words: String,
    /// Pipe class given by the caller.
    pub(super) pipe_class: Option<String>,
    /// Class given by the caller.
    pub(super) default_class: Option<FeatureClass>,
}

/// Decides the class of a feature. The first that speaks wins: a property that names a class; properties of the rule
/// table; numbers that only pipes or buildings have; the words of the layer; the caller's default; the geometry.
pub(super) fn classify(properties: &Map<String, Value>, fields: &Fields<'_>, parts: &Parts, hints: &Hints) -> Verdict {
    let fits = |class: FeatureClass| fits(class, parts);
    let mut verdict = Verdict {
        class: FeatureClass::Generic,
        node_kind: None,
        pipe_class: None,
        is_told: true,
    };
    let rule = TABLE.classes.iter().find(|rule| {
        fits(rule.class)
            && properties.get(&rule.key).is_some_and(|value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::String(text) if text == "no" || text.trim().is_empty() => false,
                value => {
                    rule.values.is_empty() || value.as_str().is_some_and(|text| rule.values.iter().any(|v| v == text))
                }
            })
    });
    if let Some(rule) = rule {
        verdict.node_kind.clone_from(&rule.node_kind);
        verdict.pipe_class.clone_from(&rule.pipe_class);
    }
    let by_word = || {
        TABLE
            .class_words
            .iter()
            .find(|entry| entry.words.iter().any(|word| hints.words.contains(word.as_str())))
            .and_then(|entry| FeatureClass::from_name(&entry.class))
    };
    let class = named(fields)
        .filter(|c| fits(*c))
        .or_else(|| rule.map(|r| r.class))
        .or_else(|| looks_like(properties, fields, parts))
        .or_else(|| by_word().filter(|c| fits(*c)))
        .or_else(|| {
            hints.pipe_class.as_ref().and_then(|_| {
                [FeatureClass::Pipe, FeatureClass::PipeNode]
                    .into_iter()
                    .find(|c| fits(*c))
            })
        })
        .or_else(|| hints.default_class.filter(|c| fits(*c)));
    verdict.is_told = class.is_some();
    verdict.class = class.unwrap_or(if parts.polygons.is_empty() {
        FeatureClass::Generic
    } else {
        FeatureClass::Zone
    });
    if matches!(verdict.class, FeatureClass::Pipe | FeatureClass::PipeNode) {
        verdict.pipe_class = pipe_class(properties, fields, hints).or(verdict.pipe_class);
        if verdict.class == FeatureClass::PipeNode {
            verdict.node_kind = node_kind(fields, hints).or(verdict.node_kind);
        }
    }
    verdict
}

/// A class that the feature names itself, in English or Chinese.
fn named(fields: &Fields<'_>) -> Option<FeatureClass> {
    let text = fields.text("feature_class")?;
    FeatureClass::from_name(&text).or_else(|| FeatureClass::ALL.iter().copied().find(|c| c.label_zh() == text))
}

/// Whether a class can have geometry of this kind.
fn fits(class: FeatureClass, parts: &Parts) -> bool {
    use FeatureClass as C;
    match class {
        C::Pipe => !parts.lines.is_empty(),
        C::PipeNode | C::Tree | C::CityFurniture => parts.polygons.is_empty() && parts.lines.is_empty(),
        C::Road | C::Railway | C::Water => !parts.lines.is_empty() || !parts.polygons.is_empty(),
        _ => !parts.polygons.is_empty() || (parts.lines.is_empty() && class == C::Project),
    }
}

fn looks_like(properties: &Map<String, Value>, fields: &Fields<'_>, parts: &Parts) -> Option<FeatureClass> {
    if !parts.polygons.is_empty() {
        let is_raised =
            fields.has("storeys") || fields.has("building_height") || crate::normalise::tells_height(properties);
        return is_raised.then_some(FeatureClass::Building);
    }
    if !parts.lines.is_empty() {
        let has_pipe_fields = ["diameter", "start_level", "end_level", "start_depth", "end_depth"]
            .iter()
            .any(|f| fields.has(f));
        return has_pipe_fields.then_some(FeatureClass::Pipe);
    }
    fields
        .has("ground_level")
        .then_some(FeatureClass::PipeNode)
        .filter(|_| fields.has("node_kind") || fields.has("pipe_class"))
}

/// Pipe class: of the feature, of the caller, of the prefix of its id, of the layer's name.
fn pipe_class(properties: &Map<String, Value>, fields: &Fields<'_>, hints: &Hints) -> Option<String> {
    let stated = fields
        .text("pipe_class")
        .and_then(|text| pipe_class_of(&text))
        .map(str::to_owned);
    let by_prefix = || {
        let id = fields.text("id")?;
        TABLE
            .id_prefixes
            .iter()
            .find(|(prefix, _)| id.starts_with(prefix.as_str()))
            .map(|(_, class)| class.clone())
    };
    let by_word = || {
        let entry = TABLE
            .pipe_class_words
            .iter()
            .find(|e| e.words.iter().any(|word| hints.words.contains(word.as_str())));
        entry.map(|e| e.class.clone())
    };
    let of_tag = || {
        properties
            .get("man_made")
            .and_then(Value::as_str)
            .and_then(pipe_class_of)
            .map(str::to_owned)
    };
    stated
        .or_else(|| hints.pipe_class.clone())
        .or_else(by_prefix)
        .or_else(of_tag)
        .or_else(by_word)
}

fn node_kind(fields: &Fields<'_>, hints: &Hints) -> Option<String> {
    let find = |text: &str| {
        let text = text.to_lowercase();
        TABLE
            .node_kinds
            .iter()
            .find(|entry| entry.words.iter().any(|word| text.contains(word.as_str())))
            .map(|e| e.kind.clone())
    };
    fields
        .text("node_kind")
        .and_then(|text| find(&text))
        .or_else(|| find(&hints.words))
}

#[cfg(test)]
mod tests {
    use super::super::aliases::KeyCache;
    use super::*;
    use serde_json::json;

    fn check(kind: &str, properties: Value, words: &str, class: FeatureClass) -> Verdict {
        let mut parts = Parts::default();
        match kind {
            "polygon" => parts.polygons.push(vec![]),
            "line" => parts.lines.push(vec![]),
            _ => parts.points.push(glam::DVec3::ZERO),
        }
        let map = properties.as_object().cloned().unwrap();
        let hints = Hints {
            words: words.to_owned(),
            ..Hints::default()
        };
        let verdict = classify(&map, &Fields::of(&map, &mut KeyCache::default()), &parts, &hints);
        assert_eq!(verdict.class, class, "{kind} {properties} {words}");
        verdict
    }

    #[test]
    fn classes_of_many_sources() {
        use FeatureClass as C;
        check("polygon", json!({"building": "yes"}), "", C::Building);
        check(
            "polygon",
            json!({"Floor": 2, "height": 6.0}),
            "suzhou_footprints",
            C::Building,
        );
        check("polygon", json!({"natural": "water"}), "", C::Water);
        check("polygon", json!({"leisure": "park"}), "", C::PlantCover);
        check("polygon", json!({"landuse": "residential"}), "", C::LandUse);
        check("polygon", json!({"class": "项目"}), "", C::Generic.max(C::Zone));
        check("polygon", json!({"class": "更新项目"}), "", C::Project);
        check("polygon", json!({}), "renewal_projects", C::Project);
        check("polygon", json!({"building": "no"}), "", C::Zone);
        check("line", json!({"highway": "primary"}), "", C::Road);
        check("line", json!({"waterway": "river"}), "", C::Water);
        check("line", json!({}), "x", C::Generic);
        check("point", json!({"natural": "tree"}), "", C::Tree);
        check("point", json!({"highway": "street_lamp"}), "", C::CityFurniture);
    }

    #[test]
    fn pipes_and_their_nodes() {
        use FeatureClass as C;
        let class = |v: Verdict| v.pipe_class.unwrap_or_default();
        assert_eq!(
            class(check(
                "line",
                json!({"DIAMETER": 375, "PIPECLASS": "Box", "FACILITYID": "DGM1"}),
                "mains",
                C::Pipe
            )),
            "YS"
        );
        assert_eq!(
            class(check(
                "line",
                json!({"DIAMETER": 375, "FACILITYID": "x"}),
                "sanitary_mains",
                C::Pipe
            )),
            "WS"
        );
        assert_eq!(
            class(check("line", json!({"管线类别": "燃气", "管径": 200}), "", C::Pipe)),
            "RQ"
        );
        assert_eq!(
            class(check("line", json!({"minor_loss": 0.0, "diameter": 0.2}), "", C::Pipe)),
            "JS"
        );
        let node = check("point", json!({"附属物": "雨水箅", "管类": "YS"}), "", C::PipeNode);
        assert_eq!(
            (node.node_kind.as_deref(), node.pipe_class.as_deref()),
            (Some("catch basin"), Some("YS"))
        );
        assert_eq!(
            check("point", json!({"MANHOLEID": "5"}), "", C::PipeNode)
                .node_kind
                .as_deref(),
            Some("manhole")
        );
    }
}
