//! Serde twins of CityJSON objects: typed where it pays, tolerant where writers differ.
//!
//! # Source
//! CityJSON specifications 1.0.3, 1.1.3 and 2.0.1, <https://www.cityjson.org/specs/>.

use super::nested::Nested;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Scale and shift of integer vertices.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub(crate) struct Transform {
    /// Per axis.
    pub(crate) scale: [f64; 3],
    /// Per axis, in the units of the CRS.
    pub(crate) translate: [f64; 3],
}

impl Transform {
    /// Real-world coordinates as they stand (CityJSON 1.0 without `transform`).
    pub(crate) const IDENTITY: Self = Self {
        scale: [1.0; 3],
        translate: [0.0; 3],
    };

    /// Vertex in the CRS.
    pub(crate) fn apply(&self, v: [f64; 3]) -> glam::DVec3 {
        glam::DVec3::from_array(v) * glam::DVec3::from_array(self.scale) + glam::DVec3::from_array(self.translate)
    }
}

/// Level of detail times ten: from `"2.2"`, `2.2`, `2` or `"LoD2"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lod(pub(crate) Option<u8>);

impl<'de> Deserialize<'de> for Lod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let level = match Value::deserialize(deserializer)? {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => s
                .trim_start_matches(|c: char| !c.is_ascii_digit())
                .trim()
                .parse::<f64>()
                .ok(),
            _ => None,
        };
        // the cast is safe: the range is checked before
        Ok(Self(
            level
                .filter(|l| (0.0..10.0).contains(l))
                .map(|l| (l * 10.0).round() as u8),
        ))
    }
}

/// Semantic surfaces of one geometry.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub(crate) struct Semantics {
    #[serde(default)]
    pub(crate) surfaces: Vec<SemanticSurface>,
    #[serde(default)]
    pub(crate) values: Nested,
}

/// One semantic surface; its own attributes are not kept.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub(crate) struct SemanticSurface {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

/// Materials or textures of one theme.
#[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
pub(crate) struct ThemeValues {
    /// The same for every surface.
    #[serde(default)]
    pub(crate) value: Option<u32>,
    /// Per surface (materials) or ring (textures).
    #[serde(default)]
    pub(crate) values: Nested,
}

/// One geometry of a city object, or a template.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Geometry<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(default)]
    pub(crate) lod: Option<Lod>,
    #[serde(default)]
    pub(crate) boundaries: Nested,
    #[serde(default)]
    pub(crate) semantics: Option<Semantics>,
    #[serde(default, deserialize_with = "ordered_themes")]
    pub(crate) material: Vec<(String, ThemeValues)>,
    #[serde(default, deserialize_with = "ordered_themes")]
    pub(crate) texture: Vec<(String, ThemeValues)>,
    #[serde(default)]
    pub(crate) template: Option<u32>,
    #[serde(default, rename = "transformationMatrix")]
    pub(crate) transformation_matrix: Option<Vec<f64>>,
}

/// One city object.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct CityObject<'a> {
    pub(crate) kind: Cow<'a, str>,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) geometry: Vec<Geometry<'a>>,
    pub(crate) parents: Vec<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for CityObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CityObjectVisitor(std::marker::PhantomData))
    }
}

struct CityObjectVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for CityObjectVisitor<'a> {
    type Value = CityObject<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a city object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = CityObject::default();
        let mut extras = Map::new();
        while let Some(CowStr(key)) = map.next_key()? {
            match key.as_ref() {
                "type" => object.kind = map.next_value::<CowStr<'a>>()?.0,
                "attributes" => object.attributes = map.next_value::<Option<Map<String, Value>>>()?.unwrap_or_default(),
                "geometry" => object.geometry = map.next_value::<Option<Vec<Geometry<'a>>>>()?.unwrap_or_default(),
                "parents" => object.parents = map.next_value::<Option<Vec<String>>>()?.unwrap_or_default(),
                // properties of extensions and the address stand beside the attributes; they belong to them here
                "address" => drop(extras.insert(key.into_owned(), map.next_value()?)),
                other if other.starts_with('+') => drop(extras.insert(key.into_owned(), map.next_value()?)),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        for (key, value) in extras {
            object.attributes.entry(key).or_insert(value);
        }
        if object.kind.is_empty() {
            return Err(de::Error::missing_field("type"));
        }
        Ok(object)
    }
}

/// Text borrowed from the input where it has no escapes.
struct CowStr<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for CowStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
            type Value = CowStr<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor(std::marker::PhantomData))
    }
}

/// Themes in the order of the file: the first is the fallback.
fn ordered_themes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, ThemeValues)>, D::Error> {
    struct ThemesVisitor;
    impl<'de> Visitor<'de> for ThemesVisitor {
        type Value = Vec<(String, ThemeValues)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of themes")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut themes = Vec::new();
            while let Some(theme) = map.next_entry()? {
                themes.push(theme);
            }
            Ok(themes)
        }
    }
    deserializer.deserialize_any(ThemesVisitor)
}

/// A city object read part by part after the typed reading failed: what is well formed is kept.
pub(crate) fn salvage(text: &[u8], complaints: &mut Vec<String>) -> Option<CityObject<'static>> {
    let Value::Object(mut map) = serde_json::from_slice(text)
        .map_err(|err| complaints.push(err.to_string()))
        .ok()?
    else {
        complaints.push("the city object is no JSON object".to_owned());
        return None;
    };
    let Some(kind) = map
        .get("type")
        .and_then(Value::as_str)
        .filter(|kind| !kind.is_empty())
        .map(str::to_owned)
    else {
        complaints.push("the city object has no \"type\"".to_owned());
        return None;
    };
    let attributes = match map.remove("attributes") {
        Some(Value::Object(attributes)) => attributes,
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            complaints.push("\"attributes\" is no object".to_owned());
            Map::new()
        }
    };
    let geometry = match map.remove("geometry") {
        Some(Value::Array(items)) => items
            .into_iter()
            .filter_map(|item| salvage_geometry(item, complaints))
            .collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(_) => {
            complaints.push("\"geometry\" is no array".to_owned());
            Vec::new()
        }
    };
    let parents = match map.remove("parents") {
        Some(Value::Array(items)) => items
            .into_iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    Some(CityObject {
        kind: Cow::Owned(kind),
        attributes,
        geometry,
        parents,
    })
}

fn salvage_geometry(mut item: Value, complaints: &mut Vec<String>) -> Option<Geometry<'static>> {
    let decode = |item: &Value| serde_json::from_value::<OwnedGeometry>(item.clone()).map(|g| g.0);
    let first = match decode(&item) {
        Ok(geometry) => return Some(geometry),
        Err(err) => err.to_string(),
    };
    complaints.push(first);
    let members = item.as_object_mut()?;
    for decoration in ["semantics", "material", "texture"] {
        members.remove(decoration);
    }
    decode(&item).ok()
}

struct OwnedGeometry(Geometry<'static>);

impl<'de> Deserialize<'de> for OwnedGeometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let g = Geometry::deserialize(deserializer)?;
        Ok(Self(Geometry {
            kind: Cow::Owned(g.kind.into_owned()),
            lod: g.lod,
            boundaries: g.boundaries,
            semantics: g.semantics,
            material: g.material,
            texture: g.texture,
            template: g.template,
            transformation_matrix: g.transformation_matrix,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_every_spelling() {
        let lod = |text: &str| serde_json::from_str::<Lod>(text).unwrap().0;
        assert_eq!(
            [lod("\"2.2\""), lod("2"), lod("1.0"), lod("1.3"), lod("\"LoD2\"")],
            [Some(22), Some(20), Some(10), Some(13), Some(20)]
        );
        assert_eq!([lod("\"\""), lod("-1"), lod("1e9"), lod("null"), lod("[]")], [None; 5]);
    }

    #[test]
    fn extension_properties_join_the_attributes() {
        let object: CityObject<'_> = serde_json::from_str(
            r#"{"type":"+Noise","attributes":{"a":1},"+noise-x":2,"address":[{"city":"郑州"}],"parents":["p"]}"#,
        )
        .unwrap();
        assert_eq!(
            (object.kind.as_ref(), object.attributes.len(), object.parents.len()),
            ("+Noise", 3, 1)
        );
    }

    #[test]
    fn a_broken_texture_does_not_lose_the_wall() {
        let text = br#"{"type":"Building","attributes":[],"geometry":[{"type":"MultiSurface","lod":1,"boundaries":[[[0,1,2]]],"texture":7},9]}"#;
        assert!(serde_json::from_slice::<CityObject<'_>>(text).is_err());
        let mut complaints = Vec::new();
        let object = salvage(text, &mut complaints).unwrap();
        assert_eq!((object.geometry.len(), complaints.len()), (1, 3), "{complaints:?}");
    }
}
