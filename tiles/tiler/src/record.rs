//! What builders keep of a feature for the tiles above: identity and coordinates in compact form.

use crate::TileFeature;
use city_model::{Feature, attributes, layers};
use glam::DVec3;
use serde::{Deserialize, Serialize};

/// Identity of a feature, as it stands in a property table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureTag {
    /// Dense number in the city.
    pub index: u32,
    /// Code of [`layers`].
    pub layer_code: u8,
    /// Code of [`city_model::FeatureClass`].
    pub class_code: u8,
    /// Height of the body, metres.
    pub height_m: f32,
    /// Stable id.
    pub id: String,
    /// Display name, may be empty.
    pub name: String,
}

impl FeatureTag {
    /// Identity of a feature; `height_m` is that of the body drawn.
    pub fn of(feature: &Feature, height_m: f64) -> Self {
        let pipe_class = attributes::text(&feature.attributes, "pipe_class");
        Self {
            index: feature.index.0,
            layer_code: layers::layer_in(&feature.layer, feature.class, pipe_class.as_deref()).code,
            class_code: feature.class.code(),
            height_m: height_m as f32,
            id: feature.id.clone(),
            name: attributes::name(&feature.attributes).unwrap_or_default(),
        }
    }

    /// Row of a property table.
    pub fn to_row(&self) -> TileFeature {
        TileFeature {
            index: self.index,
            layer_code: self.layer_code,
            class_code: self.class_code,
            height_m: self.height_m,
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }
}

/// Points in whole centimetres, each as the difference from the one before; small numbers stay small on the wire.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PackedPoints(Vec<[i64; 3]>);

/// Half a unit of [`PackedPoints`] in each axis, as a distance: the most that packing moves a point, metres.
pub const PACKING_ERROR_M: f64 = 0.0087;

impl PackedPoints {
    /// Packs points (scene CRS, metres); points that are not finite are passed over.
    pub fn pack(points: impl IntoIterator<Item = DVec3>) -> Self {
        let mut last = [0_i64; 3];
        Self(
            points
                .into_iter()
                .filter(|p| p.is_finite())
                .map(|p| {
                    // the cast saturates far outside any projected CRS
                    let at = p.to_array().map(|v| (v * 100.0).round() as i64);
                    let step = [0, 1, 2].map(|i: usize| at[i].wrapping_sub(last[i]));
                    last = at;
                    step
                })
                .collect(),
        )
    }

    /// The points again, metres.
    pub fn unpack(&self) -> Vec<DVec3> {
        let mut at = [0_i64; 3];
        self.0
            .iter()
            .map(|step| {
                for (a, s) in at.iter_mut().zip(step) {
                    *a = a.wrapping_add(*s);
                }
                DVec3::new(at[0] as f64, at[1] as f64, at[2] as f64) / 100.0
            })
            .collect()
    }

    /// Number of points.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True without points.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes the records of a summary.
pub fn to_summary<T: Serialize>(records: &[T]) -> Vec<u8> {
    postcard::to_stdvec(records).unwrap_or_default()
}

/// Reads the records of several summaries one after another; a summary that cannot be read gives none.
pub fn from_summaries<T: for<'a> Deserialize<'a>>(summaries: &[&[u8]]) -> Vec<T> {
    summaries
        .iter()
        .flat_map(|bytes| postcard::from_bytes::<Vec<T>>(bytes).unwrap_or_default())
        .collect()
}

/// A number in 0–1 that looks random but depends on the feature and a purpose only.
pub fn jitter(index: u32, purpose: u32) -> f64 {
    let mut x = u64::from(index) << 32 | u64::from(purpose.wrapping_mul(0x9E37_79B9));
    // the finaliser of MurmurHash3
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    f64::from(((x ^ (x >> 33)) >> 40) as u32) / f64::from(1_u32 << 24)
}

/// A colour made lighter or darker by up to `amount` (0.06 = ±6 %), by feature.
pub fn jittered(rgb: [u8; 3], index: u32, amount: f64) -> [u8; 4] {
    let factor = 1.0 + (jitter(index, 17) * 2.0 - 1.0) * amount;
    // the cast saturates, which is the clamp that is wanted
    let [r, g, b] = rgb.map(|c| (f64::from(c) * factor).round() as u8);
    [r, g, b, 255]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn jitter_is_spread_and_repeatable() {
        let values: Vec<f64> = (0..1000).map(|i| jitter(i, 3)).collect();
        let mean = values.iter().sum::<f64>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.05 && values.iter().all(|v| (0.0..1.0).contains(v)));
        assert_eq!(jitter(7, 3), jitter(7, 3));
    }

    #[test]
    fn a_damaged_summary_gives_nothing() {
        assert_eq!(from_summaries::<FeatureTag>(&[&[255, 255, 255], &[]]), vec![]);
    }

    proptest! {
        #[test]
        fn packing_moves_points_by_less_than_said(points in proptest::collection::vec((-1e7..1e7f64, -1e7..1e7f64, -1e4..1e4f64), 0..20)) {
            let points: Vec<_> = points.into_iter().map(|(x, y, z)| DVec3::new(x, y, z)).collect();
            let bytes = to_summary(&[PackedPoints::pack(points.iter().copied())]);
            let back = from_summaries::<PackedPoints>(&[&bytes]);
            for (a, b) in points.iter().zip(back[0].unpack()) {
                prop_assert!(a.distance(b) <= PACKING_ERROR_M);
            }
        }
    }
}
