//! Roofs of extrusions: flat with parapet, gable, hip, sawtooth, and the boxes that stand on them.
//!
//! A pitched roof is a set of planar regions in the coordinates of the footprint's oriented box; the footprint is cut
//! by each region, so that any simple outline gets a closed roof: the cut pieces lie on the region's plane, and every
//! piece edge above the eaves that is not shared with another region gets an upright face (gable ends, saw teeth).

use super::outline::{OrientedBox, inset};
use super::{Body, Painter};
use city_model::{RoofBox, RoofForm, SurfaceKind};
use glam::{DVec2, DVec3, Vec3};

/// Thickness of a parapet, metres.
const PARAPET_M: f64 = 0.25;
/// Eaves rises below this are drawn flat.
const LEAST_RISE_M: f64 = 0.002;

/// True for roofs with slopes.
pub(super) fn is_pitched(form: &RoofForm) -> bool {
    !matches!(form, RoofForm::Flat { .. }) && form.rise_m() > 0.05
}

/// A plane over a convex part of the box.
struct Region {
    /// Half planes `normal · p ≤ offset` in box coordinates.
    sides: Vec<(DVec2, f64)>,
    /// Height above the eaves: `at_center + slope · p`.
    at_center: f64,
    slope: DVec2,
    /// Sides that touch another region at the same height: no upright face there.
    shared: Vec<usize>,
}

impl Region {
    fn height(&self, p: DVec2) -> f64 {
        (self.at_center + self.slope.dot(p)).max(0.0)
    }

    /// The part of a polygon inside (Sutherland and Hodgman 1974).
    fn cut(&self, ring: &[DVec2]) -> Vec<DVec2> {
        let mut subject = ring.to_vec();
        for (normal, offset) in &self.sides {
            let mut kept = Vec::with_capacity(subject.len() + 2);
            for i in 0..subject.len() {
                let (a, b) = (subject[i], subject[(i + 1) % subject.len()]);
                let (da, db) = (normal.dot(a) - offset, normal.dot(b) - offset);
                if da <= 0.0 {
                    kept.push(a);
                }
                if (da < 0.0 && db > 0.0) || (da > 0.0 && db < 0.0) {
                    kept.push(a + (b - a) * (da / (da - db)));
                }
            }
            subject = kept;
        }
        subject
    }

    fn is_shared(&self, a: DVec2, b: DVec2) -> bool {
        self.shared.iter().any(|side| {
            let (normal, offset) = self.sides[*side];
            (normal.dot(a) - offset).abs() < 1e-6 && (normal.dot(b) - offset).abs() < 1e-6
        })
    }
}

fn regions(form: &RoofForm, frame: &OrientedBox) -> Vec<Region> {
    let (long, short, rise) = (frame.half_long, frame.half_short, form.rise_m());
    match *form {
        RoofForm::Flat { .. } => Vec::new(),
        RoofForm::Gable { .. } => [1.0, -1.0]
            .map(|sign| Region {
                sides: vec![(DVec2::new(0.0, -sign), 0.0)],
                at_center: rise,
                slope: DVec2::new(0.0, -sign * rise / short),
                shared: vec![0],
            })
            .into(),
        RoofForm::Hip { .. } => {
            let ridge = long - short;
            let diagonal = std::f64::consts::FRAC_1_SQRT_2;
            let mut regions = Vec::with_capacity(4);
            for sign in [1.0, -1.0] {
                // long side: beyond the ridge, between the diagonals
                regions.push(Region {
                    sides: vec![
                        (DVec2::new(0.0, -sign), 0.0),
                        (DVec2::new(diagonal, -sign * diagonal), ridge * diagonal),
                        (DVec2::new(-diagonal, -sign * diagonal), ridge * diagonal),
                    ],
                    at_center: rise,
                    slope: DVec2::new(0.0, -sign * rise / short),
                    shared: vec![0, 1, 2],
                });
                // end: beyond both diagonals
                regions.push(Region {
                    sides: vec![
                        (DVec2::new(-sign * diagonal, diagonal), -ridge * diagonal),
                        (DVec2::new(-sign * diagonal, -diagonal), -ridge * diagonal),
                    ],
                    at_center: rise * long / short,
                    slope: DVec2::new(-sign * rise / short, 0.0),
                    shared: vec![0, 1],
                });
            }
            regions
        }
        RoofForm::Sawtooth { pitch_m, .. } => {
            let count = (2.0 * long / f64::from(pitch_m).max(2.0)).round().clamp(1.0, 200.0);
            let pitch = 2.0 * long / count;
            (0..count as u32)
                .map(|i| {
                    let start = -long + f64::from(i) * pitch;
                    // the outer teeth run on, so that nothing of the outline is lost to rounding
                    let low = if i == 0 { start - 1.0 } else { start };
                    Region {
                        sides: vec![
                            (DVec2::NEG_X, -low),
                            (
                                DVec2::X,
                                start + pitch + if f64::from(i) + 1.0 == count { 1.0 } else { 0.0 },
                            ),
                        ],
                        at_center: -start * rise / pitch,
                        slope: DVec2::new(rise / pitch, 0.0),
                        shared: vec![],
                    }
                })
                .collect()
        }
    }
}

/// What a face of a pitched roof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaceKind {
    /// A slope.
    Slope,
    /// An upright face above the eaves: foot, foot, head, head.
    Gable,
    /// An upright face between the teeth of a sawtooth roof.
    Tooth,
}

/// One face of a pitched roof, scene CRS.
#[derive(Debug, Clone)]
pub(super) struct Face {
    pub(super) kind: FaceKind,
    pub(super) points: Vec<DVec3>,
}

/// Faces of a pitched roof over a ring; `None` over one that is too narrow for slopes.
pub(super) fn pitched_faces(ring: &[DVec2], eaves_z: f64, form: &RoofForm) -> Option<Vec<Face>> {
    let frame = OrientedBox::around(ring).filter(|b| b.half_short > 0.2)?;
    let plan: Vec<DVec2> = ring.iter().map(|p| frame.to_box(*p)).collect();
    let is_sawtooth = matches!(form, RoofForm::Sawtooth { .. });
    let at = |p: DVec2, h: f64| frame.to_plan(p).extend(eaves_z + h);
    let mut faces = vec![];
    for region in regions(form, &frame) {
        let piece = region.cut(&plan);
        if piece.len() < 3 {
            continue;
        }
        let points: Vec<DVec3> = piece.iter().map(|p| at(*p, region.height(*p))).collect();
        let mut gables = vec![];
        for i in 0..piece.len() {
            let j = (i + 1) % piece.len();
            let (a, b) = (piece[i], piece[j]);
            if region.height(a).max(region.height(b)) < LEAST_RISE_M || region.is_shared(a, b) {
                continue;
            }
            let is_tooth = is_sawtooth && (a.x - b.x).abs() < 1e-6 && a.x.abs() < frame.half_long - 1e-3;
            gables.push(Face {
                kind: if is_tooth { FaceKind::Tooth } else { FaceKind::Gable },
                points: vec![at(a, 0.0), at(b, 0.0), points[j], points[i]],
            });
        }
        faces.push(Face {
            kind: FaceKind::Slope,
            points,
        });
        faces.extend(gables);
    }
    Some(faces)
}

/// The box of a roof in plan, anticlockwise; `None` for sizes that are none.
pub(super) fn box_plan(b: &RoofBox) -> Option<[DVec2; 4]> {
    let half = DVec2::new(f64::from(b.half_x_m), f64::from(b.half_y_m));
    if !(half.min_element() > 0.0 && half.max_element() < 500.0 && b.height_m > 0.0 && b.height_m < 500.0) {
        return None;
    }
    let axis = DVec2::from_angle(f64::from(b.rotation_rad));
    let corner = |(x, y): (f64, f64)| b.center + axis * (x * half.x) + axis.perp() * (y * half.y);
    Some([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(corner))
}

impl Painter<'_> {
    /// Draws a pitched roof over a ring and returns its rise, metres.
    pub(super) fn pitched_roof(
        &mut self,
        body: Body<'_>,
        ring: &[DVec2],
        eaves_z: f64,
        form: &RoofForm,
    ) -> Option<f64> {
        let Some(faces) = pitched_faces(ring, eaves_z, form) else {
            self.flat_roof(body, &[ring.to_vec()], eaves_z, 0.0)?;
            return Some(0.0);
        };
        let roof_style = body.style(SurfaceKind::PitchedRoof, body.look.roof, 1.0);
        let gable_style = body.style(SurfaceKind::Plain, body.look.wall, 1.0);
        let tooth_style = body.style(SurfaceKind::Glass, [128, 142, 152], 1.0);
        for face in faces {
            let points: Vec<DVec3> = face
                .points
                .iter()
                .map(|p| self.local(body, *p))
                .collect::<Option<_>>()?;
            let style = match face.kind {
                FaceKind::Slope => {
                    if let Some(cut) = self.cutter.triangulate(&points, &[points.len()]) {
                        self.mesh
                            .push_face(&points, &cut.indices, cut.normal.as_vec3(), roof_style, |_| [0, 0]);
                    }
                    continue;
                }
                FaceKind::Gable => gable_style,
                FaceKind::Tooth => tooth_style,
            };
            if let [a, b, c, d] = points.as_slice() {
                let corners = [a, b, c, d].map(|p| p.as_vec3());
                self.mesh.push_quad(corners, style, [[0; 2]; 4]);
            }
        }
        Some(form.rise_m())
    }

    /// Draws a flat roof at `eaves_z`; with a parapet its top and inner faces too.
    pub(super) fn flat_roof(
        &mut self,
        body: Body<'_>,
        rings: &[Vec<DVec2>],
        eaves_z: f64,
        parapet_m: f64,
    ) -> Option<()> {
        let insets: Option<Vec<Vec<DVec2>>> = if parapet_m > 0.0 {
            rings.iter().map(|ring| inset(ring, PARAPET_M)).collect()
        } else {
            None
        };
        let inner = insets.as_deref().unwrap_or(rings);
        let mut points = Vec::new();
        let mut ends = Vec::new();
        for ring in inner {
            for p in ring {
                points.push(self.local(body, p.extend(eaves_z))?);
            }
            ends.push(points.len());
        }
        match self.cutter.triangulate(&points, &ends) {
            Some(cut) => {
                if !cut.is_exact {
                    self.report.warn(
                        "tiler/folded-footprint",
                        Some(&body.feature.id),
                        None,
                        "the footprint crosses itself",
                    );
                }
                let style = body.style(SurfaceKind::Roof, body.look.roof, 1.0);
                self.mesh.push_face(&points, &cut.indices, Vec3::Z, style, |_| [0, 0]);
            }
            None => self.report.warn(
                "tiler/roof",
                Some(&body.feature.id),
                None,
                "the roof cannot be triangulated",
            ),
        }
        let Some(insets) = &insets else { return Some(()) };
        let style = body.style(SurfaceKind::Plain, body.look.wall, 0.95);
        let top_z = eaves_z + parapet_m;
        for (outer, inner) in rings.iter().zip(insets) {
            for i in 0..outer.len() {
                let j = (i + 1) % outer.len();
                let mut at = |p: DVec2, z: f64| self.local(body, p.extend(z)).map(|p| p.as_vec3());
                let [a, b] = [at(outer[i], top_z)?, at(outer[j], top_z)?];
                let [c, d] = [at(inner[j], top_z)?, at(inner[i], top_z)?];
                let [e, f] = [at(inner[j], eaves_z)?, at(inner[i], eaves_z)?];
                self.mesh.push_quad([a, b, c, d], style, [[0; 2]; 4]);
                self.mesh.push_quad([d, c, e, f], style, [[0; 2]; 4]);
            }
        }
        Some(())
    }

    /// Draws a box on the roof; boxes that cannot be drawn are passed over.
    pub(super) fn roof_box(&mut self, body: Body<'_>, b: &RoofBox, roof_z: f64) {
        let Some(plan) = box_plan(b) else { return };
        let mut at = |p: DVec2, z: f64| self.local(body, p.extend(z)).map(|p| p.as_vec3());
        let top_z = roof_z + f64::from(b.height_m);
        let corners: Option<Vec<(Vec3, Vec3)>> = plan.iter().map(|p| Some((at(*p, roof_z)?, at(*p, top_z)?))).collect();
        let Some(corners) = corners else { return };
        let side = body.style(SurfaceKind::Plain, body.look.wall, 0.9);
        for i in 0..4 {
            let (low, high) = (corners[i], corners[(i + 1) % 4]);
            self.mesh.push_quad([low.0, high.0, high.1, low.1], side, [[0; 2]; 4]);
        }
        let top = body.style(SurfaceKind::Roof, body.look.roof, 1.0);
        self.mesh.push_quad(
            [corners[0].1, corners[1].1, corners[2].1, corners[3].1],
            top,
            [[0; 2]; 4],
        );
    }
}
