//! What lies on the ground: classes, stacking order, colours, and the record kept for coarser tiles.

use crate::plan::{PlanPolygon, PolygonTrouble};
use crate::record::{FeatureTag, PackedPoints, jittered};
use city_model::{
    BuildingUse, CrossSection, Feature, FeatureClass, Shape, SurfaceKind, SurfaceMesh, SurfaceStyle, attributes, layers,
};
use glam::{DVec2, DVec3};
use serde::{Deserialize, Serialize};

/// Height of a raised pavement above its carriageway, metres.
pub const KERB_M: f64 = 0.15;

/// Place in the stack, from below: (rank, least height above the terrain at a leaf in metres).
const STACK: [(u8, f64); 6] = [(0, 0.01), (1, 0.03), (2, 0.06), (3, 0.09), (4, 0.12), (5, 0.16)];

/// Height above the terrain at which a rank lies.
///
/// Grows with the error of the tile, because its positions are quantized more coarsely.
pub fn offset_m(rank: u8, target_error_m: f64) -> f64 {
    let base = STACK.iter().find(|(r, _)| *r == rank).map_or(0.01, |(_, m)| *m);
    base * (1.0 + 2.0 * target_error_m.max(0.0))
}

/// How a class is drawn on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverStyle {
    /// Code of [`SurfaceKind`].
    pub kind: u8,
    /// Place in the stack: terrain 0 < land use 1 < green 2 < water 3 < road 4 < rail 5.
    pub rank: u8,
    /// Display colour.
    pub color: [u8; 4],
}

/// Style bytes of a ground surface. `half_width_m` is given on strips, where `_FACADE` is (along, across), and 0
/// elsewhere, which tells the shader to draw no lane marks.
pub fn surface_bytes(kind: u8, half_width_m: f64) -> [u8; 4] {
    SurfaceStyle {
        kind: SurfaceKind::from_code(kind),
        building_use: BuildingUse::Unknown,
        // the cast saturates: 25.5 m is the widest half that fits
        storey_height_dm: (half_width_m * 10.0).round() as u8,
        age_code: 0,
        openness: 255,
    }
    .to_bytes()
}

/// Style of a feature by its class and attributes.
pub fn style_of(feature: &Feature) -> CoverStyle {
    let rgb = layers::layer_of(feature.class, None).rgb;
    let word = |key: &str| {
        attributes::text(&feature.attributes, key)
            .unwrap_or_default()
            .to_lowercase()
    };
    let (kind, rank, rgb, amount) = match feature.class {
        FeatureClass::Road => {
            let class = word("road_class");
            let paved_for_people = [
                "path",
                "foot",
                "pavement",
                "square",
                "sidewalk",
                "pedestrian",
                "人行",
                "广场",
            ];
            if paved_for_people.iter().any(|w| class.contains(w)) {
                (SurfaceKind::Pavement, 4, [176, 172, 164], 0.03)
            } else {
                (SurfaceKind::Road, 4, rgb, 0.02)
            }
        }
        FeatureClass::Railway => (SurfaceKind::Rail, 5, rgb, 0.02),
        FeatureClass::Water => (SurfaceKind::Water, 3, rgb, 0.0),
        FeatureClass::PlantCover => (SurfaceKind::Green, 2, rgb, 0.05),
        FeatureClass::LandUse => {
            let used = word("use");
            if ["park", "green", "grass", "forest", "绿", "公园"]
                .iter()
                .any(|w| used.contains(w))
            {
                (SurfaceKind::Green, 1, [130, 154, 104], 0.04)
            } else if ["square", "paved", "parking", "yard", "广场", "停车", "铺装"]
                .iter()
                .any(|w| used.contains(w))
            {
                (SurfaceKind::Pavement, 1, [172, 168, 160], 0.03)
            } else {
                (SurfaceKind::Terrain, 1, rgb, 0.03)
            }
        }
        _ => (SurfaceKind::Terrain, 0, rgb, 0.0),
    };
    CoverStyle {
        kind: kind as u8,
        rank,
        color: jittered(rgb, feature.index.0, amount),
    }
}

/// Rank of a road among roads; where carriageways overlap, the greater one is drawn and the other cut.
pub fn road_rank(feature: &Feature) -> u8 {
    match attributes::text(&feature.attributes, "road_class").as_deref() {
        Some("main") => 5,
        Some("secondary") => 4,
        Some("branch") => 3,
        Some("lane") => 2,
        Some("path") => 0,
        _ => 1,
    }
}

/// One shape on the ground, in scene CRS metres; also the record that goes up to coarser tiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverRecord {
    /// Whose it is.
    pub tag: FeatureTag,
    /// How it is drawn.
    pub style: CoverStyle,
    /// What it is.
    pub shape: CoverShape,
    /// How far the shape already is from its source, metres.
    pub error_m: f64,
}

/// Shape of a cover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CoverShape {
    /// Rings, outer first; level when a height is given, else on the terrain.
    Polygon {
        /// Rings in plan.
        rings: Vec<PackedPoints>,
        /// Height of a level surface, metres.
        level_z_m: Option<f64>,
    },
    /// A strip along a centre line.
    Strip {
        /// Centre line in plan.
        center: PackedPoints,
        /// Full width of the carriageway or bed, metres.
        width_m: f64,
        /// Width of the raised pavement on either side, metres; 0 for none.
        sidewalk_m: f64,
        /// See [`road_rank`].
        road_rank: u8,
    },
}

/// A cover as the leaf draws it, with full coordinates.
#[derive(Debug, Clone)]
pub struct Cover {
    /// Whose it is.
    pub tag: FeatureTag,
    /// How it is drawn.
    pub style: CoverStyle,
    /// What it is.
    pub body: CoverBody,
    /// How far the body already is from its source, metres.
    pub error_m: f64,
}

/// Full-precision body of a cover; plan coordinates relative to the tile's plan origin.
#[derive(Debug, Clone)]
pub enum CoverBody {
    /// Polygon on the terrain or level.
    Polygon(PlanPolygon, Option<f64>),
    /// Strip: centre line, width, sidewalk, road rank.
    Strip(Vec<DVec2>, f64, f64, u8),
    /// Triangles with their own heights.
    Triangles(Vec<[DVec3; 3]>),
}

/// Covers of a feature, and what was wrong with it.
pub fn covers_of(
    feature: &Feature,
    origin: DVec2,
    cutter: &mut crate::Triangulator,
) -> (Vec<Cover>, Vec<PolygonTrouble>) {
    let (tag, style) = (FeatureTag::of(feature, 0.0), style_of(feature));
    let (mut covers, mut troubles) = (Vec::new(), Vec::new());
    let mut add = |body| {
        covers.push(Cover {
            tag: tag.clone(),
            style,
            body,
            error_m: 0.0,
        });
    };
    for shape in feature.geometry.finest() {
        match shape {
            Shape::Footprint(footprint) => {
                for rings in &footprint.polygons {
                    match PlanPolygon::new(rings, origin) {
                        Ok(polygon) => add(CoverBody::Polygon(
                            polygon,
                            footprint.level_z_m.filter(|z| z.is_finite()),
                        )),
                        Err(trouble) => troubles.push(trouble),
                    }
                }
            }
            Shape::Line(line) => {
                let width_m = match line.section {
                    CrossSection::Strip { width_m } | CrossSection::Rect { width_m, .. } => width_m,
                    CrossSection::Circle { diameter_m } => diameter_m,
                    CrossSection::Unknown => attributes::number(&feature.attributes, "width_m").unwrap_or(3.0),
                };
                let points: Vec<DVec2> = line.points.iter().map(|p| p.truncate() - origin).collect();
                if points.iter().any(|p| !p.is_finite()) || !width_m.is_finite() {
                    troubles.push(PolygonTrouble::NotFinite);
                } else if width_m <= 0.0 || points.windows(2).all(|w| w[0].distance(w[1]) <= 1e-4) {
                    troubles.push(PolygonTrouble::NoArea);
                } else {
                    let sidewalk_m = attributes::number(&feature.attributes, "sidewalk_m")
                        .unwrap_or(0.0)
                        .clamp(0.0, 30.0);
                    add(CoverBody::Strip(
                        points,
                        width_m.min(500.0),
                        sidewalk_m,
                        road_rank(feature),
                    ));
                }
            }
            Shape::Surfaces(mesh) => {
                let triangles = plan_triangles(mesh, origin, cutter);
                if triangles.is_empty() {
                    troubles.push(PolygonTrouble::NoArea);
                } else {
                    add(CoverBody::Triangles(triangles));
                }
            }
            Shape::Extrusion(_) | Shape::Point(_) | Shape::Instance { .. } => {}
        }
    }
    (covers, troubles)
}

/// Triangles that have an area in plan, counter-clockwise seen from above whatever side the source shows.
fn plan_triangles(mesh: &SurfaceMesh, origin: DVec2, cutter: &mut crate::Triangulator) -> Vec<[DVec3; 3]> {
    let mut triangles = Vec::new();
    for surface in &mesh.surfaces {
        let (mut points, mut ends) = (Vec::new(), Vec::new());
        for ring in &surface.rings {
            points.extend(
                ring.iter()
                    .filter_map(|v| mesh.vertices.get(*v as usize))
                    .map(|v| *v - origin.extend(0.0)),
            );
            ends.push(points.len());
        }
        let Some(cut) = cutter.triangulate(&points, &ends) else {
            continue;
        };
        if mesh.is_solid && cut.normal.z <= 0.0 {
            continue;
        }
        for t in cut.indices.chunks_exact(3) {
            let [a, b, c] = [points[t[0] as usize], points[t[1] as usize], points[t[2] as usize]];
            let area = (b - a).truncate().perp_dot((c - a).truncate());
            if area.abs() > 1e-6 {
                triangles.push(if area > 0.0 { [a, b, c] } else { [a, c, b] });
            }
        }
    }
    triangles
}

impl Cover {
    /// The record for coarser tiles, simplified to `tolerance_m`; `None` when it vanishes.
    ///
    /// Bodies with their own heights go up as their outline on the terrain, triangle by triangle.
    pub fn records(&self, origin: DVec2, tolerance_m: f64) -> Vec<CoverRecord> {
        let pack = |points: &[DVec2]| PackedPoints::pack(points.iter().map(|p| (*p + origin).extend(0.0)));
        let record = |shape, error_m| CoverRecord {
            tag: self.tag.clone(),
            style: self.style,
            shape,
            error_m: self.error_m + error_m,
        };
        match &self.body {
            CoverBody::Polygon(polygon, level_z_m) => polygon
                .simplified(tolerance_m)
                .map(|(simple, error_m)| {
                    let rings = simple.rings().iter().map(|r| pack(r)).collect();
                    record(
                        CoverShape::Polygon {
                            rings,
                            level_z_m: *level_z_m,
                        },
                        error_m,
                    )
                })
                .into_iter()
                .collect(),
            CoverBody::Strip(center, width_m, sidewalk_m, road_rank) => {
                let points: Vec<DVec3> = center.iter().map(|p| p.extend(0.0)).collect();
                let (simple, error_m) = crate::plan::polyline::simplified(&points, tolerance_m);
                let simple: Vec<DVec2> = simple.iter().map(|p| p.truncate()).collect();
                let (width_m, sidewalk_m, road_rank) = (*width_m, *sidewalk_m, *road_rank);
                vec![record(
                    CoverShape::Strip {
                        center: pack(&simple),
                        width_m,
                        sidewalk_m,
                        road_rank,
                    },
                    error_m,
                )]
            }
            CoverBody::Triangles(triangles) => triangles
                .iter()
                .map(|t| {
                    let ring = pack(&t.map(|c| c.truncate()));
                    record(
                        CoverShape::Polygon {
                            rings: vec![ring],
                            level_z_m: None,
                        },
                        0.0,
                    )
                })
                .collect(),
        }
    }
}

impl CoverRecord {
    /// The cover again; `None` when it has become too small.
    pub fn to_cover(&self, origin: DVec2) -> Option<Cover> {
        let plan = |points: &PackedPoints| {
            points
                .unpack()
                .into_iter()
                .map(|p| p.truncate() - origin)
                .collect::<Vec<_>>()
        };
        let body = match &self.shape {
            CoverShape::Polygon { rings, level_z_m } => {
                let rings: Vec<_> = rings.iter().map(plan).collect();
                CoverBody::Polygon(PlanPolygon::new(&rings, DVec2::ZERO).ok()?, *level_z_m)
            }
            CoverShape::Strip {
                center,
                width_m,
                sidewalk_m,
                road_rank,
            } => CoverBody::Strip(plan(center), *width_m, *sidewalk_m, *road_rank),
        };
        Some(Cover {
            tag: self.tag.clone(),
            style: self.style,
            body,
            error_m: self.error_m,
        })
    }
}
