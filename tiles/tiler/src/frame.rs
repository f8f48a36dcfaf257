//! Fast and exact-enough transform from the scene CRS to a tile's ENU metres.

use city_model::{CrsError, Enu, SceneFrame};
use glam::{DVec2, DVec3};

/// A rectangle in plan, scene CRS metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// South-west corner.
    pub min: DVec2,
    /// North-east corner.
    pub max: DVec2,
}

impl Rect {
    /// Middle.
    pub fn center(&self) -> DVec2 {
        (self.min + self.max) * 0.5
    }

    /// Edge lengths, metres.
    pub fn size(&self) -> DVec2 {
        self.max - self.min
    }

    /// True when the rectangles share an area or an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min.cmple(other.max).all() && other.min.cmple(self.max).all()
    }

    /// True when the point lies inside or on the edge.
    pub fn contains(&self, p: DVec2) -> bool {
        p.cmpge(self.min).all() && p.cmple(self.max).all()
    }

    /// Grown by `margin_m` on every side.
    #[must_use]
    pub fn grown(&self, margin_m: f64) -> Self {
        Self {
            min: self.min - margin_m,
            max: self.max + margin_m,
        }
    }
}

/// Scene CRS → ENU metres of one tile.
///
/// Inside the tile's rectangle the exact path (projection, ellipsoid, rotation) is replaced by biquadratic polynomials
/// through nine exact points, checked against four more: the map is used only when it is within 1 mm there, and outside
/// of the rectangle every point takes the exact path. Heights are exactly linear along the ellipsoid's normal.
#[derive(Debug, Clone)]
pub struct TileFrame<'a> {
    scene: &'a SceneFrame,
    rect: Rect,
    origin_enu: DVec3,
    fast: Option<Nine>,
}

/// Exact values on a 3×3 grid: `[row][column]` foot point at height 0 and up vector.
#[derive(Debug, Clone)]
struct Nine {
    foot: [[DVec3; 3]; 3],
    up: [[DVec3; 3]; 3],
}

const TOLERANCE_M: f64 = 1e-3;

impl<'a> TileFrame<'a> {
    /// A frame whose origin is the centre of `rect` at `ground_z_m` (scene CRS height, metres).
    ///
    /// # Errors
    /// [`CrsError`] when the centre lies outside the domain of the scene CRS.
    pub fn new(scene: &'a SceneFrame, rect: Rect, ground_z_m: f64) -> Result<Self, CrsError> {
        let origin = scene.enu_from_scene(rect.center().extend(ground_z_m))?.0;
        // a whole number of metres, so that neighbours share the grid on which positions are quantized
        let origin_enu = origin.round();
        let mut frame = Self {
            scene,
            rect,
            origin_enu,
            fast: None,
        };
        frame.fast = frame.nine().ok().filter(|nine| frame.is_close(nine));
        Ok(frame)
    }

    /// Tile origin, ENU metres of the scene.
    pub const fn origin_enu(&self) -> DVec3 {
        self.origin_enu
    }

    /// The scene frame that this one belongs to.
    pub const fn scene(&self) -> &'a SceneFrame {
        self.scene
    }

    /// Plan rectangle for which the frame was made, scene CRS metres.
    pub const fn rect(&self) -> Rect {
        self.rect
    }

    /// ENU metres of the scene for a scene point; `None` when it is outside the domain of the CRS or not finite.
    pub fn enu(&self, p: DVec3) -> Option<DVec3> {
        match &self.fast {
            Some(nine) if self.rect.contains(p.truncate()) => Some(self.interpolate(nine, p)).filter(|q| q.is_finite()),
            _ => self.scene.enu_from_scene(p).ok().map(|Enu(q)| q),
        }
    }

    /// Metres relative to the tile origin for a scene point: what [`crate::TileMesh::positions`] holds.
    pub fn local(&self, p: DVec3) -> Option<DVec3> {
        self.enu(p).map(|q| q - self.origin_enu)
    }

    fn nine(&self) -> Result<Nine, CrsError> {
        let mut nine = Nine {
            foot: [[DVec3::ZERO; 3]; 3],
            up: [[DVec3::ZERO; 3]; 3],
        };
        for row in 0..3 {
            for column in 0..3 {
                let plan = self.rect.min + self.rect.size() * DVec2::new(column as f64, row as f64) * 0.5;
                let foot = self.scene.enu_from_scene(plan.extend(0.0))?.0;
                nine.foot[row][column] = foot;
                nine.up[row][column] = (self.scene.enu_from_scene(plan.extend(1000.0))?.0 - foot) / 1000.0;
            }
        }
        Ok(nine)
    }

    fn interpolate(&self, nine: &Nine, p: DVec3) -> DVec3 {
        let t = (p.truncate() - self.rect.min) / self.rect.size().max(DVec2::splat(1e-3));
        let (x, y) = (lagrange(t.x), lagrange(t.y));
        let mut sum = DVec3::ZERO;
        for ((feet, ups), y) in nine.foot.iter().zip(&nine.up).zip(y) {
            for ((foot, up), x) in feet.iter().zip(ups).zip(x) {
                sum += (*foot + *up * p.z) * (x * y);
            }
        }
        sum
    }

    fn is_close(&self, nine: &Nine) -> bool {
        let (size, min) = (self.rect.size(), self.rect.min);
        [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
            .into_iter()
            .all(|(x, y)| {
                let p = (min + size * DVec2::new(x, y)).extend(100.0);
                self.scene
                    .enu_from_scene(p)
                    .is_ok_and(|exact| (exact.0 - self.interpolate(nine, p)).length() < TOLERANCE_M)
            })
    }
}

/// Weights of the parabola through 0, ½ and 1.
fn lagrange(t: f64) -> [f64; 3] {
    [(2.0 * t - 1.0) * (t - 1.0), 4.0 * t * (1.0 - t), t * (2.0 * t - 1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use city_model::Crs;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_exact_one(dx in -400.0..400.0f64, dy in -400.0..400.0f64, z in -20.0..300.0f64, half in 50.0..3000.0f64) {
            let scene = SceneFrame::new(Crs::from_epsg(4547).unwrap(), DVec3::new(468_000.0, 3_847_000.0, 100.0), -15.0).unwrap();
            let center = DVec2::new(471_000.0, 3_849_000.0);
            let rect = Rect { min: center - half, max: center + half };
            let frame = TileFrame::new(&scene, rect, 100.0).unwrap();
            let p = (center + DVec2::new(dx, dy)).extend(z);
            let exact = scene.enu_from_scene(p).unwrap().0;
            prop_assert!((frame.enu(p).unwrap() - exact).length() < 2e-3);
            prop_assert!((frame.local(p).unwrap() + frame.origin_enu() - exact).length() < 2e-3);
        }
    }

    #[test]
    fn nonsense_gives_nothing() {
        let scene = SceneFrame::new(
            Crs::from_epsg(4547).unwrap(),
            DVec3::new(468_000.0, 3_847_000.0, 100.0),
            0.0,
        )
        .unwrap();
        let rect = Rect {
            min: DVec2::new(468_000.0, 3_847_000.0),
            max: DVec2::new(468_500.0, 3_847_500.0),
        };
        let frame = TileFrame::new(&scene, rect, 0.0).unwrap();
        assert_eq!(frame.enu(DVec3::new(f64::NAN, 0.0, 0.0)), None);
        assert_eq!(frame.enu(DVec3::new(468_100.0, 3_847_100.0, f64::INFINITY)), None);
    }
}
