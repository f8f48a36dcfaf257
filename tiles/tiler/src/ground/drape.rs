//! Lays plan polygons on a tile's terrain triangles, so that nothing floats and nothing is coplanar with the ground.

use crate::mesh::facade_units;
use crate::plan::clip::{self, ConvexClipper, PlanVertex};
use crate::plan::rect;
use crate::terrain::tin::plane_height;
use crate::terrain::{TerrainSampler, Tin};
use crate::{FaceStyle, TileFrame, TileMesh};
use glam::{DVec2, DVec3};
use hashbrown::HashMap;

/// Height of what is laid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lift {
    /// This far above the terrain, metres.
    Above(f64),
    /// Level at this height, metres.
    Level(f64),
    /// At the height carried in `uv.x` of the piece, but at least this far above the terrain, metres.
    Carried {
        /// Least height above the terrain, metres.
        at_least_m: f64,
    },
}

/// Lays pieces on the terrain of one tile. All plan coordinates are relative to [`Tin::origin`].
pub struct Draper<'a> {
    tin: &'a Tin,
    frame: &'a TileFrame<'a>,
    sampler: TerrainSampler<'a>,
    normal_step_m: f64,
    clipper: ConvexClipper,
    found: Vec<u32>,
    seen: HashMap<([i64; 3], [u16; 2]), u32>,
    /// Plan area laid so far, m².
    pub area_m2: f64,
}

impl std::fmt::Debug for Draper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draper")
            .field("area_m2", &self.area_m2)
            .finish_non_exhaustive()
    }
}

impl<'a> Draper<'a> {
    /// A draper on `tin`; normals are read from the ground over `normal_step_m` metres.
    pub fn new(tin: &'a Tin, frame: &'a TileFrame<'a>, sampler: TerrainSampler<'a>, normal_step_m: f64) -> Self {
        Self {
            tin,
            frame,
            sampler,
            normal_step_m,
            clipper: ConvexClipper::default(),
            found: Vec::new(),
            seen: HashMap::new(),
            area_m2: 0.0,
        }
    }

    /// Forgets shared corners: call when the style changes, so that the next pieces get their own vertices.
    pub fn begin(&mut self) {
        self.seen.clear();
    }

    /// Draws the terrain itself.
    pub fn terrain(&mut self, mesh: &mut TileMesh, style: FaceStyle) {
        self.begin();
        for t in 0..self.tin.triangles.len() as u32 {
            let corners = self.tin.corners(t);
            let vertices = corners.map(|c| self.vertex(mesh, c, style, [0; 2]));
            if let [Some(a), Some(b), Some(c)] = vertices {
                mesh.push_triangle(a, b, c);
            }
        }
    }

    /// Lays a convex counter-clockwise piece; `with_facade` writes its `uv` as façade coordinates.
    pub fn lay(&mut self, mesh: &mut TileMesh, piece: &[PlanVertex], style: FaceStyle, lift: Lift, with_facade: bool) {
        let mut clipper = std::mem::take(&mut self.clipper);
        let mut found = std::mem::take(&mut self.found);
        if let Lift::Level(z_m) = lift {
            let part = clipper.clip_rect(piece, &self.tin.rect);
            self.fan(mesh, part, style, with_facade, |_| z_m);
        } else {
            self.tin.touching(&rect::around(piece.iter().map(|v| v.p)), &mut found);
            for t in &found {
                let corners = self.tin.corners(*t);
                let part = clipper.clip(piece, &corners.map(|c| c.truncate()));
                match lift {
                    Lift::Carried { at_least_m } => {
                        let z = |v: &PlanVertex| v.uv.x.max(plane_height(&corners, v.p) + at_least_m);
                        self.fan(mesh, part, style, with_facade, z);
                    }
                    Lift::Above(offset_m) => {
                        self.fan(mesh, part, style, with_facade, |v| {
                            plane_height(&corners, v.p) + offset_m
                        });
                    }
                    Lift::Level(_) => {}
                }
            }
        }
        (self.clipper, self.found) = (clipper, found);
    }

    /// Raises a vertical wall over the segment `a → b` that faces right of it, from `bottom_m` to `top_m` above the
    /// terrain. `_FACADE` is (`along_m` at `a` and onwards, height above the bottom).
    pub fn wall(
        &mut self,
        mesh: &mut TileMesh,
        a: DVec2,
        b: DVec2,
        bottom_m: f64,
        top_m: f64,
        along_m: f64,
        style: FaceStyle,
    ) {
        let length = a.distance(b);
        let mut found = std::mem::take(&mut self.found);
        self.tin.touching(&rect::around([a, b]), &mut found);
        let mut covered: Vec<(f64, f64)> = Vec::new();
        for t in &found {
            let corners = self.tin.corners(*t);
            let window = corners.map(|c| c.truncate());
            let Some((from, to)) = clip::segment_inside(a, b, &window) else {
                continue;
            };
            // a segment along an edge lies in both neighbours and is drawn once
            if covered.iter().any(|(f, e)| from < *e - 1e-9 && to > *f + 1e-9) {
                continue;
            }
            covered.push((from, to));
            let at = |s: f64, up: f64| {
                let p = a.lerp(b, s);
                self.local(p.extend(plane_height(&corners, p) + up))
            };
            let quad = [at(from, bottom_m), at(to, bottom_m), at(to, top_m), at(from, top_m)];
            let [Some(c0), Some(c1), Some(c2), Some(c3)] = quad else {
                continue;
            };
            let (low, high) = (
                facade_units(along_m + from * length),
                facade_units(along_m + to * length),
            );
            let top = facade_units(top_m - bottom_m);
            let facade = [[low, 0], [high, 0], [high, top], [low, top]];
            mesh.push_quad([c0, c1, c2, c3].map(|c| c.as_vec3()), style, facade);
        }
        self.found = found;
    }

    /// Tile position of a plan position relative to the tin's origin.
    pub fn local(&self, p: DVec3) -> Option<DVec3> {
        self.frame.local(p + self.tin.origin.extend(0.0))
    }

    fn fan(
        &mut self,
        mesh: &mut TileMesh,
        part: &[PlanVertex],
        style: FaceStyle,
        with_facade: bool,
        z: impl Fn(&PlanVertex) -> f64,
    ) {
        if part.len() < 3 {
            return;
        }
        self.area_m2 += clip::signed_area(part);
        let corners: Vec<Option<u32>> = part
            .iter()
            .map(|v| {
                let facade = if with_facade {
                    [facade_units(v.uv.x), facade_units(v.uv.y)]
                } else {
                    [0; 2]
                };
                self.vertex(mesh, v.p.extend(z(v)), style, facade)
            })
            .collect();
        for i in 1..corners.len() - 1 {
            if let (Some(a), Some(b), Some(c)) = (corners[0], corners[i], corners[i + 1]) {
                // corners that fell together leave nothing to draw
                if a != b && b != c && a != c {
                    mesh.push_triangle(a, b, c);
                }
            }
        }
    }

    fn vertex(&mut self, mesh: &mut TileMesh, p: DVec3, style: FaceStyle, facade: [u16; 2]) -> Option<u32> {
        // a millimetre is below the quantization of every tile
        let key = (p.to_array().map(|v| (v * 1000.0).round() as i64), facade);
        if let Some(index) = self.seen.get(&key) {
            return Some(*index);
        }
        let local = self.local(p)?;
        let normal = self.sampler.normal(p.truncate() + self.tin.origin, self.normal_step_m);
        let index = mesh.push_vertex(local.as_vec3(), normal.as_vec3(), style, facade);
        self.seen.insert(key, index);
        Some(index)
    }
}
