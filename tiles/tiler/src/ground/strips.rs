//! Streets as strips: carriageways cut where they cross, pavements with kerbs cut by every carriageway.

use super::cover::{KERB_M, offset_m, surface_bytes};
use super::drape::{Draper, Lift};
use crate::plan::clip::{self, ConvexClipper, PlanVertex};
use crate::plan::rect;
use crate::plan::ribbon::CenterLine;
use crate::{FaceStyle, Rect, TileMesh};
use city_model::SurfaceKind;
use glam::DVec2;

/// Colour of pavement slabs, sRGB.
const PAVEMENT_RGBA: [u8; 4] = [178, 174, 166, 255];
/// Colour of kerb stones, sRGB.
const KERB_RGBA: [u8; 4] = [150, 148, 144, 255];

/// A strip ready to be drawn. Plan coordinates relative to the tile's plan origin.
#[derive(Debug)]
pub struct Strip {
    line: CenterLine,
    half_m: f64,
    sidewalk_m: f64,
    pieces: Vec<Vec<PlanVertex>>,
    windows: Vec<(Rect, Vec<DVec2>)>,
    bounds: Rect,
    /// Place among strips: the greater one is drawn where two cross.
    pub priority: (u8, u8, std::cmp::Reverse<u32>),
    /// Row of the feature, its colour and its kind.
    pub slot: u32,
    /// Display colour.
    pub color: [u8; 4],
    /// Code of [`SurfaceKind`].
    pub kind: u8,
}

impl Strip {
    /// Prepares a strip; `None` when the line has no length. Priority is (stack rank, road rank, feature index).
    pub fn new(
        center: &[DVec2],
        width_m: f64,
        sidewalk_m: f64,
        priority: (u8, u8, u32),
        slot: u32,
        color: [u8; 4],
        kind: u8,
    ) -> Option<Self> {
        let line = CenterLine::new(center)?;
        let half_m = width_m * 0.5;
        let pieces = line.ribbon(half_m, -half_m);
        let windows: Vec<(Rect, Vec<DVec2>)> = pieces
            .iter()
            .map(|piece| {
                let window: Vec<DVec2> = piece.iter().map(|v| v.p).collect();
                (rect::around(window.iter().copied()), window)
            })
            .collect();
        let reach = half_m + sidewalk_m;
        let bounds = rect::around(line.points().iter().copied()).grown(reach * 2.0);
        let priority = (priority.0, priority.1, std::cmp::Reverse(priority.2));
        Some(Self {
            line,
            half_m,
            sidewalk_m,
            pieces,
            windows,
            bounds,
            priority,
            slot,
            color,
            kind,
        })
    }

    /// True when the strip or its pavements may touch `area`.
    pub fn touches(&self, area: &Rect) -> bool {
        self.bounds.overlaps(area)
    }
}

/// Draws all strips of a tile; `strips` in any order, the result depends on their priorities only.
pub fn draw(draper: &mut Draper<'_>, mesh: &mut TileMesh, mut strips: Vec<Strip>, area: &Rect, target_error_m: f64) {
    strips.retain(|s| s.touches(area));
    strips.sort_by_key(|s| std::cmp::Reverse(s.priority));
    let mut clipper = ConvexClipper::default();
    for (i, strip) in strips.iter().enumerate() {
        let lift = Lift::Above(offset_m(strip.priority.0, target_error_m));
        let style = FaceStyle {
            slot: strip.slot,
            color: strip.color,
            surface: surface_bytes(strip.kind, strip.half_m),
        };
        draper.begin();
        for piece in &strip.pieces {
            let above = strips[..i].iter().filter(|other| other.priority.0 == strip.priority.0);
            for rest in cut(&mut clipper, piece, above, area) {
                draper.lay(mesh, &rest, style, lift, true);
            }
        }
        // pavements are left out where a kerb would be less than the error
        if strip.sidewalk_m > 0.0 && target_error_m < 0.5 {
            pavements(draper, mesh, &strips, i, area, target_error_m, &mut clipper);
        }
    }
}

/// What is left of a piece inside `area` when the carriageways of `others` are taken away.
fn cut<'s>(
    clipper: &mut ConvexClipper,
    piece: &[PlanVertex],
    others: impl Iterator<Item = &'s Strip>,
    area: &Rect,
) -> Vec<Vec<PlanVertex>> {
    let bounds = rect::around(piece.iter().map(|v| v.p));
    if !bounds.overlaps(area) {
        return Vec::new();
    }
    let mut parts = vec![piece.to_vec()];
    for other in others.filter(|o| o.bounds.overlaps(&bounds)) {
        for (_, window) in other.windows.iter().filter(|(b, _)| b.overlaps(&bounds)) {
            let mut rest = Vec::with_capacity(parts.len());
            for part in &parts {
                clipper.subtract(part, window, &mut rest);
            }
            parts = rest;
        }
    }
    parts
}

/// Pavements on both sides of strip `i`, with kerb stones towards the carriageway and a face on the outside.
fn pavements(
    draper: &mut Draper<'_>,
    mesh: &mut TileMesh,
    strips: &[Strip],
    i: usize,
    area: &Rect,
    target_error_m: f64,
    clipper: &mut ConvexClipper,
) {
    let Some(strip) = strips.get(i) else { return };
    let road_m = offset_m(strip.priority.0, target_error_m);
    let top_m = road_m + KERB_M;
    let kind = SurfaceKind::Pavement as u8;
    let slab = FaceStyle {
        slot: strip.slot,
        color: PAVEMENT_RGBA,
        surface: surface_bytes(kind, 0.0),
    };
    let kerb = FaceStyle {
        color: KERB_RGBA,
        ..slab
    };
    let (inner, outer) = (strip.half_m, strip.half_m + strip.sidewalk_m);
    let roads = || {
        strips
            .iter()
            .enumerate()
            .filter(|(j, other)| *j != i && other.priority.0 == strip.priority.0)
    };
    draper.begin();
    for (left, right) in [(outer, inner), (-inner, -outer)] {
        for piece in strip.line.ribbon(left, right) {
            for rest in cut(clipper, &piece, roads().map(|(_, other)| other), area) {
                draper.lay(mesh, &rest, slab, Lift::Above(top_m), false);
            }
        }
    }
    // (offset, height of the foot, true when the face looks right of the line)
    for (offset, foot_m, looks_right) in [
        (inner, road_m, true),
        (-inner, road_m, false),
        (outer, 0.0, false),
        (-outer, 0.0, true),
    ] {
        let edge = strip.line.offset(offset);
        for pair in edge.windows(2) {
            let (a, b) = if looks_right {
                (pair[0], pair[1])
            } else {
                (pair[1], pair[0])
            };
            let bounds = rect::around([a, b]);
            if !bounds.overlaps(area) {
                continue;
            }
            let holes: Vec<&[DVec2]> = roads()
                .filter(|(_, other)| other.bounds.overlaps(&bounds))
                .flat_map(|(_, other)| {
                    other
                        .windows
                        .iter()
                        .filter(|(b, _)| b.overlaps(&bounds))
                        .map(|(_, w)| w.as_slice())
                })
                .collect();
            for (from, to) in clip::segment_outside(a, b, &holes) {
                draper.wall(mesh, a.lerp(b, from), a.lerp(b, to), foot_m, top_m, 0.0, kerb);
            }
        }
    }
}
