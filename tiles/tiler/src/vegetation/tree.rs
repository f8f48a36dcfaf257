//! Trees of three forms, lamps and small blocks.

use super::{kind_size, surface_bytes};
use crate::bodies::{lathe, upright_box};
use crate::record::{FeatureTag, jitter};
use crate::terrain::TerrainSampler;
use crate::{FaceStyle, TileMesh};
use city_model::{Feature, PointShape, SurfaceKind};
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};

/// Crown colours of the forms, sRGB.
const CROWN_RGB: [[u8; 3]; 3] = [[98, 132, 72], [66, 104, 70], [112, 142, 80]];
const TRUNK_RGBA: [u8; 4] = [104, 88, 70, 255];
const POST_RGBA: [u8; 4] = [118, 120, 122, 255];
const LAMP_RGBA: [u8; 4] = [240, 232, 205, 255];

/// A plant or post with its foot on the ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlantRecord {
    /// Whose it is.
    pub tag: FeatureTag,
    /// Foot, scene CRS metres.
    pub at: [f64; 3],
    /// Body.
    pub body: PlantBody,
    /// Rotation about z, radians.
    pub turn_rad: f32,
    /// Crown made wider by this, where it stands for neighbours that were left out.
    pub growth: f64,
}

/// Body of a plant or post, metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum PlantBody {
    /// Tree; forms as in [`city_model::PointKind::Tree`].
    Tree {
        /// Total height.
        height_m: f64,
        /// Crown diameter.
        crown_m: f64,
        /// 0 broad-leaved, 1 conifer, 2 columnar.
        form: u8,
    },
    /// Lamp post.
    Post {
        /// Height.
        height_m: f64,
    },
    /// Bench, bin and the like.
    Block {
        /// Edge.
        size_m: f64,
    },
}

impl PlantBody {
    /// Greatest extent, metres.
    pub const fn size_m(self) -> f64 {
        match self {
            Self::Tree { height_m, crown_m, .. } => height_m.max(crown_m),
            Self::Post { height_m } => height_m,
            Self::Block { size_m } => size_m,
        }
    }
}

/// The plant of a point; `None` when a number is not finite.
pub fn plant_of(feature: &Feature, point: &PointShape, sampler: &TerrainSampler<'_>) -> Option<PlantRecord> {
    let body = match kind_size(point.kind) {
        PlantBody::Tree {
            height_m,
            crown_m,
            form,
        } => {
            let (height_m, crown_m) = (height_m.clamp(0.5, 120.0), crown_m.clamp(0.3, 60.0));
            PlantBody::Tree {
                height_m,
                crown_m,
                form: form.min(2),
            }
        }
        PlantBody::Post { height_m } => PlantBody::Post {
            height_m: height_m.clamp(0.3, 60.0),
        },
        PlantBody::Block { size_m } => PlantBody::Block {
            size_m: size_m.clamp(0.1, 20.0),
        },
    };
    // clamping passes NaN on
    if !point.position.is_finite() || !body_is_finite(body) {
        return None;
    }
    let z = if point.on_terrain {
        sampler.height(point.position.truncate())
    } else {
        point.position.z
    };
    let at = point.position.truncate().extend(z).to_array();
    let turn_rad = if point.rotation_rad.is_finite() {
        point.rotation_rad
    } else {
        0.0
    };
    let height_m = if let PlantBody::Tree { height_m, .. } | PlantBody::Post { height_m } = body {
        height_m
    } else {
        body.size_m()
    };
    Some(PlantRecord {
        tag: FeatureTag::of(feature, height_m),
        at,
        body,
        turn_rad,
        growth: 1.0,
    })
}

const fn body_is_finite(body: PlantBody) -> bool {
    match body {
        PlantBody::Tree { height_m, crown_m, .. } => height_m.is_finite() && crown_m.is_finite(),
        PlantBody::Post { height_m } => height_m.is_finite(),
        PlantBody::Block { size_m } => size_m.is_finite(),
    }
}

/// Draws a plant at full detail: 40 to 80 triangles a tree.
pub fn draw(mesh: &mut TileMesh, plant: &PlantRecord, at: Vec3, slot: u32) {
    let style = |color, kind| face(slot, color, kind);
    match plant.body {
        PlantBody::Tree {
            height_m,
            crown_m,
            form,
        } => {
            let index = plant.tag.index;
            let turn = plant.turn_rad + (jitter(index, 1) * std::f64::consts::TAU) as f32;
            let height = height_m as f32;
            let radius = (crown_m * 0.5 * (0.92 + 0.16 * jitter(index, 2))) as f32;
            let trunk = style(TRUNK_RGBA, SurfaceKind::Plain);
            let crown = style(crown_color(form, index), SurfaceKind::Leaf);
            let thick = (height * 0.022).clamp(0.06, 0.45);
            let foot = at - Vec3::Z * 0.3;
            let (taper, share) = [(0.7, 0.42), (0.8, 0.25), (0.8, 0.2)][usize::from(form.min(2))];
            let trunk_profile = [(thick, 0.0), (thick * taper, height * share + 0.3)];
            lathe(mesh, foot, &trunk_profile, 5, turn, trunk);
            let ring = |r: f32, z: f32| (radius * r, height * z);
            match form {
                1 => {
                    for (low, high, wide) in [(0.14, 0.60, 1.0), (0.38, 0.82, 0.74), (0.62, 1.0, 0.48)] {
                        lathe(
                            mesh,
                            at,
                            &[
                                (0.0, height * (low + 0.03)),
                                (radius * wide, height * low),
                                (0.0, height * high),
                            ],
                            7,
                            turn + wide,
                            crown,
                        );
                    }
                }
                2 => {
                    lathe(
                        mesh,
                        at,
                        &[
                            ring(0.0, 0.12),
                            ring(0.75, 0.25),
                            ring(1.0, 0.5),
                            ring(0.7, 0.8),
                            ring(0.0, 1.0),
                        ],
                        6,
                        turn,
                        crown,
                    );
                }
                _ => {
                    // two offset lobes read as a crown, one ball reads as a lollipop
                    let lean = Vec2::from_angle(turn) * radius * 0.28;
                    lathe(
                        mesh,
                        at - (lean * 0.6).extend(0.0),
                        &[ring(0.0, 0.30), ring(0.72, 0.44), ring(0.80, 0.62), ring(0.0, 0.86)],
                        7,
                        turn,
                        crown,
                    );
                    lathe(
                        mesh,
                        at + lean.extend(0.0),
                        &[ring(0.0, 0.46), ring(0.68, 0.62), ring(0.52, 0.84), ring(0.0, 1.0)],
                        6,
                        turn + 0.5,
                        crown,
                    );
                }
            }
        }
        PlantBody::Post { height_m } => {
            let (height, turn) = (height_m as f32, plant.turn_rad);
            let pole = style(POST_RGBA, SurfaceKind::Plain);
            lathe(mesh, at - Vec3::Z * 0.1, &[(0.09, 0.0), (0.05, height)], 5, turn, pole);
            if height > 4.0 {
                let arm = Vec2::from_angle(turn);
                let reach = (height * 0.15).min(1.6);
                upright_box(
                    mesh,
                    at + (arm * reach * 0.5).extend(height - 0.15),
                    Vec2::new(reach * 0.5, 0.03),
                    0.06,
                    turn,
                    pole,
                );
                let lamp = style(LAMP_RGBA, SurfaceKind::Plain);
                upright_box(
                    mesh,
                    at + (arm * reach).extend(height - 0.22),
                    Vec2::new(0.32, 0.12),
                    0.1,
                    turn,
                    lamp,
                );
            }
        }
        PlantBody::Block { size_m } => draw_block(mesh, size_m, plant.turn_rad, at, slot),
    }
}

/// Draws a plant with eight to twelve triangles and returns how far that is from the full body, metres.
pub fn draw_stand_in(mesh: &mut TileMesh, plant: &PlantRecord, at: Vec3, slot: u32) -> f64 {
    let style = |color, kind| face(slot, color, kind);
    match plant.body {
        PlantBody::Tree {
            height_m,
            crown_m,
            form,
        } => {
            let (height, radius) = (height_m as f32, (crown_m * 0.5 * plant.growth) as f32);
            let turn = (jitter(plant.tag.index, 1) * std::f64::consts::TAU) as f32;
            let waist = if form == 1 { 0.2 } else { 0.55 };
            let profile = [(0.0, height * 0.1), (radius, height * waist), (0.0, height)];
            lathe(
                mesh,
                at,
                &profile,
                4,
                turn,
                style(crown_color(form, plant.tag.index), SurfaceKind::Leaf),
            );
            // the trunk's foot is a tenth of the height away; the square crown cuts three tenths off the round one
            (height_m * 0.1 + 0.3).max(crown_m * 0.5 * (0.3 + plant.growth - 1.0))
        }
        PlantBody::Post { height_m } => {
            lathe(
                mesh,
                at,
                &[(0.12, 0.0), (0.08, height_m as f32)],
                3,
                plant.turn_rad,
                style(POST_RGBA, SurfaceKind::Plain),
            );
            (height_m * 0.15).min(1.6) + 0.32
        }
        PlantBody::Block { size_m } => {
            draw_block(mesh, size_m, plant.turn_rad, at, slot);
            0.0
        }
    }
}

fn face(slot: u32, color: [u8; 4], kind: SurfaceKind) -> FaceStyle {
    FaceStyle {
        slot,
        color,
        surface: surface_bytes(kind),
    }
}

/// A cube on the ground.
fn draw_block(mesh: &mut TileMesh, size_m: f64, turn_rad: f32, at: Vec3, slot: u32) {
    let edge = size_m as f32;
    let style = face(slot, POST_RGBA, SurfaceKind::Plain);
    upright_box(mesh, at, Vec2::splat(edge * 0.5), edge, turn_rad, style);
}

fn crown_color(form: u8, index: u32) -> [u8; 4] {
    let rgb = CROWN_RGB[usize::from(form.min(2))];
    let light = 0.86 + 0.28 * jitter(index, 3);
    let warm = 0.94 + 0.14 * jitter(index, 4);
    // the cast saturates
    let [r, g, b] = [f64::from(rgb[0]) * warm, f64::from(rgb[1]), f64::from(rgb[2])].map(|c| (c * light).round() as u8);
    [r, g, b, 255]
}
