//! Smooth flights from view to view.
//!
//! Source: J. J. van Wijk, W. A. A. Nuij, "Smooth and efficient zooming and panning", IEEE InfoVis 2003: the path that
//! zooms out, pans and zooms in such that the picture seems to move at one speed. `w` is the width of ground that is seen.

use crate::bridge::View;
use glam::DVec3;

/// Trade-off of zooming against panning; the value that the paper's users liked.
const RHO: f64 = std::f64::consts::SQRT_2;
/// Path lengths flown in a second when no duration is given.
const SPEED: f64 = 1.6;
/// Shortest and longest flight when no duration is given, seconds.
const DURATION_SECS: [f64; 2] = [0.4, 4.0];

/// A flight between two views.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flight {
    from: View,
    to: View,
    duration_secs: f64,
    /// Length of the path, in units of the paper.
    length: f64,
    path: Path,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Path {
    /// Both views look at the same place: distance grows or shrinks exponentially.
    Zoom,
    /// `r0` of the paper, and the plan length of the way in metres.
    Arc { r0: f64, way_m: f64 },
}

impl Flight {
    /// A flight.
    ///
    /// * `duration_secs` — chosen by the length of the path when `None`; 0 arrives at once
    pub fn new(from: View, to: View, duration_secs: Option<f64>) -> Self {
        let way_m = DVec3::from(to.target_enu).distance(DVec3::from(from.target_enu));
        let (w0, w1) = (from.distance_m.max(1e-3), to.distance_m.max(1e-3));
        let (path, length) = if way_m > 1e-3 * w0.min(w1) {
            let b = |w: f64, sign: f64| {
                (w1 * w1 - w0 * w0 + sign * RHO.powi(4) * way_m * way_m) / (2.0 * w * RHO * RHO * way_m)
            };
            // ln(−b + √(b² + 1)) = −asinh(b), which does not cancel for large b
            let (r0, r1) = (-b(w0, 1.0).asinh(), -b(w1, -1.0).asinh());
            (Path::Arc { r0, way_m }, (r1 - r0) / RHO)
        } else {
            (Path::Zoom, (w1 / w0).ln().abs() / RHO)
        };
        let turn =
            (shortest_turn_deg(from.heading_deg, to.heading_deg).abs() + (to.pitch_deg - from.pitch_deg).abs()) / 90.0;
        let natural = ((length.max(turn)) / SPEED).clamp(DURATION_SECS[0], DURATION_SECS[1]);
        let duration_secs = duration_secs.filter(|d| d.is_finite()).unwrap_or(natural).max(0.0);
        Self {
            from,
            to,
            duration_secs,
            length,
            path,
        }
    }

    /// Length of the flight, seconds.
    pub const fn duration_secs(&self) -> f64 {
        self.duration_secs
    }

    /// Where it leads.
    pub const fn end(&self) -> View {
        self.to
    }

    /// The view after a time, seconds; the end view from the end on.
    pub fn at(&self, elapsed_secs: f64) -> View {
        if elapsed_secs >= self.duration_secs {
            return self.to;
        }
        let t = (elapsed_secs / self.duration_secs).clamp(0.0, 1.0);
        let eased = t * t * (3.0 - 2.0 * t);
        let (from, to) = (self.from, self.to);
        let (share, distance_m) = match self.path {
            Path::Zoom => (
                eased,
                from.distance_m * (to.distance_m / from.distance_m.max(1e-3)).powf(eased),
            ),
            Path::Arc { r0, way_m } => {
                let s = RHO * eased * self.length + r0;
                let w0 = from.distance_m.max(1e-3);
                let along = w0 / (RHO * RHO) * (r0.cosh() * s.tanh() - r0.sinh());
                ((along / way_m).clamp(0.0, 1.0), w0 * r0.cosh() / s.cosh())
            }
        };
        let target = DVec3::from(from.target_enu).lerp(DVec3::from(to.target_enu), share);
        View {
            target_enu: target.to_array(),
            distance_m,
            heading_deg: from.heading_deg + shortest_turn_deg(from.heading_deg, to.heading_deg) * eased,
            pitch_deg: from.pitch_deg + (to.pitch_deg - from.pitch_deg) * eased,
        }
    }
}

/// The turn from one heading to another that is no more than half round, degrees.
pub fn shortest_turn_deg(from_deg: f64, to_deg: f64) -> f64 {
    (to_deg - from_deg + 180.0).rem_euclid(360.0) - 180.0
}

/// Spreads a movement over time: what is added comes out in shares that halve every `half_life_secs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Damper {
    pending: f64,
    half_life_secs: f64,
}

impl Damper {
    /// A damper at rest; a half life of 0 passes everything on at once (reduced motion).
    pub const fn new(half_life_secs: f64) -> Self {
        Self {
            pending: 0.0,
            half_life_secs,
        }
    }

    /// Adds to what is to come.
    pub fn add(&mut self, amount: f64) {
        if amount.is_finite() {
            self.pending += amount;
        }
    }

    /// The share due after a step of time; everything once the rest is below `rest`.
    pub fn step(&mut self, dt_secs: f64, rest: f64) -> f64 {
        let keeps = if self.half_life_secs > 0.0 {
            0.5_f64.powf(dt_secs.max(0.0) / self.half_life_secs)
        } else {
            0.0
        };
        let left = self.pending * keeps;
        let left = if left.abs() < rest { 0.0 } else { left };
        let due = self.pending - left;
        self.pending = left;
        due
    }

    /// True when nothing is to come.
    pub const fn is_at_rest(&self) -> bool {
        self.pending == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(x: f64, distance_m: f64, heading_deg: f64) -> View {
        View {
            target_enu: [x, 0.0, 0.0],
            distance_m,
            heading_deg,
            pitch_deg: 40.0,
        }
    }

    #[test]
    fn a_long_way_rises_and_comes_down() {
        let flight = Flight::new(view(0.0, 300.0, 350.0), view(20_000.0, 300.0, 10.0), None);
        let top = flight.at(flight.duration_secs() * 0.5);
        assert!(top.distance_m > 5_000.0, "{}", top.distance_m);
        assert!(
            (top.heading_deg - 360.0).abs() < 1e-6,
            "the short way round: {}",
            top.heading_deg
        );
        assert_eq!(flight.at(1e9), flight.end());
    }

    #[test]
    fn reduced_motion_is_there_at_once() {
        let flight = Flight::new(view(0.0, 300.0, 0.0), view(9.0, 30.0, 10.0), Some(0.0));
        assert_eq!(flight.at(0.0), flight.end());
    }

    #[test]
    fn dampers_pass_on_all_that_is_added() {
        let mut damper = Damper::new(0.1);
        damper.add(1.0);
        assert!((damper.step(0.1, 0.0) - 0.5).abs() < 1e-12);
        let rest: f64 = (0..100).map(|_| damper.step(0.05, 1e-4)).sum();
        assert!((rest - 0.5).abs() < 1e-12);
        assert!(damper.is_at_rest());
        let mut at_once = Damper::new(0.0);
        at_once.add(2.0);
        assert!((at_once.step(0.0, 0.0) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn flights_begin_and_end_where_they_should_and_never_jump(x in -30_000.0..30_000.0, d0 in 5.0..5_000.0, d1 in 5.0..5_000.0, h in 0.0..360.0) {
            let (from, to) = (view(0.0, d0, 0.0), view(x, d1, h));
            let flight = Flight::new(from, to, None);
            let near = |a: View, b: View| {
                (DVec3::from(a.target_enu).distance(DVec3::from(b.target_enu)) < 1e-3 * (1.0 + x.abs())) && (a.distance_m / b.distance_m - 1.0).abs() < 1e-3
            };
            prop_assert!(near(flight.at(0.0), from), "{:?}", flight.at(0.0));
            prop_assert!(near(flight.at(flight.duration_secs() * (1.0 - 1e-9)), to), "{:?}", flight.at(flight.duration_secs() * (1.0 - 1e-9)));
            let steps = 400;
            let mut last = from;
            for i in 1..=steps {
                let now = flight.at(flight.duration_secs() * f64::from(i) / f64::from(steps));
                prop_assert!(now.distance_m.is_finite() && now.distance_m > 0.0);
                let moved = DVec3::from(now.target_enu).distance(DVec3::from(last.target_enu)) / now.distance_m.max(last.distance_m);
                prop_assert!(moved < 0.25, "{moved} of the visible width in one step");
                last = now;
            }
        }
    }
}
