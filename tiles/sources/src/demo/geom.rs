//! Plane geometry of quads, corners and strips. Metres; polygons are CCW.

use glam::DVec2;

/// Left-hand normal of a direction.
pub(super) fn left(d: DVec2) -> DVec2 {
    DVec2::new(-d.y, d.x)
}

/// Point where two lines given by point and direction meet; `None` when nearly parallel.
pub(super) fn meet(p: DVec2, d: DVec2, q: DVec2, e: DVec2) -> Option<DVec2> {
    let cross = d.perp_dot(e);
    (cross.abs() > 1e-6).then(|| p + d * ((q - p).perp_dot(e) / cross))
}

/// Quad whose edge `i` (from corner `i` to `i + 1`) is moved inwards by `inset_m[i]`; `None` when nothing is left.
pub(super) fn inset_quad(quad: &[DVec2; 4], inset_m: [f64; 4]) -> Option<[DVec2; 4]> {
    let edge = |i: usize| {
        let (a, b) = (quad[i % 4], quad[(i + 1) % 4]);
        let d = (b - a).normalize_or_zero();
        (a + left(d) * inset_m[i % 4], d)
    };
    let corner = |i: usize| {
        let ((p, d), (q, e)) = (edge(i + 3), edge(i));
        meet(p, d, q, e)
    };
    let inner = [corner(0)?, corner(1)?, corner(2)?, corner(3)?];
    (0..4)
        .all(|i| (inner[(i + 1) % 4] - inner[i]).dot(quad[(i + 1) % 4] - quad[i]) > 0.0)
        .then_some(inner)
}

/// Radius of the kerb where two carriageways of these half widths meet, metres.
pub(super) fn corner_radius(half_a_m: f64, half_b_m: f64) -> f64 {
    (half_a_m.min(half_b_m) * 0.6 + 3.0).clamp(5.0, 13.0)
}

/// Arc that rounds `corner` between the line that comes in along `d_in` and the one that leaves along `d_out`
/// (both unit, pointing away from the corner), from the first line to the second.
pub(super) fn round_corner(corner: DVec2, to_first: DVec2, to_second: DVec2, radius_m: f64, out: &mut Vec<DVec2>) {
    let half = to_first.angle_to(to_second).abs() * 0.5;
    let reach = radius_m / half.tan().max(0.2);
    let centre = corner + (to_first + to_second).normalize_or_zero() * (radius_m / half.sin().max(0.2));
    let (a, b) = (corner + to_first * reach, corner + to_second * reach);
    let (va, vb) = (a - centre, b - centre);
    let sweep = va.angle_to(vb);
    const STEPS: u32 = 4;
    for k in 0..=STEPS {
        out.push(centre + DVec2::from_angle(sweep * f64::from(k) / f64::from(STEPS)).rotate(va));
    }
}

/// Distance along each side from the corner to where its rounding begins.
pub(super) fn rounding_reach(to_first: DVec2, to_second: DVec2, radius_m: f64) -> f64 {
    radius_m / (to_first.angle_to(to_second).abs() * 0.5).tan().max(0.2)
}

/// Quad with rounded corners.
pub(super) fn rounded_quad(quad: &[DVec2; 4], radii_m: [f64; 4]) -> Vec<DVec2> {
    let mut ring = Vec::with_capacity(20);
    for i in 0..4 {
        let (c, before, after) = (quad[i], quad[(i + 3) % 4], quad[(i + 1) % 4]);
        round_corner(
            c,
            (before - c).normalize_or_zero(),
            (after - c).normalize_or_zero(),
            radii_m[i],
            &mut ring,
        );
    }
    ring
}

/// Signed area, positive when CCW, square metres.
pub(super) fn area(ring: &[DVec2]) -> f64 {
    (0..ring.len())
        .map(|i| ring[i].perp_dot(ring[(i + 1) % ring.len()]))
        .sum::<f64>()
        * 0.5
}

/// Point of a quad at fractions along and up (bilinear; corners south-west, south-east, north-east, north-west).
pub(super) fn bilinear(quad: &[DVec2; 4], u: f64, v: f64) -> DVec2 {
    quad[0].lerp(quad[1], u).lerp(quad[3].lerp(quad[2], u), v)
}

/// Rectangle across a segment, widened on both sides.
pub(super) fn strip(a: DVec2, b: DVec2, half_width_m: f64) -> Vec<DVec2> {
    let n = left((b - a).normalize_or_zero()) * half_width_m;
    vec![a - n, b - n, b + n, a + n]
}

/// Axis-aligned rectangle in a local frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

impl Rect {
    /// From the south-west corner and the size.
    pub(super) fn sized(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self {
            x0: x,
            y0: y,
            x1: x + w,
            y1: y + h,
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    pub(super) fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    pub(super) fn center(&self) -> DVec2 {
        DVec2::new(self.x0 + self.x1, self.y0 + self.y1) * 0.5
    }

    /// True when the two come nearer than `gap_m`.
    pub(super) fn touches(&self, other: &Self, gap_m: f64) -> bool {
        self.x0 < other.x1 + gap_m
            && other.x0 < self.x1 + gap_m
            && self.y0 < other.y1 + gap_m
            && other.y0 < self.y1 + gap_m
    }

    pub(super) fn inside(&self, outer: &Self) -> bool {
        self.x0 >= outer.x0 - 1e-6
            && self.y0 >= outer.y0 - 1e-6
            && self.x1 <= outer.x1 + 1e-6
            && self.y1 <= outer.y1 + 1e-6
    }

    pub(super) fn shrunk(&self, by_m: f64) -> Self {
        Self {
            x0: self.x0 + by_m,
            y0: self.y0 + by_m,
            x1: self.x1 - by_m,
            y1: self.y1 - by_m,
        }
    }

    pub(super) fn ring(&self) -> Vec<DVec2> {
        vec![
            DVec2::new(self.x0, self.y0),
            DVec2::new(self.x1, self.y0),
            DVec2::new(self.x1, self.y1),
            DVec2::new(self.x0, self.y1),
        ]
    }

    /// Half-circle-ended track outline of the rectangle, long side along its longer axis.
    pub(super) fn stadium(&self) -> Vec<DVec2> {
        let c = self.center();
        let (long, short, turn) = if self.width() >= self.height() {
            (self.width() * 0.5, self.height() * 0.5, DVec2::X)
        } else {
            (self.height() * 0.5, self.width() * 0.5, DVec2::Y)
        };
        let straight = (long - short).max(0.0);
        let half_circle = |sign: f64| {
            (0..=8).map(move |k| {
                let a = std::f64::consts::PI * (f64::from(k) / 8.0 - 0.5)
                    + if sign < 0.0 { std::f64::consts::PI } else { 0.0 };
                c + turn.rotate(DVec2::new(straight * sign + short * a.cos(), short * a.sin()))
            })
        };
        half_circle(1.0).chain(half_circle(-1.0)).collect()
    }
}

/// Regular polygon.
pub(super) fn circle(center: DVec2, radius_m: f64, corners: u32) -> Vec<DVec2> {
    (0..corners)
        .map(|k| center + DVec2::from_angle(std::f64::consts::TAU * f64::from(k) / f64::from(corners)) * radius_m)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_inset_on_each_side() {
        let quad = [
            DVec2::ZERO,
            DVec2::new(100.0, 0.0),
            DVec2::new(100.0, 100.0),
            DVec2::new(0.0, 100.0),
        ];
        let inner = inset_quad(&quad, [10.0, 20.0, 30.0, 40.0]).unwrap();
        assert!((inner[0] - DVec2::new(40.0, 10.0)).length() < 1e-9);
        assert!((inner[2] - DVec2::new(80.0, 70.0)).length() < 1e-9);
        assert!(inset_quad(&quad, [60.0, 20.0, 60.0, 20.0]).is_none());
    }

    #[test]
    fn rounding_keeps_the_ring_ccw_and_inside() {
        let quad = [
            DVec2::ZERO,
            DVec2::new(100.0, 0.0),
            DVec2::new(100.0, 80.0),
            DVec2::new(0.0, 80.0),
        ];
        let ring = rounded_quad(&quad, [10.0; 4]);
        let lost = 4.0 * (100.0 - std::f64::consts::FRAC_PI_4 * 100.0);
        assert!((area(&ring) - (8000.0 - lost)).abs() < 20.0, "{}", area(&ring));
        assert!(
            ring.iter()
                .all(|p| p.x > -1e-9 && p.x < 100.0 + 1e-9 && p.y > -1e-9 && p.y < 80.0 + 1e-9)
        );
        let track = Rect::sized(0.0, 0.0, 100.0, 50.0).stadium();
        assert!(area(&track) > 4000.0 && area(&track) < 5000.0);
    }
}
