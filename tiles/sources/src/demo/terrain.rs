//! Ground heights of the generated city: fall to the river, carved bed, underpass, low spots and gentle noise.

use super::lattice::{CENTER, Lattice, SLOTS};
use super::rng;
use city_model::HeightGrid;
use glam::DVec2;
use rayon::prelude::*;

/// Half width of the river bed, metres.
const BED_HALF_M: f64 = 24.0;
/// Foot of the bank to its first berm, metres.
const BANK_M: f64 = 12.0;
/// Where the made ground of the bank roads begins, metres from the middle of the river.
const BANK_TOP_M: f64 = 68.0;
/// Water above the bed, metres.
const WATER_DEPTH_M: f64 = 2.4;
/// Half width of the water polygon: its edge lies inside the bank, never in the air, metres.
pub(super) const WATER_HALF_M: f64 = BED_HALF_M + 9.0;
/// Bank roads above the water, metres.
const FREEBOARD_M: f64 = 4.2;
/// Fall of the river, metres per metre eastwards.
const RIVER_FALL: f64 = 0.0008;
/// Depth of the underpass, metres, and how far its ramps reach from the tracks.
const UNDERPASS_DEPTH_M: f64 = 4.6;
const UNDERPASS_REACH_M: f64 = 68.0;
/// Half length of the level part below the tracks, metres.
const UNDERPASS_HALF_M: f64 = 12.0;
/// Ground beyond the ring road that the grid covers, metres.
const MARGIN_M: f64 = 1_200.0;

/// A line that runs across the city, tabulated along one axis.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    start: f64,
    values: Vec<f64>,
}

const CURVE_STEP_M: f64 = 10.0;

impl Curve {
    /// Smooth curve through `(t, value)` points (Catmull–Rom as a cubic Hermite in `t`), continued by 4 km on both ends.
    fn through(points: &[(f64, f64)]) -> Self {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Self {
                start: 0.0,
                values: vec![0.0],
            };
        };
        let start = first.0 - 4_000.0;
        let count = ((last.0 + 4_000.0 - start) / CURVE_STEP_M) as usize + 1;
        let slope = |k: usize| {
            let (a, b) = (points[k.saturating_sub(1)], points[(k + 1).min(points.len() - 1)]);
            if b.0 > a.0 { (b.1 - a.1) / (b.0 - a.0) } else { 0.0 }
        };
        let mut segment = 0;
        let values = (0..count)
            .map(|k| {
                let t = start + k as f64 * CURVE_STEP_M;
                if t <= first.0 {
                    return first.1 + slope(0) * (t - first.0);
                }
                if t >= last.0 {
                    return last.1 + slope(points.len() - 1) * (t - last.0);
                }
                while segment + 2 < points.len() && points[segment + 1].0 <= t {
                    segment += 1;
                }
                let (p, q) = (points[segment], points[segment + 1]);
                let (h, s) = (q.0 - p.0, (t - p.0) / (q.0 - p.0));
                let (s2, s3) = (s * s, s * s * s);
                (2.0 * s3 - 3.0 * s2 + 1.0) * p.1
                    + (s3 - 2.0 * s2 + s) * h * slope(segment)
                    + (3.0 * s2 - 2.0 * s3) * q.1
                    + (s3 - s2) * h * slope(segment + 1)
            })
            .collect();
        Self { start, values }
    }

    /// Value at `t`.
    pub(super) fn at(&self, t: f64) -> f64 {
        let k = ((t - self.start) / CURVE_STEP_M).clamp(0.0, (self.values.len() - 1) as f64);
        let i = (k as usize).min(self.values.len().saturating_sub(2));
        let (a, b) = (self.values[i], self.values[(i + 1).min(self.values.len() - 1)]);
        a + (b - a) * (k - i as f64)
    }

    /// Value and its change per metre at `t`.
    pub(super) fn slope(&self, t: f64) -> f64 {
        (self.at(t + 5.0) - self.at(t - 5.0)) / 10.0
    }
}

/// Where the street dives below the tracks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Underpass {
    pub(super) center: DVec2,
    /// Unit direction of the street.
    pub(super) along: DVec2,
    /// Half of the trench, metres.
    pub(super) half_width_m: f64,
}

/// The ground as a function of the place.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    seed: u64,
    /// Row of the river and its middle: northing over easting.
    pub(super) rivers: Vec<(usize, Curve)>,
    /// Column of the rail line and its middle: easting over northing.
    pub(super) rails: Vec<(usize, Curve)>,
    pub(super) underpass: Option<Underpass>,
    /// Centre, depth and radius of the low spots.
    pub(super) low_spots: Vec<(DVec2, f64, f64)>,
}

impl Ground {
    pub(super) fn new(seed: u64, lattice: &Lattice, trunk_half_m: f64) -> Self {
        let rivers = (0..lattice.rows())
            .filter(|j| lattice.y.corridor[*j])
            .map(|j| {
                let points: Vec<(f64, f64)> = (0..lattice.x.lines.len())
                    .map(|a| (lattice.lattice_node(a, j) + lattice.lattice_node(a, j + 1)) * 0.5)
                    .map(|p| (p.x, p.y))
                    .collect();
                (j, Curve::through(&points))
            })
            .collect();
        let rails: Vec<(usize, Curve)> = (0..lattice.columns())
            .filter(|i| lattice.x.corridor[*i])
            .map(|i| {
                let points: Vec<(f64, f64)> = (0..lattice.y.lines.len())
                    .map(|b| (lattice.lattice_node(i, b) + lattice.lattice_node(i + 1, b)) * 0.5)
                    .map(|p| (p.y, p.x))
                    .collect();
                (i, Curve::through(&points))
            })
            .collect();
        let underpass = rails.first().map(|(i, curve)| {
            let (west, east) = (
                lattice.lattice_node(*i, lattice.main_street),
                lattice.lattice_node(*i + 1, lattice.main_street),
            );
            let along = (east - west).normalize_or_zero();
            let middle = (west + east) * 0.5;
            Underpass {
                center: DVec2::new(curve.at(middle.y), middle.y),
                along,
                half_width_m: trunk_half_m + 2.0,
            }
        });
        let spot = |a: usize, b: usize, depth: f64, radius: f64| (lattice.lattice_node(a, b), depth, radius);
        let (m, s) = (lattice.main_avenue, lattice.main_street);
        let low_spots = vec![
            spot(m, s, 0.9, 75.0),
            spot(m.saturating_sub(1), (s + 1).min(lattice.y.lines.len() - 1), 1.1, 85.0),
        ];
        Self {
            seed,
            rivers,
            rails,
            underpass,
            low_spots,
        }
    }

    /// Level of the water at an easting, before it is levelled by reaches, metres.
    pub(super) fn water_level(&self, x: f64) -> f64 {
        92.0 - RIVER_FALL * (x - CENTER.x)
    }

    /// Distance to the middle of the nearest river, metres.
    pub(super) fn river_distance(&self, p: DVec2) -> f64 {
        self.rivers
            .iter()
            .map(|(_, curve)| (p.y - curve.at(p.x)).abs() / (1.0 + curve.slope(p.x).powi(2)).sqrt())
            .fold(f64::INFINITY, f64::min)
            .min(12_000.0)
    }

    /// Ground without bed, trench, low spots and noise: what the gravity drains are graded by, metres.
    pub(super) fn graded(&self, p: DVec2) -> f64 {
        let d = (self.river_distance(p) - BANK_TOP_M).max(0.0);
        self.water_level(p.x) + FREEBOARD_M + 0.0032 * d.min(1500.0) + 0.0022 * (d - 1500.0).max(0.0)
    }

    /// Height of the ground, metres.
    pub(super) fn height(&self, p: DVec2) -> f64 {
        let d = self.river_distance(p);
        let mut z = self.graded(p);
        if d < BANK_TOP_M {
            let level = self.water_level(p.x);
            let (bed, berm) = (level - WATER_DEPTH_M, level + 1.6);
            z = if d < BED_HALF_M {
                bed
            } else if d < BED_HALF_M + BANK_M {
                bed + (berm - bed) * (d - BED_HALF_M) / BANK_M
            } else {
                berm + (z - berm) * smooth((d - BED_HALF_M - BANK_M) / (BANK_TOP_M - BED_HALF_M - BANK_M))
            };
        }
        let fade = ((d - 40.0) / 120.0).clamp(0.0, 1.0);
        z += fade * (0.34 * self.noise(p, 270.0, 1) + 0.10 * self.noise(p, 70.0, 2));
        for (center, depth, radius) in &self.low_spots {
            let r2 = (p - *center).length_squared() / (radius * radius);
            if r2 < 9.0 {
                z -= depth * (-r2 * 1.5).exp();
            }
        }
        z - self.underpass_depth(p)
    }

    /// Depth of the underpass trench at a place, metres.
    fn underpass_depth(&self, p: DVec2) -> f64 {
        let Some(u) = self.underpass else { return 0.0 };
        let q = p - u.center;
        let (along, across) = (q.dot(u.along).abs(), q.perp_dot(u.along).abs());
        if along > UNDERPASS_REACH_M || across > u.half_width_m + 9.0 {
            return 0.0;
        }
        let ramp = 1.0 - ((along - UNDERPASS_HALF_M) / (UNDERPASS_REACH_M - UNDERPASS_HALF_M)).clamp(0.0, 1.0);
        let wall = 1.0 - ((across - u.half_width_m) / 9.0).clamp(0.0, 1.0);
        UNDERPASS_DEPTH_M * smooth(ramp) * wall
    }

    /// Value noise in −1..1.
    fn noise(&self, p: DVec2, wave_m: f64, salt: u64) -> f64 {
        let q = p / wave_m;
        let (i, f) = (q.floor(), q - q.floor());
        let corner = |dx: f64, dy: f64| {
            let (x, y) = ((i.x + dx) as i64, (i.y + dy) as i64);
            rng::unit(rng::key(self.seed, &[13, salt, x.cast_unsigned(), y.cast_unsigned()])) * 2.0 - 1.0
        };
        let (sx, sy) = (smooth(f.x), smooth(f.y));
        let low = corner(0.0, 0.0) * (1.0 - sx) + corner(1.0, 0.0) * sx;
        let high = corner(0.0, 1.0) * (1.0 - sx) + corner(1.0, 1.0) * sx;
        low * (1.0 - sy) + high * sy
    }

    /// The grid that is published: finest step of 5, 8, 10, 16… metres that keeps it below 1.5 million points.
    pub(super) fn grid(&self, lattice: &Lattice) -> HeightGrid {
        let (w, h) = (lattice.columns() * SLOTS, lattice.rows() * SLOTS);
        let mut low = DVec2::INFINITY;
        let mut high = DVec2::NEG_INFINITY;
        for a in 0..=w / SLOTS {
            for b in 0..=h / SLOTS {
                low = low.min(lattice.lattice_node(a, b));
                high = high.max(lattice.lattice_node(a, b));
            }
        }
        low = ((low - MARGIN_M) / 40.0).floor() * 40.0;
        high += MARGIN_M;
        let size = high - low;
        let step = [5.0, 8.0, 10.0, 16.0, 20.0, 40.0]
            .into_iter()
            .find(|s| (size.x / s) * (size.y / s) < 1.5e6)
            .unwrap_or(40.0);
        let (num_x, num_y) = ((size.x / step).ceil() as u32 + 1, (size.y / step).ceil() as u32 + 1);
        let heights_m = (0..num_y)
            .into_par_iter()
            .flat_map_iter(|y| {
                (0..num_x).map(move |x| {
                    let z = self.height(low + DVec2::new(f64::from(x), f64::from(y)) * step);
                    ((z * 1000.0).round() / 1000.0) as f32
                })
            })
            .collect();
        HeightGrid {
            origin: low,
            step_m: DVec2::splat(step),
            num_x,
            num_y,
            heights_m,
        }
    }
}

fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_passes_its_points_and_goes_straight_on() {
        let curve = Curve::through(&[(0.0, 10.0), (500.0, 40.0), (1000.0, 20.0)]);
        assert!((curve.at(500.0) - 40.0).abs() < 1e-9);
        assert!((curve.at(-100.0) - (10.0 - 6.0)).abs() < 1e-6, "{}", curve.at(-100.0));
        assert!(curve.slope(490.0).abs() < 0.05);
    }
}
