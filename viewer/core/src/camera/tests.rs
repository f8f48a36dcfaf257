//! Laws of the camera: what is grabbed stays, what is turned about stays, limits hold.

use super::*;
use proptest::prelude::*;

fn camera(heading_deg: f64, pitch_deg: f64, distance_m: f64) -> Camera {
    let view = View {
        target_enu: [100.0, -50.0, 30.0],
        distance_m,
        heading_deg,
        pitch_deg,
    };
    Camera::new(view, [1600.0, 900.0])
}

#[test]
fn looks_where_it_is_told() {
    let north = camera(0.0, 0.0, 10.0);
    assert!(north.forward().abs_diff_eq(DVec3::Y, 1e-12));
    assert!(camera(90.0, 0.0, 10.0).forward().abs_diff_eq(DVec3::X, 1e-12));
    let down = camera(0.0, 90.0, 10.0);
    assert!(down.forward().abs_diff_eq(DVec3::NEG_Z, 1e-12));
    assert!(
        down.up().abs_diff_eq(DVec3::Y, 1e-12),
        "north is up when looking straight down"
    );
    assert!((down.eye_enu().z - 40.0).abs() < 1e-9);
}

#[test]
fn bad_numbers_change_nothing() {
    let mut c = camera(10.0, 20.0, 30.0);
    let before = c;
    c.set_view(View {
        target_enu: [f64::NAN; 3],
        distance_m: f64::INFINITY,
        heading_deg: f64::NAN,
        pitch_deg: f64::NAN,
    });
    c.zoom(f64::NAN);
    c.zoom(0.0);
    c.orbit(f64::NAN, 1.0);
    assert_eq!(c, before);
}

#[test]
fn the_floor_holds_until_underground_is_allowed() {
    let mut c = camera(0.0, 30.0, 50.0);
    c.limits.floor_m = Some(5.0);
    for _ in 0..100 {
        c.orbit(3.0, -5.0);
        assert!(c.eye_enu().z >= 5.0 - 1e-9, "{}", c.eye_enu());
    }
    c.limits.floor_m = None;
    for _ in 0..20 {
        c.orbit(0.0, -5.0);
    }
    assert!(c.eye_enu().z < 5.0);
    assert!((c.view().pitch_deg - -80.0).abs() < 1e-9);
}

#[test]
fn bounds_fill_the_picture() {
    let c = camera(30.0, 10.0, 500.0);
    let bounds = [0.0, 0.0, 0.0, 400.0, 200.0, 50.0];
    let mut seen = c;
    seen.set_view(c.view_of_bounds(bounds));
    for x in [0.0, 400.0] {
        for y in [0.0, 200.0] {
            for z in [0.0, 50.0] {
                let [px, py] = seen.project(DVec3::new(x, y, z)).unwrap();
                assert!((0.0..1600.0).contains(&px) && (0.0..900.0).contains(&py), "{px} {py}");
            }
        }
    }
}

proptest! {
    #[test]
    fn rays_go_through_what_is_projected(h in 0.0..360.0, p in -80.0..90.0, d in 5.0..50_000.0, x in 0.0..1600.0, y in 0.0..900.0, depth in 1.0..10_000.0) {
        let c = camera(h, p, d);
        let [px, py] = c.project(c.ray(x, y).at(depth)).unwrap();
        prop_assert!((px - x).abs() < 1e-4 && (py - y).abs() < 1e-4);
    }

    #[test]
    fn the_rotation_is_that_of_the_axes(h in 0.0..360.0, p in -80.0..90.0) {
        let c = camera(h, p, 10.0);
        prop_assert!((c.rotation() * DVec3::NEG_Z).abs_diff_eq(c.forward(), 1e-9));
        prop_assert!((c.rotation() * DVec3::Y).abs_diff_eq(c.up(), 1e-9));
    }

    #[test]
    fn a_grabbed_point_stays_under_the_pointer(h in 0.0..360.0, p in 20.0..90.0, d in 10.0..20_000.0,
        x in 200.0..1400.0, y in 300.0..900.0, dx in -150.0..150.0_f64, dy in -100.0..100.0_f64) {
        let mut c = camera(h, p, d);
        let hit = c.fallback_hit(x, y);
        let drag = c.grab(hit);
        c.drag_to(&drag, x + dx, y + dy);
        if let Some([px, py]) = c.project(hit) {
            let moved = (c.target_enu() - DVec3::new(100.0, -50.0, 30.0)).length() > 0.0;
            if moved {
                prop_assert!((px - x - dx).abs() < 1e-3 && (py - y - dy).abs() < 1e-3, "{px} {py}");
            }
        }
    }

    #[test]
    fn the_point_zoomed_to_stays(h in 0.0..360.0, p in -30.0..90.0, d in 100.0..20_000.0, x in 0.0..1600.0, y in 0.0..900.0, factor in 0.3..3.0) {
        let mut c = camera(h, p, d);
        let point = c.ray(x, y).at(d * 1.2);
        let before = point.distance(c.eye_enu());
        c.zoom_about(point, factor);
        let [px, py] = c.project(point).unwrap();
        prop_assert!((px - x).abs() < 1e-3 && (py - y).abs() < 1e-3);
        prop_assert!((before / point.distance(c.eye_enu()) / factor - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_pivot_stays(h in 0.0..360.0, p in 0.0..80.0, d in 10.0..5_000.0, x in 0.0..1600.0, y in 0.0..900.0, dh in -90.0..90.0, dp in -70.0..80.0) {
        let mut c = camera(h, p, d);
        let pivot = c.ray(x, y).at(d * 0.8);
        c.orbit_about(pivot, dh, dp);
        let [px, py] = c.project(pivot).unwrap();
        prop_assert!((px - x).abs() < 1e-3 && (py - y).abs() < 1e-3, "{px} {py} {x} {y}");
    }

    #[test]
    fn limits_hold_whatever_is_done(steps in prop::collection::vec((0..4, -200.0..200.0, 0.05..20.0), 0..60)) {
        let mut c = camera(0.0, 45.0, 500.0);
        c.limits.floor_m = Some(2.0);
        for (what, a, b) in steps {
            match what {
                0 => c.zoom_about(c.fallback_hit(800.0 + a, 450.0), b),
                1 => c.orbit_about(c.fallback_hit(800.0, 450.0 + a), a, b - 10.0),
                2 => c.pan_px(a * 1e3, b * 1e3),
                _ => c.set_target_distance(b * 1e4),
            }
            prop_assert!(c.eye_enu().is_finite());
            prop_assert!(c.eye_enu().z >= 2.0 - 1e-6, "{}", c.eye_enu());
            prop_assert!((2.0..=200_000.0).contains(&c.distance_m()));
        }
    }
}

#[test]
fn strips_of_the_picture_part_what_it_shows() {
    let camera = camera(30.0, 40.0, 500.0);
    let strips = [(0.0, 0.3), (0.3, 1.0)].map(|(from, to)| camera.strip_state(1.0, from, to));
    for x in 0..20 {
        for y in 0..10 {
            let at = [0.05 * f64::from(x) + 0.02, 0.1 * f64::from(y) + 0.05];
            let ray = camera.ray(at[0] * camera.viewport_px[0], at[1] * camera.viewport_px[1]);
            let point = crate::volume::Volume::Sphere {
                center: ray.at(200.0),
                radius_m: 0.01,
            };
            let seen = strips.map(|strip| !strip.culls(&point, &mut 0));
            assert_eq!(seen, [at[0] < 0.3, at[0] > 0.3], "{at:?}");
        }
    }
}
