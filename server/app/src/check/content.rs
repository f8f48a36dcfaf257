//! Rules of tile contents: the container is whole, feature ids have rows, nothing is drawn outside the tile's volume.
//!
//! Source: glTF 2.0 (GLB container), EXT_mesh_features, EXT_structural_metadata. What the Khronos validator checks is
//! left to it; these are the rules between a content and the tileset around it.

use super::Walk;
use serde_json::Value;

/// Axis-aligned box in the tileset's frame, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aabb {
    min: [f64; 3],
    max: [f64; 3],
}

impl Aabb {
    /// Bounds of a 3D Tiles `box`; `None` when a number is not finite.
    pub(super) fn of_box(volume: &[f64; 12]) -> Option<Self> {
        if !volume.iter().all(|v| v.is_finite()) {
            return None;
        }
        let reach = |axis: usize| volume[3 + axis].abs() + volume[6 + axis].abs() + volume[9 + axis].abs();
        Some(Self {
            min: std::array::from_fn(|i| volume[i] - reach(i)),
            max: std::array::from_fn(|i| volume[i] + reach(i)),
        })
    }

    /// How far `inner` reaches out of this box; `None` within the tolerance.
    pub(super) fn exceeded_by(&self, inner: &Self, tolerance_m: f64) -> Option<f64> {
        let out = |i: usize| (self.min[i] - inner.min[i]).max(inner.max[i] - self.max[i]);
        let most = (0..3).map(out).fold(f64::NEG_INFINITY, f64::max);
        (most > tolerance_m).then_some(most)
    }
}

const MAGIC: &[u8; 4] = b"glTF";
const JSON_CHUNK: &[u8; 4] = b"JSON";

/// JSON of a GLB, when the container is whole.
fn json_of(bytes: &[u8]) -> Result<Value, String> {
    let word = |at: usize| -> Option<u32> { bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes) };
    if bytes.get(..4) != Some(MAGIC) || word(4) != Some(2) {
        return Err("no GLB of version 2".to_owned());
    }
    let stated = word(8).unwrap_or(0) as usize;
    if stated != bytes.len() {
        return Err(format!(
            "the header states {stated} bytes, the file has {}",
            bytes.len()
        ));
    }
    let length = word(12).unwrap_or(0) as usize;
    if bytes.get(16..20) != Some(JSON_CHUNK) {
        return Err("the first chunk is no JSON".to_owned());
    }
    let json = bytes
        .get(20..20_usize.saturating_add(length))
        .ok_or("the JSON chunk is cut off")?;
    serde_json::from_slice(json).map_err(|err| format!("the JSON chunk cannot be read: {err}"))
}

impl Walk<'_> {
    /// One tile content.
    pub(super) fn glb(&mut self, bytes: &[u8], at: &str, volume: Option<&Aabb>) {
        let json = match json_of(bytes) {
            Ok(json) => json,
            Err(message) => return self.error("content/damaged", at, message),
        };
        let rows = json["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["count"].as_u64();
        let Some(rows) = rows else {
            return self.error("content/no-features", at, "no property table");
        };
        if rows > u64::from(self.feature_index_count) {
            let message = format!("{rows} rows, and the city has {} features", self.feature_index_count);
            self.error("content/too-many-features", at, message);
        }
        let primitives = json["meshes"].as_array().into_iter().flatten();
        for primitive in primitives.flat_map(|mesh| mesh["primitives"].as_array().into_iter().flatten()) {
            let declared = &primitive["extensions"]["EXT_mesh_features"]["featureIds"][0];
            match declared["featureCount"].as_u64() {
                Some(count) if count <= rows => {}
                Some(count) => {
                    let message = format!("{count} feature ids, and {rows} rows");
                    self.error("content/feature-without-row", at, message);
                }
                None => self.error("content/no-features", at, "a primitive without feature ids"),
            }
            if let (Some(drawn), Some(volume)) = (drawn_bounds(&json, primitive), volume)
                && let Some(out_m) = volume.exceeded_by(&drawn.0, drawn.1 + 0.005)
            {
                let message = format!("geometry reaches {out_m:.3} m out of the tile's volume");
                self.error("content/bounds-escape", at, message);
            }
        }
    }
}

/// Bounds of a primitive in the tileset's frame and the step of its quantization, metres. Tiles have one node.
fn drawn_bounds(json: &Value, primitive: &Value) -> Option<(Aabb, f64)> {
    let node = &json["nodes"][0];
    let triple = |value: &Value| -> Option<[f64; 3]> {
        let array = value.as_array()?;
        Some([
            array.first()?.as_f64()?,
            array.get(1)?.as_f64()?,
            array.get(2)?.as_f64()?,
        ])
    };
    let translation = triple(&node["translation"])?;
    let scale = triple(&node["scale"])?;
    let index = usize::try_from(primitive["attributes"]["POSITION"].as_u64()?).ok()?;
    let accessor = json["accessors"].get(index)?;
    let (min, max) = (triple(&accessor["min"])?, triple(&accessor["max"])?);
    let place = |corner: [f64; 3]| -> [f64; 3] { std::array::from_fn(|i| translation[i] + scale[i] * corner[i]) };
    let (low, high) = (place(min), place(max));
    // glTF is y-up, tiles are z-up: (x, y, z) → (x, −z, y)
    let bounds = Aabb {
        min: [low[0], -high[2], low[1]],
        max: [high[0], -low[2], high[1]],
    };
    Some((bounds, scale.into_iter().fold(0.0, f64::max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_container_is_told_from_a_whole_one() {
        let json = br#"{"a":1}"#;
        let mut glb = Vec::new();
        glb.extend_from_slice(b"glTF");
        glb.extend_from_slice(&2_u32.to_le_bytes());
        glb.extend_from_slice(&27_u32.to_le_bytes());
        glb.extend_from_slice(&7_u32.to_le_bytes());
        glb.extend_from_slice(b"JSON");
        glb.extend_from_slice(json);
        assert_eq!(json_of(&glb).unwrap()["a"], 1);
        for length in 0..glb.len() {
            assert!(json_of(&glb[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_box_holds_another_or_says_by_how_much_it_does_not() {
        let of = |center: f64, half: f64| {
            let mut volume = [0.0; 12];
            (volume[0], volume[3], volume[7], volume[11]) = (center, half, 1.0, 1.0);
            Aabb::of_box(&volume).unwrap()
        };
        assert_eq!(of(0.0, 10.0).exceeded_by(&of(5.0, 5.0), 0.0), None);
        assert_eq!(of(0.0, 10.0).exceeded_by(&of(6.0, 5.0), 0.001), Some(1.0));
        let mut broken = [0.0; 12];
        broken[4] = f64::NAN;
        assert_eq!(Aabb::of_box(&broken), None);
    }
}
