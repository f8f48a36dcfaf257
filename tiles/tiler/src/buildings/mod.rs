//! Buildings, bridges and BIM elements: full bodies on leaves, merged blocks above.

mod blocks;
mod extrusion;
mod merge;
mod openness;
mod outline;
mod palette;
mod roof;
mod solid;
mod surfaces;

use crate::record::{FeatureTag, from_summaries, to_summary};
use crate::{BuiltTile, FaceStyle, FeatureHead, GroupBuilder, TileContext, TileMesh, Triangulator};
use blocks::Block;
use city_model::{Bounds3, Feature, FeatureClass, LayerGroup, PointKind, Report, Shape, SurfaceKind, SurfaceStyle};
use glam::{DVec2, DVec3, Vec3Swizzles as _};
use openness::Neighbours;
use palette::Look;
pub use solid::Solid;

/// Builder of a group of buildings: [`LayerGroup::Buildings`], or [`LayerGroup::Proposals`] with its own tree.
#[derive(Debug, Clone, Copy)]
pub struct Buildings(pub LayerGroup);

/// Encoded bytes of one block with its row in the property table, measured on generated districts.
const BLOCK_BYTES: u32 = 200;

impl GroupBuilder for Buildings {
    fn group(&self) -> LayerGroup {
        self.0
    }

    fn version(&self) -> u32 {
        1
    }

    /// Fitted to whole leaves: 850 bytes for a building of the generated city (140 bytes of geometry), 740 for a Delft
    /// building (1,675 bytes, most of them of levels that are not drawn), 480 for a Kamloops footprint with height.
    fn feature_bytes(&self, head: &FeatureHead) -> u32 {
        700 + (head.geometry_bytes.saturating_sub(1_700) / 100).saturating_mul(35)
    }

    fn leaf(&self, tile: &TileContext<'_>, features: &[Feature]) -> BuiltTile {
        let boxes = features
            .iter()
            .map(|f| f.bounds())
            .map(|b| (b.min.xy(), b.max.xy()))
            .collect();
        let mut painter = Painter {
            tile,
            mesh: TileMesh::default(),
            cutter: Triangulator::default(),
            neighbours: Neighbours::new(boxes),
            report: Report::new("buildings"),
        };
        let mut records = Vec::with_capacity(features.len() + 1);
        let mut lost_m = 0.0_f64;
        for (own, feature) in features.iter().enumerate() {
            match painter.feature(own, feature) {
                Drawn::Block(block) => records.push(block.to_record()),
                Drawn::WithoutBlock { size_m } => lost_m = lost_m.max(size_m),
                Drawn::Nothing => {}
            }
        }
        if lost_m > 0.0 {
            records.push(Block::lost(lost_m).to_record());
        }
        BuiltTile {
            mesh: painter.mesh,
            geometric_error_m: 0.0,
            summary: to_summary(&records),
            report: painter.report,
        }
    }

    fn stand_in(&self, tile: &TileContext<'_>, children: &[&[u8]]) -> BuiltTile {
        let blocks: Vec<Block> = from_summaries(children)
            .into_iter()
            .filter_map(Block::from_record)
            .collect();
        let max_blocks = (tile.target_bytes / BLOCK_BYTES).max(16) as usize;
        let merged = merge::simplify(blocks, tile.target_error_m, max_blocks);
        let mut mesh = TileMesh::default();
        let mut cutter = Triangulator::default();
        for block in merged.blocks.iter().filter(|block| !block.is_lost()) {
            block.draw(tile.frame, &mut mesh, &mut cutter);
        }
        let records: Vec<_> = merged.blocks.iter().map(Block::to_record).collect();
        BuiltTile {
            mesh,
            geometric_error_m: merged.geometric_error_m,
            summary: to_summary(&records),
            report: Report::new("buildings"),
        }
    }
}

/// What is shared while a leaf is built.
struct Painter<'a> {
    tile: &'a TileContext<'a>,
    mesh: TileMesh,
    cutter: Triangulator,
    neighbours: Neighbours,
    report: Report,
}

/// What came of a feature.
enum Drawn {
    /// Drawn, with its block for the tiles above.
    Block(Block),
    /// Drawn, but too thin for a block (an upright sheet): its size is the error of leaving it out.
    WithoutBlock {
        /// Diagonal, metres.
        size_m: f64,
    },
    /// Not drawn, and reported.
    Nothing,
}

/// One feature while it is drawn.
#[derive(Clone, Copy)]
struct Body<'a> {
    feature: &'a Feature,
    /// Row in the tile and position in the neighbour boxes.
    slot: u32,
    own: usize,
    look: Look,
    /// True for things with storeys and windows; BIM elements and bridges have none.
    has_facade: bool,
}

impl Body<'_> {
    /// Style of a face; `openness` 0–1.
    fn style(&self, kind: SurfaceKind, rgb: [u8; 3], openness: f64) -> FaceStyle {
        let surface = SurfaceStyle {
            kind,
            building_use: self.look.building_use,
            storey_height_dm: self.look.storey_height_dm,
            age_code: self.look.age_code,
            openness: (openness * 255.0).round() as u8,
        };
        FaceStyle {
            slot: self.slot,
            color: [rgb[0], rgb[1], rgb[2], u8::MAX],
            surface: surface.to_bytes(),
        }
    }
}

impl Painter<'_> {
    /// Draws a feature.
    fn feature(&mut self, own: usize, feature: &Feature) -> Drawn {
        let shapes: Vec<&Shape> = feature.geometry.finest().collect();
        let eaves_m = shapes.iter().map(|shape| usual_height_m(shape)).fold(0.0, f64::max);
        let is_pitched = shapes
            .iter()
            .any(|s| matches!(s, Shape::Extrusion(e) if roof::is_pitched(&e.roof)));
        let slot = self.mesh.features.len() as u32;
        let body = Body {
            feature,
            slot,
            own,
            look: palette::look(feature, eaves_m, is_pitched),
            has_facade: matches!(
                feature.class,
                FeatureClass::Building | FeatureClass::BuildingPart | FeatureClass::Generic
            ),
        };
        let triangles_before = self.mesh.num_triangles();
        let mut block: Option<Block> = None;
        for shape in shapes {
            if let Some(part) = self.shape(body, shape) {
                block = Some(match block {
                    Some(whole) => merge::union(vec![whole, part]),
                    None => part,
                });
            }
        }
        if self.mesh.num_triangles() == triangles_before {
            self.report.features_quarantined += 1;
            self.report
                .error("tiler/nothing-to-draw", Some(&feature.id), None, "no usable shape");
            return Drawn::Nothing;
        }
        let height_m = block.as_ref().map_or(0.0, Block::height_m);
        let tag = FeatureTag::of(feature, height_m);
        let added = self.mesh.add_feature(tag.to_row());
        debug_assert_eq!(added, slot);
        // a stand-in is not searched by name: the id leads to the rest
        let tag = FeatureTag {
            name: String::new(),
            ..tag
        };
        match block {
            Some(block) => Drawn::Block(Block {
                tag,
                look: body.look,
                ..block
            }),
            None => Drawn::WithoutBlock {
                size_m: feature.bounds().size().length(),
            },
        }
    }

    fn shape(&mut self, body: Body<'_>, shape: &Shape) -> Option<Block> {
        match shape {
            Shape::Extrusion(extrusion) => self.extrusion(body, extrusion),
            Shape::Surfaces(mesh) => self.surfaces(body, mesh, None),
            Shape::Instance {
                template,
                scene_from_template,
            } => self.surfaces(body, template, Some(*scene_from_template)),
            Shape::Footprint(footprint) => {
                // a plan without height becomes a low plate, so that it is seen and can be picked
                let mut whole: Option<Block> = None;
                for rings in &footprint.polygons {
                    let plate = extrusion::plate(rings, footprint.level_z_m);
                    if let Some(part) = self.extrusion(body, &plate) {
                        whole = Some(match whole {
                            Some(other) => merge::union(vec![other, part]),
                            None => part,
                        });
                    }
                }
                whole
            }
            Shape::Point(point) => {
                let (half, height) = match point.kind {
                    PointKind::Post { height_m } => (0.15, height_m),
                    PointKind::Tree { height_m, crown_m, .. } => (crown_m / 2.0, height_m),
                    _ => (0.5, 1.0),
                };
                let base = (!point.on_terrain).then_some(point.position.z);
                self.extrusion(body, &extrusion::post(point.position.xy(), half, height, base))
            }
            Shape::Line(_) => {
                let (id, code) = (body.feature.id.as_str(), "tiler/line-in-buildings");
                self.report
                    .warn(code, Some(id), None, "a line has no body in this group");
                None
            }
        }
    }

    /// Tile-local position, reported when the point cannot be placed.
    fn local(&mut self, body: Body<'_>, p: DVec3) -> Option<DVec3> {
        let q = self.tile.frame.local(p);
        if q.is_none() {
            let message = format!("({}, {}, {}) cannot be placed", p.x, p.y, p.z);
            self.report
                .warn("tiler/coordinate", Some(&body.feature.id), None, message);
        }
        q
    }

    /// Openness of a wall over the points `a` and `b` (scene CRS, outside on the right).
    fn wall_openness(&self, body: Body<'_>, a: DVec2, b: DVec2) -> f64 {
        let along = (b - a).normalize_or(DVec2::X);
        self.neighbours
            .openness((a + b) * 0.5, DVec2::new(along.y, -along.x), body.own)
    }
}

fn usual_height_m(shape: &Shape) -> f64 {
    match shape {
        Shape::Extrusion(e) => e.height_m,
        other => {
            let bounds: Bounds3 = other.bounds();
            bounds.size().z
        }
    }
}

#[cfg(test)]
mod tests;
