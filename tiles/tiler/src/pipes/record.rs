//! What a pipe or node is, once its levels are known: drawn by leaves and kept for coarser tiles.

use crate::plan::polyline;
use crate::record::{FeatureTag, PackedPoints};
use crate::terrain::TerrainSampler;
use city_model::{
    CrossSection, Feature, LevelReference, Line, PointKind, PointShape, attributes, layers, style::pipe_mark,
};
use glam::DVec3;
use serde::{Deserialize, Serialize};

/// Size at which a pipe of unknown section is drawn, metres.
pub const NOMINAL_M: f64 = 0.1;
/// Greatest section that is believed, metres; larger ones (9999 mm for "unknown") are drawn nominal.
const MAX_SECTION_M: f64 = 15.0;
/// Covers stand this far above the ground that carries them: above the carriageway laid on the terrain, metres.
pub const COVER_ABOVE_M: f64 = 0.17;

/// Section of a pipe, metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Section {
    /// Diameter.
    Round(f64),
    /// Width and height.
    Duct(f64, f64),
}

impl Section {
    /// Greatest extent, metres.
    pub const fn size_m(self) -> f64 {
        match self {
            Self::Round(d) => d,
            Self::Duct(w, h) => w.max(h),
        }
    }

    /// Height, metres.
    pub const fn height_m(self) -> f64 {
        match self {
            Self::Round(d) => d,
            Self::Duct(_, h) => h,
        }
    }
}

/// How a pipe or node looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipeLook {
    /// Display colour.
    pub color: [u8; 4],
    /// Bits of [`pipe_mark`].
    pub mark: u8,
    /// Years since 1900 laid, 0 unknown.
    pub age_code: u8,
}

/// A pipe, or a chain of pipes in coarser tiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipeRecord {
    /// Whose it is; of a chain, the longest member.
    pub tag: FeatureTag,
    /// How it looks.
    pub look: PipeLook,
    /// Axis, scene CRS with true heights, in the direction of flow.
    pub axis: PackedPoints,
    /// Section.
    pub section: Section,
    /// How far the axis and section already are from the source, metres.
    pub error_m: f64,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Whose it is.
    pub tag: FeatureTag,
    /// How it looks.
    pub look: PipeLook,
    /// Top of the cover, or middle of a fitting; scene CRS.
    pub at: [f64; 3],
    /// Body.
    pub body: NodeBody,
    /// Rotation about z, radians.
    pub turn_rad: f32,
}

/// Body of a node, metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum NodeBody {
    /// Diameter, depth.
    Shaft(f64, f64),
    /// Width, length, depth.
    Chamber(f64, f64, f64),
    /// Size.
    Fitting(f64),
}

impl NodeBody {
    /// Greatest extent, metres.
    pub const fn size_m(self) -> f64 {
        match self {
            Self::Shaft(d, depth) => d.max(depth),
            Self::Chamber(w, l, depth) => w.max(l).max(depth),
            Self::Fitting(s) => s,
        }
    }
}

/// Colour and marks of a feature of the group.
pub fn look_of(feature: &Feature) -> PipeLook {
    let class = attributes::text(&feature.attributes, "pipe_class").unwrap_or_default();
    let drain = layers::DRAIN_DISPLAY_RGB
        .iter()
        .find(|(code, _)| *code == class)
        .map(|(_, rgb)| *rgb);
    let layer = layers::layer_of(feature.class, Some(class.as_str()).filter(|c| !c.is_empty()));
    let [r, g, b] = drain.unwrap_or(layer.rgb);
    let year = attributes::first_number(&feature.attributes, attributes::YEAR_KEYS).unwrap_or(0.0);
    // the cast saturates: 1900 and earlier, and unknown, give 0
    PipeLook {
        color: [r, g, b, 255],
        mark: 0,
        age_code: (year - 1900.0) as u8,
    }
}

/// The pipe of a line; `None` when it has no length or a coordinate is not finite.
pub fn pipe_of(feature: &Feature, line: &Line, sampler: &TerrainSampler<'_>) -> Option<PipeRecord> {
    let believable = |v: f64| v.is_finite() && v > 0.0 && v <= MAX_SECTION_M;
    let (section, is_nominal) = match line.section {
        CrossSection::Circle { diameter_m } if believable(diameter_m) => (Section::Round(diameter_m), false),
        CrossSection::Rect { width_m, height_m } if believable(width_m) && believable(height_m) => {
            (Section::Duct(width_m, height_m), false)
        }
        _ => (Section::Round(NOMINAL_M), true),
    };
    let half = section.height_m() * 0.5;
    let mut axis: Vec<DVec3> = polyline::cleaned(&line.points)?
        .into_iter()
        .map(|p| match line.reference {
            LevelReference::Axis => p,
            LevelReference::Top => p - DVec3::Z * half,
            // walls are not in the data: the section is taken as the inner one
            LevelReference::InsideBottom => p + DVec3::Z * half,
            LevelReference::BelowTerrain => p + DVec3::Z * sampler.height(p.truncate()),
        })
        .collect();
    let (first, last) = (*axis.first()?, *axis.last()?);
    let flow = attributes::text(&feature.attributes, "flow").unwrap_or_default();
    let is_drain = matches!(
        attributes::text(&feature.attributes, "pipe_class").as_deref(),
        Some("YS" | "WS" | "HS")
    );
    let (is_known, is_reversed) = match flow.as_str() {
        "+" | "1" | "1.0" | "forward" | "from_to" => (true, false),
        "-" | "-1" | "-1.0" | "reverse" | "to_from" => (true, true),
        // a drain without a stated direction runs downhill
        _ if is_drain && (first.z - last.z).abs() > 1e-3 => (true, last.z > first.z),
        _ => (false, false),
    };
    if is_reversed {
        axis.reverse();
    }
    let mut look = look_of(feature);
    look.mark = if is_nominal { pipe_mark::NOMINAL } else { 0 } | if is_known { pipe_mark::FLOW_KNOWN } else { 0 };
    let tag = FeatureTag::of(feature, section.height_m());
    Some(PipeRecord {
        tag,
        look,
        axis: PackedPoints::pack(axis),
        section,
        error_m: 0.0,
    })
}

/// The node of a point; `None` when a number is not finite.
pub fn node_of(feature: &Feature, point: &PointShape, sampler: &TerrainSampler<'_>) -> Option<NodeRecord> {
    if !point.position.is_finite() {
        return None;
    }
    let size = |v: f64, least: f64, most: f64| if v.is_finite() { v.clamp(least, most) } else { least };
    let (body, above_m) = match point.kind {
        PointKind::Manhole { diameter_m, depth_m } => (
            NodeBody::Shaft(size(diameter_m, 0.3, 10.0), size(depth_m, 0.3, 60.0)),
            COVER_ABOVE_M,
        ),
        PointKind::Chamber {
            width_m,
            length_m,
            depth_m,
        } => (
            NodeBody::Chamber(
                size(width_m, 0.2, 30.0),
                size(length_m, 0.2, 30.0),
                size(depth_m, 0.2, 60.0),
            ),
            COVER_ABOVE_M,
        ),
        PointKind::Fitting { size_m } => (NodeBody::Fitting(size(size_m, 0.1, 5.0)), 0.0),
        PointKind::Post { height_m } => (
            NodeBody::Chamber(0.2, 0.2, size(height_m, 0.2, 30.0)),
            height_m.max(0.0),
        ),
        PointKind::Mark | PointKind::Tree { .. } => (NodeBody::Fitting(0.3), 0.0),
    };
    let ground_m = if point.on_terrain {
        sampler.height(point.position.truncate())
    } else {
        point.position.z
    };
    let at = point.position.truncate().extend(ground_m + above_m);
    let look = look_of(feature);
    let height_m = if let NodeBody::Shaft(_, depth) | NodeBody::Chamber(_, _, depth) = body {
        depth
    } else {
        body.size_m()
    };
    let turn_rad = if point.rotation_rad.is_finite() {
        point.rotation_rad
    } else {
        0.0
    };
    Some(NodeRecord {
        tag: FeatureTag::of(feature, height_m),
        look,
        at: at.to_array(),
        body,
        turn_rad,
    })
}
